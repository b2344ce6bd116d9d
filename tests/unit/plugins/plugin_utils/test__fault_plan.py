# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of a plan: what works where is known before anything is made, and nothing is left out silently."""

from __future__ import annotations

import copy
import json

import jsonschema
import plan_request
import pytest
import yaml
from collection import ROOT

from ansible_collections.netfs.bench.plugins.plugin_utils import _faults
from ansible_collections.netfs.bench.plugins.plugin_utils._fault_plan import cell_faults, fault_lines
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import describe, make_plan
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import Catalog, PlanError, Request

SCHEMA = json.loads((ROOT / "schemas/plan.schema.json").read_text(encoding="utf-8"))
PROFILE = {
    "description": "A server.",
    "services": [{"role": "ganesha", "node": "server"}],
    "protocols": ["nfs3", "nfs4.2"],
    "durability": "local-durable",
}
PROFILES = {"ganesha": PROFILE, "kernel-nfs": {**PROFILE, "requires": {"server": ["nfsd"]}}}
SUITE = {
    "question": "Right?",
    "needs": ["mount"],
    "program": {"crate": "fsx", "version": "0.3.2"},
    "command": ["$program"],
    "parser": "fsx",
    "minutes": 10,
    "quiet_seconds": 60,
}
SUITES = {"fsx": {**SUITE, "under_faults": True}, "posix": SUITE}
EFFORTS = {
    "smoke": {
        "trials": 1,
        "passes": ["warm"],
        "variables": {},
        "suites": {"trials": 2, "variables": {"OPERATIONS": 9, "DURATION": 30}},
    }
}
FAULTS = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (ROOT / "playbooks/faults").glob("*.yml")
}
CATALOG = Catalog(PROFILES, {}, {}, EFFORTS, {}, {}, suites=SUITES, faults=FAULTS)
HOST = frozenset({"nfs", "nfs4", "cifs", "nfsd", *_faults.FEATURES})
REQUEST = {
    **plan_request.REQUEST,
    "system": "ganesha",
    "suite": "fsx",
    "reference": "kernel-nfs,local",
    "faults": "pause,partition",
    "variables": {"DURATION": 60},
}


def plan(host=HOST, catalog=CATALOG, **request):
    made = make_plan(Request.of({**copy.deepcopy(REQUEST), **request}), catalog, host).record()
    jsonschema.validate(made, SCHEMA)
    return made


def refusal(**request):
    with pytest.raises(PlanError) as caught:
        plan(**request)
    return str(caught.value)


def test_faults_are_begun_where_they_work_and_it_is_said_where_not():
    made = plan()
    assert made["faults"]["of"] == {
        "ganesha": ["pause", "partition"],
        "kernel-nfs": ["partition"],
        "local": [],
    }
    assert fault_lines(made) == [
        "  faults for 60 s of each cell: pause, partition",
        "  no pause on kernel-nfs: it needs a server that is a process, and no part of the kernel",
        "  no pause, partition on local: there is no server",
    ]
    assert set(fault_lines(made)) < set(describe(made))


def test_a_plan_without_faults_says_nothing_of_them():
    made = plan(faults="", suite="posix")
    assert "faults" not in made
    assert fault_lines(made) == []
    assert cell_faults(made, made["cells"][0])["entries"] == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"faults": "paus"}, "Unknown fault 'paus'. Did you mean 'pause'?"),
        ({"suite": "fsx,posix"}, "Suite posix cannot run under faults. Leave it out: suite=fsx."),
        ({"suite": "posix"}, "Suite posix cannot run under faults. Leave it out; fsx can."),
        ({"suite": "", "reference": ""}, "Faults are begun beside suites: use validate.yml, or leave out faults."),
        (
            {"system": "kernel-nfs", "faults": "kill,partition"},
            (
                "Fault 'kill' works on none of the systems (kernel-nfs: it needs a server that is a process, and no "
                "part of the kernel; local: there is no server). Leave it out."
            ),
        ),
        ({"system": "kernel-nfs", "faults": "kill"}, "Fault 'kill' works on none of the systems"),
        (
            {"node_kind": "existing", "faults": "latency"},
            (
                "Fault 'latency' works on none of the systems (ganesha: nodes of kind existing are spared, it works on "
                "docker, ec2;"
            ),
        ),
        (
            {"variables": {"DURATION": 13}},
            "duration=13: with quiet between them these faults take at least 14 seconds. Raise it to duration=14, or",
        ),
        (
            {"faults": "power-cut", "server_kernel": "host"},
            "A server on the host's kernel was asked for, and fault power-cut needs a node with a kernel of its own.",
        ),
        (
            {"host": {"nfs", "nfs4"}, "server_kernel": "host", "reference": "none"},
            (
                "A node on the host's kernel was asked for, but the kernel of this host lacks act_gact, cls_u32, "
                "sch_ingress."
            ),
        ),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(request_, said):
    assert refusal(**request_).startswith(said)


def test_a_file_that_says_what_no_fault_can_is_refused():
    catalog = CATALOG._replace(faults={"pause": {**FAULTS["pause"], "needs": ["luck"]}})
    said = refusal(catalog=catalog, faults="pause")
    assert said.startswith("playbooks/faults/pause.yml: unknown name in 'needs' 'luck'")


def test_all_faults_are_those_that_work():
    made = plan(system="kernel-nfs", reference="none", faults="all", variables={"DURATION": 300})
    names = set(made["faults"]["of"]["kernel-nfs"])
    assert names == {name for name, file in FAULTS.items() if "process" not in file["needs"]}
    assert {one["fault"] for one in made["faults"]["apart"]} == set(FAULTS) - names


@pytest.mark.parametrize(
    ("host", "faults", "kernel", "why"),
    [
        (HOST, "pause,partition", "host", "the kernel of this host has what it needs"),
        (HOST - {"act_gact"}, "pause,partition", "own", "the kernel of this host lacks act_gact"),
        (HOST - {"sch_netem"}, "pause,partition", "host", "the kernel of this host has what it needs"),
        (
            HOST,
            "pause,disk-full,clock-jump",
            "own",
            "fault disk-full, clock-jump would reach the host through a common one",
        ),
    ],
)
def test_the_server_gets_a_kernel_that_can(host, faults, kernel, why):
    assert plan(host, faults=faults)["nodes"]["server"] == {"kernel": kernel, "why": why}


def test_a_cell_has_the_same_faults_whenever_it_is_asked_and_other_trials_have_others():
    made = plan(reference="none", protocol="nfs3", faults="pause,kill", variables={"DURATION": 100})
    first, second = (cell_faults(made, cell) for cell in made["cells"])
    assert first == cell_faults(made, made["cells"][0])
    assert first != second
    assert {entry["fault"] for entry in first["entries"]} == {"pause", "kill"}
    assert {entry["target"] for entry in first["entries"]} == {"server"}
    pause = next(entry for entry in first["entries"] if entry["fault"] == "pause")
    assert pause["does"] == {key: FAULTS["pause"][key] for key in ("begin", "undo", "seen")}


def test_systems_on_which_the_same_works_get_the_same_and_a_disk_gets_nothing():
    made = plan(faults="partition")
    drawn = {}
    for cell in made["cells"]:
        drawn.setdefault(cell["trial"], {})[cell["system"], cell["protocol"]] = cell_faults(made, cell)["entries"]
    for of_trial in drawn.values():
        assert of_trial.pop(("local", "local")) == []
        assert len({json.dumps(entries) for entries in of_trial.values()}) == 1


def test_faults_take_time():
    assert plan()["estimate_seconds"] > plan(faults="")["estimate_seconds"] + 2 * 4 * 60
