# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import identities, node_set

GROUPS = {"client": ["c"], "object_store": ["o3", "o1", "o2"], "server": ["s3", "s1", "s2"], "other": ["x"]}


@pytest.mark.parametrize(("number", "hosts"), [(0, "c o1 s1"), (1, "c o2 s2"), ("2", "c o3 s3"), (3, "c o1 s1")])
def test_node_sets_take_turns_and_one_client_loads_all(number, hosts):
    nodes = {"client": {}, "object_store": {}, "server": {}}
    assert " ".join(node_set(nodes, GROUPS, number).values()) == hosts


@pytest.mark.parametrize(
    ("variables", "identity"), [({}, "s"), ({"node_machine": ""}, "s"), ({"node_machine": "i-1"}, "i-1")]
)
def test_a_host_is_what_its_inventory_says_or_its_name(variables, identity):
    assert identities(["s"], {"s": variables, "other": {}}) == {"s": identity}
