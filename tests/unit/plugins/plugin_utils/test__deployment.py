# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import (
    ConflictError,
    Role,
    deployment_of,
    deployment_on_groups,
    named,
    secrets_of,
    tasks_of,
    variables_of,
    write_services,
)

ROLES = {
    "store": Role({"store_port": 9000, "store_buckets": ["{{ lookup('ansible.builtin.env', 'S3_BUCKET') }}"]}, {}),
}


def system(*services):
    """A named profile of services, each ROLE@NODE or ROLE@NODE with the variables of the role."""
    made = []
    for service in services:
        place, variables = service if isinstance(service, tuple) else (service, {})
        role, _at, node = place.partition("@")
        made.append({"role": role, "node": node, "variables": variables})
    return named({"services": made})


def on_store(server, **variables):
    return system(("store@store", variables), f"{server}@server")


def places(profiles):
    return [f"{service['name']}@{service['node']}" for service in deployment_of(profiles, ROLES)["services"]]


def steps(profiles):
    return [f"{step['entry_point']} {step['name']}" for step in deployment_of(profiles, ROLES)["steps"]]


@pytest.mark.parametrize(
    ("wanted", "variables"),
    [
        ([{}], {}),
        ([{"a": 1}], {"a": 1}),
        ([{"a": 1}, {"a": 1, "b": "x"}], {"a": 1, "b": "x"}),
        ([{"a": [1, 2]}, {"a": [2, 3]}], {"a": [1, 2, 3]}),
        ([{"a": {"x": 1}}, {"a": {"y": [2]}}, {"a": {"y": [3]}}], {"a": {"x": 1, "y": [2, 3]}}),
        # the same database, bucket or export is one
        (
            [{"a": [{"name": "x", "owner": "o"}]}, {"a": [{"name": "y"}, {"name": "x", "size": 1}]}],
            {"a": [{"name": "x", "owner": "o", "size": 1}, {"name": "y"}]},
        ),
        ([{"a": [{"path": "/x"}]}, {"a": [{"path": "/x"}, {"path": "/y"}]}], {"a": [{"path": "/x"}, {"path": "/y"}]}),
        # who sets nothing wants the default of the role
        ([{"port": 9000}, {}], {"port": 9000}),
        ([{}, {"buckets": ["mine"]}], {"buckets": ["mine", "default"]}),
    ],
)
def test_the_variables_of_a_service_are_what_all_its_systems_want(wanted, variables):
    role = Role({"port": 9000, "buckets": ["default"]}, {})
    assert variables_of({f"system{number}": one for number, one in enumerate(wanted)}, role) == variables


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"a": 1}, {"a": 2}, "a: first sets it to 1, second sets it to 2"),
        ({"a": {"b": {"c": "x"}}}, {"a": {"b": {"c": "y"}}}, "a.b.c: first sets it to 'x', second sets it to 'y'"),
        ({"a": [{"name": "x", "o": 1}]}, {"a": [{"name": "x", "o": 2}]}, "a[0].o: first sets it to 1, second sets"),
        ({"a": True}, {"a": 1}, "a: first sets it to True, second sets it to 1"),
        ({"a": [1]}, {"a": 1}, "a: first sets it to [1], second sets it to 1"),
        ({"port": 9001}, {}, "port: first sets it to 9001, second leaves it at the default 9000"),
        ({}, {"port": 9001}, "port: second sets it to 9001, first leaves it at the default 9000"),
    ],
)
def test_what_two_systems_want_otherwise_is_refused_with_both_and_what_they_want(one, other, message):
    with pytest.raises(ConflictError) as raised:
        variables_of({"first": one, "second": other}, Role({"port": 9000}, {}))
    assert message in str(raised.value)


def test_a_service_that_cannot_be_what_all_want_is_named_with_what_to_do():
    profiles = {"rclone": on_store("rclone", store_port=9001), "juicefs": on_store("juicefs")}
    with pytest.raises(ConflictError) as raised:
        deployment_of(profiles, ROLES)
    assert str(raised.value) == (
        "store@store cannot suit all systems: store_port: rclone sets it to 9001, juicefs leaves it at the "
        "default 9000. Make them agree, measure them in separate runs, or give the service of one of them a name "
        "of its own"
    )


@pytest.mark.parametrize(
    ("profiles", "wanted"),
    [
        ({"a": system("a@server")}, ["a@server"]),
        ({"a": on_store("a"), "b": on_store("b")}, ["store@store", "a@server", "b@server"]),
        # once per node, and what something stands on comes before it, whatever the other profile has first
        (
            {"a": on_store("a"), "b": system("base@store", "store@store", "b@server")},
            ["base@store", "store@store", "a@server", "b@server"],
        ),
        ({"a": system("a@server"), "b": system("a@other")}, ["a@server", "a@other"]),
        # measured twice, deployed once
        ({"a": system("a@server"), "a#2": system("a@server")}, ["a@server"]),
    ],
)
def test_every_service_is_there_once_and_after_what_it_stands_on(profiles, wanted):
    assert places(profiles) == wanted


def test_services_that_stand_on_each_other_are_refused():
    with pytest.raises(ConflictError, match=r"^Each of ([xy])@n and [xy]@n depends on the other"):
        places({"a": system("x@n", "y@n"), "b": system("y@n", "x@n")})


def test_two_instances_of_one_role_are_two_services():
    one, two = ({"services": [{"role": "server", "name": name, "node": "server"}]} for name in ("one", "two"))
    assert places({"a": one, "b": two}) == ["one@server", "two@server"]


def test_a_service_of_two_roles_is_refused():
    services = ({"services": [{"role": role, "name": "same", "node": "server"}]} for role in ("x", "y"))
    with pytest.raises(ConflictError, match="same@server: a wants role x, b y"):
        places(dict(zip("ab", services, strict=True)))


def test_a_service_runs_while_another_is_deployed_on_it_and_no_longer():
    profiles = {"plain": system("plain@server"), "a": on_store("a"), "b": on_store("b")}
    assert steps(profiles) == [
        "main plain",
        "stop plain",
        "main store",
        "main a",
        "stop a",
        "main b",
        "stop b",
        "stop store",
    ]


OPTIONS = {
    "users": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str"}, "password": {"type": "str", "no_log": True}},
    },
    "keys": {"type": "dict", "no_log": True},
    "key_file": {"type": "path"},
    "port": {"type": "int"},
}


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"users": [{"name": "x"}], "port": 1, "key_file": "/x", "other": "y"}, []),
        ({"users": [{"name": "x"}, {"name": "y", "password": "hidden"}]}, ["users[1].password"]),
        ({"users": [{"password": ""}, {"password": "{{ lookup('ansible.builtin.file', 'x') }}"}]}, []),
        ({"keys": {"a": "{{ x }}", "b": "hidden"}}, ["keys"]),
        ({"keys": {"a": "{{ x }}", "b": ""}}, []),
        ({"keys": "hidden"}, ["keys"]),
    ],
)
def test_secrets_that_a_profile_says_are_found(variables, found):
    assert secrets_of(variables, OPTIONS) == found


@pytest.mark.parametrize(
    ("hosts", "condition"), [({}, "in groups['n']\n"), ({"hosts": 1}, "in (groups['n'] | sort)[:1]\n")]
)
def test_a_service_may_stand_on_some_hosts_of_its_node(hosts, condition):
    service = {"name": "s", "role": "store", "node": "n", "systems": ["a"], "variables": {}, **hosts}
    assert f"inventory_hostname {condition}" in tasks_of([service])


def trusted(value):
    """A value whose texts are templates, as Ansible reads them from a file."""
    if isinstance(value, dict):
        return {name: trusted(part) for name, part in value.items()}
    return trust_as_template(value) if isinstance(value, str) else value


def test_the_tasks_of_a_service_hold_its_variables_as_they_were(tmp_path):
    variables = {"mode": "0755", "yes": "yes", "url": "{{ endpoints.store.store.url }}/é", "none": None, "list": [1]}
    service = {"name": "s", "role": "store", "node": "n", "systems": ["a", "b"], "variables": variables}
    text = tasks_of([service])
    (task,) = yaml.safe_load(text)
    assert task["vars"] == variables
    assert task["ansible.builtin.include_role"] == {"name": "netfs.bench.store", "tasks_from": "{{ entry_point }}"}
    assert text.startswith("# Service s on node n, as a, b of this run want it.\n")
    assert write_services(tmp_path, {"services": [service]})
    assert (tmp_path / "services/s@n.yml").read_text(encoding="utf-8") == text
    assert not write_services(tmp_path, {"services": [service]})
    assert write_services(tmp_path, {"services": [{**service, "name": "other"}]})
    assert [path.name for path in (tmp_path / "services").iterdir()] == ["other@n.yml"]


def test_services_that_are_brought_up_together_have_the_variables_of_their_own_node(tmp_path):
    one = {"name": "s", "role": "store", "node": "n_a", "systems": ["a"], "variables": {"size": 1, "hosts": "{{ x }}"}}
    other = {**one, "node": "n_b", "variables": {"size": 2, "hosts": "{{ y }}"}}
    deployment = {"services": [one, other], "together": [["s@n_a", "s@n_b"]]}
    assert write_services(tmp_path, deployment)
    assert not write_services(tmp_path, deployment)
    folder = tmp_path / "services"
    assert sorted(path.name for path in folder.iterdir()) == ["s@n_a+s@n_b.yml", "s@n_a.yml", "s@n_b.yml"]
    text = (folder / "s@n_a+s@n_b.yml").read_text(encoding="utf-8")
    assert text.startswith("# Service s on node n_a and Service s on node n_b, as a of this run wants it.\n")
    (task,) = yaml.safe_load(text)
    assert task["when"] == "inventory_hostname in groups['n_a'] or inventory_hostname in groups['n_b']"
    assert task["vars"]["deployed_variables"] == {"n_a": one["variables"], "n_b": other["variables"]}
    variables = {**task["vars"], "x": [1], "y": [2]}
    for group, wanted in (("n_a", {"size": 1, "hosts": [1]}), ("n_b", {"size": 2, "hosts": [2]})):
        templar = Templar(loader=DataLoader(), variables=trusted({**variables, "group_names": ["n", group]}))
        assert {name: templar.template(trust_as_template(f"{{{{ {name} }}}}")) for name in wanted} == wanted
    assert write_services(tmp_path, {**deployment, "together": [["s@n_a"], ["s@n_b"]]})
    assert sorted(path.name for path in folder.iterdir()) == ["s@n_a.yml", "s@n_b.yml"]


def on_hosts(*entries):
    """Named services of a profile, as name, node and how many hosts, 0 for all."""
    return [
        {"name": name, "role": name, "node": node, **({"hosts": hosts} if hosts else {})}
        for name, node, hosts in entries
    ]


def test_on_groups_what_can_be_brought_up_at_once_is_one_step():
    services = on_hosts(("fs", "b", 0), ("fs", "a", 0), ("gateway", "a", 1))
    profile = {"services": services, "together": [["fs@b", "fs@a"], ["gateway@a"]]}
    single = {"services": on_hosts(("gateway", "a", 1))}
    deployment = deployment_on_groups({"one": profile, "two": single}, {})
    assert [one.get("hosts") for one in deployment["services"]] == [None, None, 1]
    assert deployment["together"] == [["fs@b", "fs@a"]]
    assert [(one["entry_point"], one.get("places", one["name"]), one["systems"]) for one in deployment["steps"]] == [
        ("main", ["fs@b", "fs@a"], ["one"]),
        ("main", "gateway", ["one", "two"]),
        ("stop", "gateway", ["one", "two"]),
        ("stop", ["fs@b", "fs@a"], ["one"]),
    ]


def test_a_service_on_other_hosts_for_each_system_is_refused():
    systems = {"one": {"services": on_hosts(("nas", "a", 0))}, "two": {"services": on_hosts(("nas", "a", 1))}}
    with pytest.raises(
        ConflictError, match=r"^nas@a: one wants it on all hosts of the node, two on 1\. Measure them in"
    ):
        deployment_on_groups(systems, {})
