# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samba's own testparm reads back what is written for it. What it does not show, the replacing of %U and the like, is
seen by the scenario of role samba."""

from __future__ import annotations

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nasty import NAMES, PATHS, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.module_utils._samba import listed, sections
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._smb_conf import to_smb_conf

ENTRIES = st.one_of(NAMES, st.builds("{}{}".format, st.sampled_from("@+&"), NAMES), st.just("dom users"))
SHARES = st.fixed_dictionaries(
    {
        "section": NAMES,
        "parameter": st.builds("x:{}".format, NAMES),
        "comment": TEXTS,
        "veto files": TEXTS,
        "path": PATHS,
        "valid users": st.lists(ENTRIES, min_size=1, max_size=4),
    }
)
PARTS = {"comment": "text", "veto files": "value", "path": "path", "valid users": "text"}


def read_by_samba(lines: list[str]) -> dict[str, dict[str, str]]:
    """Return what Samba reads from the sections of a configuration."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "smb.conf")
        config.write_text("\n".join(["[global]", "    server role = standalone server", *lines, ""]), encoding="utf-8")
        argv = ["testparm", "-s", "--suppress-prompt", str(config)]
        return sections(subprocess.run(argv, capture_output=True, check=True, timeout=30).stdout.decode())


def written(value: object, part: str) -> str | None:
    """Return what the filter writes, or nothing when it refuses."""
    with suppress(RefusedValueError):
        return to_smb_conf(value, "samba_shares.x", part)
    return None


# A start of testparm takes longer than ten shares in it
@settings(THOROUGH, max_examples=30)
@given(st.lists(SHARES, min_size=10, max_size=10))
def test_samba_reads_back_the_same(shares: list[dict[str, Any]]) -> None:
    lines: list[str] = []
    wanted: dict[str, dict[str, Any]] = {}
    for number, share in enumerate(shares):
        name = written(share["section"], "section")
        if name is None or name.lower() in map(str.lower, wanted):
            name = f"share {number}"
        texts = {parameter: written(share[parameter], part) for parameter, part in PARTS.items()}
        wanted[name] = {parameter: share[parameter] for parameter, text in texts.items() if text is not None}
        lines += [f"[{name}]", *(f"    {parameter} = {texts[parameter]}" for parameter in wanted[name])]
        parameter = written(share["parameter"], "parameter")
        if parameter is not None:
            wanted[name][parameter.lower()] = "1"  # as Samba keeps it
            lines.append(f"    {parameter} = 1")
    found = read_by_samba(lines)
    assert list(found) == ["global", *wanted]
    for name, share in wanted.items():
        read: dict[str, Any] = {parameter: found[name].get(parameter, "") for parameter in share}
        if "valid users" in read:
            read["valid users"] = listed(read["valid users"])
        assert read == share


@pytest.mark.parametrize(
    "value, part, text",
    [
        (True, "value", "yes"),
        (False, "text", "no"),
        (22445, "value", "22445"),
        ("", "text", ""),
        ("%U's files", "value", "%U's files"),
        ("100% wool, 50 %", "text", "100% wool, 50 %"),
        ('say "hi"', "text", 'say "hi"'),
        (["alice", "@dom users"], "text", 'alice, "@dom users"'),
        ([], "value", ""),
        ("/srv/media old", "path", "/srv/media old"),
        ("Bob's files", "section", "Bob's files"),
        ("é" * 80, "section", "é" * 80),
    ],
)
def test_what_is_written(value: object, part: str, text: str) -> None:
    assert to_smb_conf(value, "samba_shares.x", part) == text


@pytest.mark.parametrize(
    "value, part, says",
    [
        ("was C:\\", "text", "joins a line"),
        ("was C:\\", "value", "joins a line"),
        ("two\nlines", "value", r"control character '\\n'"),
        (" x", "text", "leading and trailing spaces"),
        ("x\t y", "text", "all but one of several"),
        ("/srv/100%Safe", "path", "may expand %S"),
        ("%$(HOME)", "text", r"may expand %\$"),
        ('"both"', "text", "quotation marks at both ends"),
        ('/srv/end"', "path", "quotation marks at both ends"),
        (['a"b'], "text", "cannot contain quotation marks, commas"),
        (["a,b"], "text", "cannot contain quotation marks, commas"),
        ([""], "text", "cannot be empty"),
        (["%U"], "text", "may expand %U"),
        ({"a": 1}, "text", "not a dictionary"),
        (None, "value", "not a null"),
        ("srv/x", "path", "absolute"),
        ("/srv/$HOME", "path", r"expands \$H"),
        ("/", "path", "absolute"),
        ("/srv/../etc", "path", "absolute"),
        ("/srv/x/", "path", "absolute"),
        ("/srv//x", "path", "absolute"),
        ("a = b", "parameter", "contain '='"),
        ("[x", "parameter", "begin with"),
        ("; x", "parameter", "begin with"),
        ("", "parameter", "not be empty"),
        ("global", "section", "Samba reserves this name"),
        ("Hom es", "section", "Samba reserves this name"),
        ("IPC$", "section", "Samba reserves this name"),
        ("a]b", "section", "cannot contain ]"),
        ("a/b", "section", "cannot contain /"),
        ("x" * 81, "section", "1 to 80"),
        ("", "section", "1 to 80"),
    ],
)
def test_what_is_refused(value: object, part: str, says: str) -> None:
    with pytest.raises(RefusedValueError, match=rf"^samba_shares.x: .* cannot be used: .*{says}.*\.$"):
        to_smb_conf(value, "samba_shares.x", part)
