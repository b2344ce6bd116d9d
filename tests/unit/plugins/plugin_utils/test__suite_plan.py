# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan of suites: the same cells and nodes as one of workloads, with references beside the systems."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import plan_request
import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._node_sets import turn_hosts
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    describe,
    make_plan,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
    Request,
)

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
PROFILE = {
    "description": "A server.",
    "services": [{"role": "ganesha", "node": "server"}],
    "protocols": ["nfs3", "nfs4.2"],
    "durability": "local-durable",
}
PROFILES = {
    "ganesha": PROFILE,
    "kernel-nfs": {**PROFILE, "requires": {"server": ["nfsd"]}},
    "samba": {**PROFILE, "protocols": ["smb3"]},
}
SUITE = {
    "question": "Right?",
    "needs": ["mount"],
    "program": {"crate": "fsx", "version": "0.3.2"},
    "command": ["$program", "-N", "$OPERATIONS"],
    "parser": "fsx",
    "minutes": 10,
    "quiet_seconds": 60,
}
POWER_CUT = {
    "question": "Kept?",
    "needs": ["mount"],
    "power_cut": {"cuts": "$CUTS", "earliest_ms": 500, "latest_ms": 8000, "resume_seconds": 60},
}
SUITES = {"fsx": SUITE, "posix": {**SUITE, "protocols": ["nfs3", "nfs4.2"]}}
TORTURE = {**SUITE, "needs": ["smb"], "protocols": ["smb3"]}
CONSISTENCY = {
    "question": "Seen?",
    "needs": ["mount"],
    "consistency": {"mounts": 2, "clients": 4, "seconds": "$DURATION"},
}
ALL = {**SUITES, "power-cut": POWER_CUT, "consistency": CONSISTENCY}
EFFORTS = {
    "smoke": {
        "trials": 3,
        "passes": ["warm", "cold"],
        "ceilings": True,
        "grow": True,
        "variables": {"SIZE": "64m"},
        "suites": {"trials": 1, "variables": {"OPERATIONS": 10, "CUTS": 2, "DURATION": 20}},
    },
    "bare": {"trials": 1, "passes": ["warm"], "variables": {"SIZE": "64m"}},
}
CATALOG = Catalog(PROFILES, {}, {}, EFFORTS, {}, {}, suites=ALL)
REQUEST = {**plan_request.REQUEST, "system": "ganesha", "suite": "fsx,posix", "reference": "kernel-nfs,local"}


def plan(catalog=CATALOG, **request):
    made = make_plan(Request.of({**copy.deepcopy(REQUEST), **request}), catalog, ("nfs", "nfs4", "cifs")).record()
    jsonschema.validate(made, SCHEMA)
    return made


def series(made):
    return {tuple(cell[axis] for axis in ("system", "protocol", "workload")) for cell in made["cells"]}


def test_suites_run_on_the_system_and_on_its_references():
    made = plan()
    over = {("ganesha", "nfs3"), ("ganesha", "nfs4.2"), ("kernel-nfs", "nfs3"), ("kernel-nfs", "nfs4.2")}
    wanted = {*over, ("local", "local")}
    assert series(made) == {(*place, suite) for place in wanted for suite in ("fsx", "posix")}
    assert made["references"] == made["beside"] == ["kernel-nfs", "local"]
    assert {cell["pass"] for cell in made["cells"]} == {"warm"}
    assert (made["trials"], made["ceilings"], made["grow"], made["families"]) == (1, {}, False, [])
    assert made["variables"] == {"OPERATIONS": "10", "CUTS": "2", "DURATION": "20"}
    assert made["dataset_bytes"] == 0
    # the reference has to stand somewhere
    assert made["nodes"]["client"]["data"] is True
    assert made["nodes"]["server"]["kernel"] == "own"


def test_a_reference_that_is_asked_for_itself_is_judged():
    made = plan(system="kernel-nfs")
    assert (made["references"], made["beside"]) == (["kernel-nfs", "local"], ["local"])


def test_without_a_local_reference_a_client_keeps_no_data():
    made = plan(reference="none")
    assert "references" not in made
    assert "data" not in made["nodes"]["client"]
    assert {name for name, *_rest in series(made)} == {"ganesha"}


def test_a_reference_over_none_of_the_protocols_is_left_out():
    made = plan(system="samba", suite="fsx")
    assert made["references"] == ["local"]
    assert series(made) == {("samba", "smb3", "fsx"), ("local", "local", "fsx")}


def test_a_system_that_was_asked_for_is_no_second_time_there_as_a_reference():
    made = plan(system="kernel-nfs", reference="kernel-nfs,local", protocol="nfs3")
    assert series(made) == {
        (*place, suite) for place in (("kernel-nfs", "nfs3"), ("local", "local")) for suite in SUITES
    }


def test_a_reference_that_no_suite_runs_on_is_left_out():
    catalog = CATALOG._replace(suites={"torture": TORTURE})
    assert series(plan(catalog, system="samba", suite="torture")) == {("samba", "smb3", "torture")}


def test_what_a_profile_has_for_suites_is_for_suites_alone():
    service = {"role": "samba", "node": "server", "variables": {"samba_shares": [{"name": "a"}], "samba_port": 1}}
    suites = {"share": "b", "variables": {"samba_shares": [{"name": "b"}], "samba_log_level": 3}}
    catalog = CATALOG._replace(
        profiles={**PROFILES, "samba": {**PROFILES["samba"], "services": [service], "suites": suites}}
    )
    made = plan(catalog, system="samba", suite="fsx", reference="none")
    assert made["deployment"]["services"][0]["variables"] == {
        "samba_shares": [{"name": "a"}, {"name": "b"}],
        "samba_port": 1,
        "samba_log_level": 3,
    }
    assert service["variables"]["samba_shares"] == [{"name": "a"}]


def test_a_suite_runs_over_its_protocols_only():
    made = plan(system="samba,ganesha", protocol="nfs3,smb3")
    assert ("samba", "smb3", "fsx") in series(made)
    assert ("samba", "smb3", "posix") not in series(made)


def test_the_order_is_that_of_the_seed():
    assert plan(seed="a")["cells"] == plan(seed="a")["cells"]
    assert any(plan(seed="a")["cells"] != plan(seed=seed)["cells"] for seed in "bcd")


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ({"suite": "fxs"}, "Unknown suite 'fxs'. Did you mean 'fsx'?"),
        ({"reference": "kernelnfs"}, "Unknown reference 'kernelnfs'. Did you mean 'kernel-nfs'?"),
        ({"workload": "seq-read"}, "Suites have no workload"),
        ({"passes": "warm"}, "Suites have no passes"),
        ({"aa": True}, "Suites have no aa"),
        ({"budget": "10m", "ceilings": True}, "Suites have no budget, ceilings"),
        ({"system": "samba", "suite": "posix"}, "None of the suites (posix) runs over a protocol of samba."),
        ({"effort": "bare"}, "Effort 'bare' says nothing of suites."),
        ({"variables": {"SIZE": "1m"}}, "Unknown workload variable 'SIZE'. Known: OPERATIONS, CUTS, DURATION."),
        ({"suite": "power-cut", "node_kind": "ec2"}, "nodes of kind ec2 cannot be cut: only those of kind docker can."),
        ({"suite": "power-cut,fsx", "node_kind": "existing"}, "can. Leave it out: suite=fsx."),
        ({"suite": "power-cut", "server_kernel": "host"}, "would survive a power cut. Use server_kernel=auto or own"),
        ({"suite": "power-cut", "variables": {"CUTS": "0"}}, "'0' cuts of the power: write a whole number from 1"),
        ({"suite": "power-cut", "variables": {"CUTS": "x"}}, "'x' cuts of the power"),
        (
            {"suite": "consistency", "variables": {"DURATION": "1"}},
            "duration=1: write a whole number of seconds from 5",
        ),
    ],
)
def test_what_cannot_be_planned(request_, why):
    with pytest.raises(PlanError) as error:
        plan(**request_)
    assert why in str(error.value)


def test_a_server_that_loses_its_power_has_a_kernel_of_its_own():
    kernels = {
        suite: plan(system="ganesha,samba", suite=suite, reference="none")["nodes"]["server"]
        for suite in ("fsx", "power-cut")
    }
    assert kernels["fsx"]["kernel"] == "host"
    assert kernels["power-cut"]["kernel"] == "own"
    assert "the host's page cache would survive" in kernels["power-cut"]["why"]


def test_only_what_clients_mount_loses_its_power():
    store = {**PROFILE, "services": [{"role": "object_store", "node": "store"}, *PROFILE["services"]]}
    made = plan(CATALOG._replace(profiles={**PROFILES, "ganesha": store}), suite="power-cut", reference="none")
    assert {name: node["kernel"] for name, node in made["nodes"].items()} == {
        "client": "host",
        "server": "own",
        "store": "host",
    }


def test_no_reference_loses_its_power():
    assert series(plan(suite="power-cut")) == {("ganesha", protocol, "power-cut") for protocol in ("nfs3", "nfs4.2")}
    assert "references" not in plan(system="kernel-nfs", suite="power-cut")
    both = {name for name, _protocol, suite in series(plan(suite="power-cut,fsx")) if suite == "power-cut"}
    assert both == {"ganesha"}


def test_how_often_the_power_is_cut_is_said():
    made = plan(suite="power-cut", variables={"CUTS": "7"})
    assert "  power-cut: the power of the server is cut 7 times in each of 2 cells" in describe(made)
    assert made["estimate_seconds"] > plan(suite="power-cut")["estimate_seconds"]


def test_clients_share_files_on_every_system_and_every_reference():
    made = plan(suite="consistency", variables={"DURATION": "300"})
    assert {(system, protocol) for system, protocol, _suite in series(made)} == {
        *((system, protocol) for system in ("ganesha", "kernel-nfs") for protocol in ("nfs3", "nfs4.2")),
        ("local", "local"),
    }
    assert made["systems"]["local"]["consistency"] == "linearizable"
    assert (
        "  consistency: 4 clients work 300 s in each of its cells; ganesha claims close-to-open, "
        "kernel-nfs claims close-to-open, local claims linearizable"
    ) in describe(made)
    assert made["estimate_seconds"] == plan(suite="consistency")["estimate_seconds"] + 5 * 280


def test_a_profile_may_claim_more():
    claiming = CATALOG._replace(profiles={"ganesha": {**PROFILE, "consistency": "linearizable"}})
    assert any(
        "ganesha claims linearizable" in line
        for line in describe(plan(claiming, suite="consistency", reference="none"))
    )
    wrong = CATALOG._replace(profiles={"ganesha": {**PROFILE, "consistency": "linearisable"}})
    with pytest.raises(PlanError, match="unknown consistency 'linearisable'"):
        plan(wrong, suite="consistency", reference="none")


def test_a_faulty_suite_is_refused_with_its_file():
    catalog = CATALOG._replace(suites={"fsx": {**SUITE, "parser": "fxs"}})
    with pytest.raises(PlanError, match=r"playbooks/suites/fsx.yml: unknown parser 'fxs'. Did you mean 'fsx'\?"):
        plan(catalog, suite="fsx")


def test_a_faulty_reference_is_refused():
    catalog = CATALOG._replace(profiles={**PROFILES, "kernel-nfs": {**PROFILE, "protocls": []}})
    with pytest.raises(PlanError, match=r"systems/kernel-nfs.yml: unknown key"):
        plan(catalog)


def test_the_plan_is_described():
    lines = "\n".join(describe(plan()))
    assert "at most" in lines
    assert "suites: fsx, posix" in lines
    assert "reference: kernel-nfs, local" in lines


def test_a_turn_on_the_client_s_own_disk_needs_the_client_alone():
    made = plan()
    turn = next(turn for turn in made["turns"] if turn["system"] == "local")
    hosts = turn_hosts(made, {"client": ["c"], "server": ["s"]}, 0, turn)
    assert (hosts["client"], hosts["nodes"]["client"]) == ("c", "c")


LIBNFS = {**SUITE, "needs": ["nfs"], "protocols": ["nfs3", "nfs4.2"]}
VERSIONS = {**SUITE, "protocols": ["nfs4.2"], "second": "nfs3"}
BOTH = {**SUITE, "protocols": ["nfs4.2"], "second": "smb3"}
SAMBA = {"role": "samba", "node": "server", "variables": {"samba_shares": [{"name": "both", "path": "/export"}]}}
NAS = {**PROFILE, "suites": {"second": {"smb3": {"service": SAMBA, "path": "both"}}}}
MORE = CATALOG._replace(
    suites={**ALL, "libnfs": LIBNFS, "versions": VERSIONS, "both": BOTH, "torture": TORTURE},
    profiles={**PROFILES, "nas": NAS},
)


def test_a_client_that_mounts_nothing_needs_no_kernel_that_could():
    made = make_plan(
        Request.of({**copy.deepcopy(REQUEST), "suite": "libnfs", "reference": "none", "node_kernel": "host"}), MORE, ()
    ).record()
    jsonschema.validate(made, SCHEMA)
    assert made["nodes"]["client"]["kernel"] == "host"
    assert {turn["mounted"] for turn in made["turns"]} == {False}


def test_a_turn_in_which_one_suite_mounts_is_mounted():
    made = plan(MORE, suite="libnfs,fsx", reference="none")
    assert all("mounted" not in turn for turn in made["turns"])


def test_two_protocols_are_compared_where_a_system_has_both():
    made = plan(MORE, system="ganesha,nas", suite="versions,both", reference="local")
    assert series(made) == {
        ("ganesha", "nfs4.2", "versions"),
        ("nas", "nfs4.2", "versions"),
        ("nas", "nfs4.2", "both"),
    }


def test_what_serves_the_second_protocol_is_deployed_and_mounted_with_it():
    made = plan(MORE, system="nas", suite="both", reference="none")
    assert [service["name"] for service in made["systems"]["nas"]["services"]] == ["samba", "ganesha"]
    # the kernel of the host has it all but for cifs
    request = Request.of({**copy.deepcopy(REQUEST), "system": "nas", "suite": "both", "reference": "none"})
    made = make_plan(request, MORE, ("nfs", "nfs4")).record()
    assert made["nodes"]["client"] == {"kernel": "own", "why": "the kernel of this host lacks cifs"}


def test_without_such_a_suite_a_profile_is_as_it_was():
    made = plan(MORE, system="nas", suite="fsx", reference="none")
    assert [service["name"] for service in made["systems"]["nas"]["services"]] == ["ganesha"]


def test_variables_for_a_second_protocol_are_those_of_the_last_service():
    second = {"smb3": {"variables": {"dittofs_smb": True}}}
    profile = {**PROFILE, "suites": {"second": second}}
    made = plan(MORE._replace(profiles={"one": profile}), system="one", suite="both", reference="none")
    assert made["systems"]["one"]["services"][-1]["variables"] == {"dittofs_smb": True}


def test_a_suite_of_several_calls_takes_as_often_its_time():
    parts = {**SUITE, "parts": ["-b", "-l"], "command": ["$program", "$part"]}
    catalogs = [CATALOG._replace(suites={"one": suite}) for suite in (SUITE, parts)]
    one, two = (plan(each, suite="one", reference="none", protocol="nfs3") for each in catalogs)
    assert two["estimate_seconds"] - one["estimate_seconds"] == 60 * SUITE["minutes"]


@pytest.mark.parametrize(
    ("suites", "fault"),
    [
        ({"shares": "x"}, "unknown key of 'suites' of the profile 'shares'. Did you mean 'share'?"),
        ({"second": {"smb": {}}}, "unknown protocol in 'second' 'smb'. Did you mean 'smb3'?"),
        ({"second": {"smb3": {"role": "samba"}}}, "unknown key of 'smb3' of 'second' 'role'"),
        ({"second": {"smb3": {"service": {"role": "samba"}}}}, "the service of 'smb3' has no key 'node'"),
    ],
)
def test_what_a_profile_cannot_say_of_a_second_protocol(suites, fault):
    profiles = {"one": {**PROFILE, "suites": suites}}
    with pytest.raises(PlanError) as error:
        plan(CATALOG._replace(profiles=profiles), system="one", suite="fsx", reference="none")
    assert fault in str(error.value)
