# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.netfs.bench.plugins.module_utils._plan import (
    Catalog,
    PlanError,
    choose,
    choose_kernel,
    describe,
    make_plan,
    order_key,
    size_bytes,
    split,
)

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
JOB = "; question: How fast?\n; metric: read_iops\n; layout: data\n[job]\nrw=read\n"
PROFILE = {
    "description": "A server.",
    "services": [{"role": "ganesha", "node": "server"}],
    "protocols": ["nfs3", "nfs4.1", "nfs4.2"],
    "measured": ["nfs3", "nfs4.2"],
    "durability": "local-durable",
}
PROFILES = {
    "ganesha": PROFILE,
    "kernel-nfs": {**PROFILE, "requires": {"server": ["nfsd"]}},
    "samba": {**PROFILE, "protocols": ["smb3"], "measured": ["smb3"]},
}
WORKLOADS = {"seq-read": JOB, "seq-write": JOB.replace("layout: data", "layout: none")}
EFFORTS = {"smoke": {"trials": 1, "variables": {"SIZE": "64m", "RUNTIME": 2, "RAMP": 0, "JOBS": 2, "FILES": 10}}}
CATALOG = Catalog(PROFILES, WORKLOADS, {"data": "[data]\n"}, EFFORTS)
REQUEST = {
    "system": "ganesha",
    "protocol": "",
    "workload": "",
    "effort": "smoke",
    "trials": 0,
    "seed": "1",
    "variables": {},
    "node_kind": "docker",
    "node_kernel": "auto",
    "server_kernel": "auto",
    "run": "r",
    "created": "2026-11-24T06:00:00Z",
    "collection_version": "0.1.0",
}


def plan(filesystems=("nfs", "nfs4"), **request):
    return make_plan({**copy.deepcopy(REQUEST), **request}, CATALOG, filesystems)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        (["a", "a"], ["a"]),
        ("", []),
        (None, []),
    ],
)
def test_split(value, names):
    assert split(value) == names


@pytest.mark.parametrize(("text", "size"), [("4096", 4096), ("64m", 64 << 20), ("1G", 1 << 30), ("8KiB", 8192)])
def test_size_bytes(text, size):
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "64x", "-1m", "1.5g"])
def test_size_that_is_none(text):
    with pytest.raises(PlanError, match="not a size"):
        size_bytes(text)


def test_choose_names_the_closest_and_all():
    with pytest.raises(PlanError, match=r"Unknown system 'ganehsa'. Did you mean 'ganesha'\? Known: ganesha, samba."):
        choose("system", ["ganehsa"], ["ganesha", "samba"])
    assert choose("system", ["all"], ["ganesha", "samba"]) == ["ganesha", "samba"]


def test_order_is_that_of_the_published_vector():
    systems = ["dittofs-badger-s3", "ganesha", "kernel-nfs", "rclone", "samba"]
    assert sorted(systems, key=lambda name: order_key(20261123, 1, name)) == [
        "ganesha",
        "rclone",
        "dittofs-badger-s3",
        "kernel-nfs",
        "samba",
    ]


@pytest.mark.parametrize(
    ("wanted", "needs", "known", "kernel"),
    [
        ("auto", ["nfs"], ["nfs"], "host"),
        ("auto", ["nfs"], ["ext4"], "own"),
        ("auto", [], [], "host"),
        ("own", [], [], "own"),
        ("host", ["nfs"], ["nfs"], "host"),
    ],
)
def test_choose_kernel(wanted, needs, known, kernel):
    chosen = choose_kernel(wanted, needs, known)
    assert chosen["kernel"] == kernel
    assert chosen["why"]


def test_a_kernel_that_cannot_is_refused():
    with pytest.raises(PlanError, match="the kernel of this host lacks nfs, nfs4"):
        choose_kernel("host", ["nfs4", "nfs"], ["ext4"])


def test_plan_is_valid_and_repeatable():
    first = plan(trials=3)
    jsonschema.validate(first, SCHEMA)
    assert first == plan(trials=3)
    assert len(first["cells"]) == 3 * 2 * 2
    assert sorted(cell["id"] for cell in first["cells"]) == sorted(
        cell for turn in first["turns"] for cell in turn["cells"]
    )
    assert first["dataset_bytes"] == 2 * 2 * (64 << 20)


def test_all_systems_take_turns_inside_a_trial():
    turns = plan(system="ganesha,kernel-nfs", trials=4, filesystems=("nfs", "nfs4", "nfsd"))["turns"]
    assert [turn["trial"] for turn in turns] == sorted(turn["trial"] for turn in turns)
    for trial in range(1, 5):
        assert {turn["system"] for turn in turns if turn["trial"] == trial} == {"ganesha", "kernel-nfs"}
    assert len({tuple(turn["system"] for turn in turns if turn["trial"] == trial) for trial in range(1, 5)}) > 1


def test_a_server_that_needs_nfsd_gets_a_kernel_of_its_own():
    nodes = plan(system="kernel-nfs")["nodes"]
    assert nodes["server"]["kernel"] == "own"
    assert "nfsd" in nodes["server"]["why"]
    assert nodes["client"]["kernel"] == "host"


def test_nodes_that_are_there_are_left_as_they_are():
    assert {node["kernel"] for node in plan(node_kind="existing", filesystems=())["nodes"].values()} == {"its own"}


def test_variables_override_the_effort():
    assert plan(variables={"SIZE": "16m"})["variables"]["SIZE"] == "16m"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"system": ""}, "No system was named. Add -e system=NAME; known: ganesha, kernel-nfs, samba, all."),
        ({"system": "gaensha"}, "Did you mean 'ganesha'"),
        ({"protocol": "nfs5"}, "Unknown protocol 'nfs5'"),
        ({"protocol": "smb3"}, "System 'ganesha' does not serve smb3. It serves: nfs3, nfs4.1, nfs4.2."),
        ({"workload": "seq-raed"}, "Did you mean 'seq-read'"),
        ({"effort": "smok"}, "Did you mean 'smoke'"),
        ({"trials": -1}, "at least one trial"),
        ({"variables": {"SIZES": "1m"}}, "Unknown workload variable 'SIZES'"),
        ({"variables": {"SIZE": "many"}}, "'many' is not a size"),
    ],
)
def test_nonsense_is_refused(request_, message):
    with pytest.raises(PlanError) as error:
        plan(**request_)
    assert message in str(error.value)


@pytest.mark.parametrize("key", ["question", "metric"])
def test_a_workload_must_say_what_it_answers(key):
    broken = "\n".join(line for line in JOB.splitlines() if not line.startswith(f"; {key}"))
    with pytest.raises(PlanError, match=f"'seq-read' has no line '; {key}"):
        make_plan(REQUEST, CATALOG._replace(workloads={"seq-read": broken}), ["nfs", "nfs4"])


def test_a_workload_with_an_unknown_layout_is_refused():
    with pytest.raises(PlanError, match="Unknown layout 'data'"):
        make_plan(REQUEST, CATALOG._replace(layouts={"other": ""}), ["nfs", "nfs4"])


def test_description_says_cells_kernel_and_order():
    text = "\n".join(describe(plan(filesystems=())))
    assert "4 cells" in text
    assert "node client: kernel own (the kernel of this host lacks nfs, nfs4)" in text
    assert "trial 1: ganesha over nfs3, 2 cells" in text
