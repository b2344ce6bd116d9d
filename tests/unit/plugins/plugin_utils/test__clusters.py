# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._clusters import ClusterError, deploy
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import Role

GROUPS = {
    "storage": ["storage-a-1", "storage-b-1"],
    "storage_a": ["storage-a-1"],
    "storage_b": ["storage-b-1"],
    "conduit": ["conduit-1"],
    "client_fuse": ["fuse-client"],
}
FIRST = {"role": "first", "node": "storage_a", "variables": {"first_port": 1}}
OTHER = {"role": "first", "node": "storage_b"}
MOUNT = {"group": "client_fuse", "node": "storage_a", "service": "first", "protocol": "fuse", "directory": "/mnt/a"}
NFS = {**MOUNT, "group": "client_nfs", "protocol": "nfs4.2"}
REPLICA = {**MOUNT, "group": "storage_b", "node": "storage_b", "directory": "/mnt/b", "replica_of": "storage_a"}


def profile(**changed):
    return {"description": "One.", "services": [FIRST, OTHER], "mounts": [MOUNT], **changed}


def test_services_keep_their_order_and_one_role_can_stand_at_two_sites():
    deployed = deploy("one", profile(), GROUPS, {})
    assert [(service["name"], service["node"]) for service in deployed.services] == [
        ("first", "storage_a"),
        ("first", "storage_b"),
    ]
    assert deployed.services[0]["variables"] == {"first_port": 1}
    assert deployed.record()["system"] == "one"


def test_who_has_no_client_of_a_kind_mounts_nothing_there():
    assert deploy("one", profile(mounts=[MOUNT, NFS]), GROUPS, {}).mounts == [MOUNT]


def test_a_replica_of_what_others_mount_is_mounted_too():
    assert deploy("one", profile(mounts=[MOUNT, REPLICA]), GROUPS, {}).mounts == [MOUNT, REPLICA]


def test_a_gateway_is_there_for_those_who_mount_it():
    gateway = {"role": "nas", "node": "storage_a", "hosts": 1, "optional": True}
    given = profile(services=[FIRST, gateway], mounts=[MOUNT, {**NFS, "service": "nas"}])
    assert [service["name"] for service in deploy("one", given, GROUPS, {}).services] == ["first"]
    services = deploy("one", given, (*GROUPS, "client_nfs"), {}).services
    assert [(service["name"], service.get("hosts")) for service in services] == [("first", None), ("nas", 1)]


@pytest.mark.parametrize(("changed", "wanted"), [({}, False), ({"certificates": True}, True)])
def test_nodes_have_certificates_where_a_system_asks_for_them(changed, wanted):
    assert deploy("one", profile(**changed), GROUPS, {}).record()["certificates"] is wanted


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"certificates": "often"}, "'certificates' of the profile"),
        ({"extra": 1}, "Unknown key of the profile 'extra'"),
        ({"services": [{"node": "storage_a"}]}, "Service 1 has no key 'role'"),
        ({"services": [{**FIRST, "hosts": 0}]}, "'hosts' of service 1 is 0: leave it out"),
        ({"services": [{**FIRST, "node": "storage_c"}]}, "first needs nodes in group 'storage_c'"),
        ({"mounts": [{**MOUNT, "service": "frist"}]}, "Unknown service of a mount 'frist@storage_a'. Did you mean"),
        ({"mounts": [{"group": "client_fuse"}]}, "Mount 1 has no key 'node'"),
        ({"mounts": [REPLICA]}, "Unknown node in replica_of 'storage_a'"),
        ({"mounts": [MOUNT, {**REPLICA, "replica_of": "storage"}]}, "Unknown node in replica_of 'storage'"),
    ],
)
def test_a_profile_that_cannot_be_deployed_is_refused(changed, said):
    with pytest.raises(ClusterError, match=f"^Cluster one cannot be deployed.*{said}"):
        deploy("one", profile(**changed), GROUPS, {})


def test_ports_are_those_of_the_roles_with_the_variables_of_the_profile():
    roles = {"first": Role({"first_port": 7}, {}, ({"variable": "first_port"},))}
    ports = deploy("one", profile(), GROUPS, roles).ports
    assert [(entry["group"], entry["port"]) for entry in ports] == [("storage_a", 1), ("storage_b", 7)]


def test_a_port_that_is_a_template_is_refused_only_where_it_must_be_known():
    roles = {"first": Role({}, {}, ({"variable": "first_port"},))}
    unclear = profile(services=[{**FIRST, "variables": {"first_port": "{{ mine }}"}}])
    assert deploy("one", unclear, GROUPS, roles).ports == []
    with pytest.raises(ClusterError, match=r"^Cluster one cannot be deployed\. 'first_port' of first on storage_a"):
        deploy("one", unclear, GROUPS, roles, ports_must_be_known=True)


PORTED = {"role": "first", "node": "storage_b", "variables": {"first_port": 2}}


@pytest.mark.parametrize(
    ("services", "wanted"),
    [
        ([FIRST, PORTED], [["first@storage_a", "first@storage_b"]]),
        ([FIRST, PORTED, {**PORTED, "node": "conduit"}], [["first@storage_a", "first@storage_b", "first@conduit"]]),
        ([FIRST, OTHER], [["first@storage_a"], ["first@storage_b"]]),
        ([FIRST, {**PORTED, "role": "second"}], [["first@storage_a"], ["second@storage_b"]]),
        ([FIRST, {**PORTED, "name": "again"}], [["first@storage_a"], ["again@storage_b"]]),
        ([FIRST, {**PORTED, "node": "storage"}], [["first@storage_a"], ["first@storage"]]),
        (
            [FIRST, {"role": "second", "node": "conduit"}, PORTED],
            [["first@storage_a"], ["second@conduit"], ["first@storage_b"]],
        ),
        (
            [FIRST, {**PORTED, "variables": {"first_port": "{{ endpoints.storage_a.first.port }}"}}],
            [["first@storage_a"], ["first@storage_b"]],
        ),
    ],
)
def test_services_that_need_nothing_of_each_other_are_brought_up_together(services, wanted):
    assert deploy("one", profile(services=services), GROUPS, {}).together == wanted
