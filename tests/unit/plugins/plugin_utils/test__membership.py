# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._membership import (
    MembershipError,
    added,
    changes_of,
    removed,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import UNCHANGED, Changes, topology_of

NODES = [
    {"name": "storage-a", "count": 3, "group": "storage", "site": "a", "memory": "1g"},
    {"name": "storage-b", "count": 1, "group": "storage", "site": "b", "memory": "1g"},
    {"name": "conduit", "count": 1, "group": "conduit", "sites": ["a", "b"], "memory": "1g"},
    {"name": "fuse-client", "group": "client_fuse", "site": "a", "memory": "1g"},
]
DATA = {"description": "One.", "sites": ["a", "b"], "nodes": NODES}


def names(changes, prefix="storage-a"):
    """The names of the nodes of an entry."""
    return [node.name for node in topology_of("one", DATA, {}, changes).nodes if node.name.startswith(prefix)]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (UNCHANGED, ["storage-a-1", "storage-a-2", "storage-a-3"]),
        (Changes(added=("storage-a-4",)), ["storage-a-1", "storage-a-2", "storage-a-3", "storage-a-4"]),
        (Changes(added=("storage-a-12", "storage-a-9"), removed=("storage-a-2",)),
         ["storage-a-1", "storage-a-3", "storage-a-9", "storage-a-12"]),
        # the file has it by now, or has nothing of that name any more
        (Changes(added=("storage-a-3", "storage-a-x", "storage-c-1")), ["storage-a-1", "storage-a-2", "storage-a-3"]),
    ],
)  # fmt: skip
def test_a_topology_has_the_nodes_of_its_file_and_what_changed(changes, wanted):
    assert names(changes) == wanted


def test_a_node_without_a_number_can_be_gone():
    assert names(Changes(removed=("fuse-client",)), "fuse") == []


@pytest.mark.parametrize(
    ("changes", "group", "name"),
    [
        (UNCHANGED, "storage_a", "storage-a-4"),
        (UNCHANGED, "storage_b", "storage-b-2"),
        (Changes(added=("storage-a-4",)), "storage_a", "storage-a-5"),
        (Changes(added=("storage-a-4",), removed=("storage-a-2",)), "storage_a", "storage-a-2"),
    ],
)
def test_a_node_more_has_the_lowest_number_that_is_free(changes, group, name):
    after, node = added(NODES, changes, group)
    assert node == name
    assert set(names(after, "")) == {*names(changes, ""), name}


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (
            "storage_aa",
            "Unknown group 'storage_aa'. Did you mean 'storage_a'? Known: client_fuse, client_fuse_a, conduit,",
        ),
        (
            "storage",
            "Group storage has nodes of 2 kinds (storage-a, storage-b), and a node more is of one: name storage_a",
        ),
        ("client_fuse", "Group client_fuse is the single node fuse-client: give its entry a 'count'"),
    ],
)
def test_a_group_that_cannot_grow_is_refused(group, said):
    with pytest.raises(MembershipError) as refused:
        added(NODES, UNCHANGED, group)
    assert str(refused.value).startswith(said)


def test_a_group_has_an_end():
    with pytest.raises(MembershipError, match="which is the most that it can have"):
        added([{**NODES[0], "count": 50}], UNCHANGED, "storage_a")


@pytest.mark.parametrize("changes", [UNCHANGED, Changes(added=("storage-a-4",)), Changes(removed=("storage-a-1",))])
def test_what_is_added_and_removed_is_as_before(changes):
    after, node = added(NODES, changes, "storage_a")
    assert removed(topology_of("one", DATA, {}, after), after, node) == (
        changes if node not in changes.removed else Changes(removed=(node,))
    )


def test_a_node_of_the_file_can_be_removed():
    assert names(removed(topology_of("one", DATA, {}), UNCHANGED, "storage-a-2")) == ["storage-a-1", "storage-a-3"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("storage-a-5", "Unknown node 'storage-a-5'. Did you mean 'storage-a-3'?"),
        ("conduit-1", "conduit-1 is the conduit, without which the sites do not meet."),
        ("storage-b-1", "storage-b-1 is the only node of group storage_b."),
        ("fuse-client", "fuse-client is the only node of group client_fuse_a."),
    ],
)
def test_a_node_that_cannot_go_is_refused(name, said):
    with pytest.raises(MembershipError) as refused:
        removed(topology_of("one", DATA, {}), UNCHANGED, name)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        ({}, UNCHANGED),
        ({"topology": "one"}, UNCHANGED),
        ({"topology": "one", "changes": {"added": ["a-4"], "removed": ["a-1"]}}, Changes(("a-4",), ("a-1",))),
        ({"topology": "two", "changes": {"added": ["a-4"], "removed": []}}, UNCHANGED),
    ],
)
def test_changes_are_those_of_the_same_topology(record, wanted):
    assert changes_of(record, "one") == wanted
