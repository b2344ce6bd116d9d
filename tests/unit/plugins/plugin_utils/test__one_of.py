# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.netfs.bench.plugins.filter.one_of import FilterModule

one_of = FilterModule().filters()["one_of"]


def test_a_name_that_is_known_stays():
    assert one_of("a", ["a", "b"], "node") == "a"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("storage-a-11", r"Unknown node 'storage-a-11'\. Did you mean 'storage-a-1'\? Known: storage-a-1, conduit-1\."),
        ("x", r"Unknown node 'x'\. Known: storage-a-1, conduit-1\."),
    ],
)
def test_any_other_is_refused_with_the_closest_one(name, said):
    with pytest.raises(AnsibleFilterError, match=f"^{said}$"):
        one_of(name, ["storage-a-1", "conduit-1"], "node")
