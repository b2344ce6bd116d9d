# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role samba without a node: with which sentence the template of its configuration refuses a variable.

The life cycle renders it before it changes anything; molecule/samba/refusals/cases.yml sees that on a node.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from rendering import rendered

TEMPLATE = Path(__file__).resolve().parents[2] / "roles/samba/templates/smb.conf.j2"


def config(**variables: Any) -> str:
    known = {"ansible_managed": "", "samba_users": [{"name": "bench"}], **variables}
    return str(rendered(TEMPLATE.read_text(encoding="utf-8"), "samba", **known))


def share(**settings: Any) -> dict[str, Any]:
    return {"samba_shares": [{"name": "shared", "path": "/export/shared", **settings}]}


def test_what_is_usual_is_taken() -> None:
    lines = [line.strip() for line in config(**share(options={"strict sync": False})).splitlines()]
    assert {"[shared]", "path = /export/shared", "valid users = bench", "strict sync = no"} <= set(lines)


@pytest.mark.parametrize(
    "variables, says",
    [
        (share(comment="was C:\\"), r"samba_shares\.comment: .* cannot be used: smb\.conf joins a line"),
        (share(path="/export/100%Safe"), r"samba_shares\.path: .* may expand %S"),
        (share(path="/export/$HOME"), r"samba_shares\.path: .* expands \$H"),
        (share(name="Global"), r"samba_shares\.name: 'Global' cannot be used: Samba reserves this name"),
        (share(name="a]b"), r"samba_shares\.name: 'a\]b' cannot be used: the name of a share cannot contain \]"),
        (share(users=['bench", alice']), r"samba_shares\.users: .* cannot be used: an entry of a list"),
        (share(options={"veto files": "/x\\"}), r"samba_shares\.options\.veto files: .* joins a line"),
        ({"samba_options": {"server string": "x\n[all]\npath = /"}}, r"samba_options\.server string: .* control char"),
    ],
)
def test_what_samba_would_read_otherwise_is_refused(variables: dict[str, Any], says: str) -> None:
    with pytest.raises(AnsibleError, match=says):
        config(**variables)
