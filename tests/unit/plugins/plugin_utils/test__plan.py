# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import plan_request
import pytest
from runs import read

from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import Role
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    choose_kernel,
    describe,
    families_of,
    fit_budget,
    grown,
    head_of_job,
    make_plan,
    may_grow,
    minutes_of,
    needs_more_trials,
    once_through,
    order_key,
    refuse_large_families,
    size_bytes,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
    Request,
    choose,
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
EFFORTS = {
    "smoke": {
        "trials": 1,
        "passes": ["warm"],
        "variables": {"SIZE": "64m", "RUNTIME": 2, "RAMP": 0, "JOBS": 2, "FILES": 10},
    }
}
CEILINGS = {
    "disk-read": "; question: How fast?\n; metric: read_bandwidth_bytes_per_s\n; layout: data\n[disk]\n",
    "network": "; question: How fast?\n; metric: write_bandwidth_bytes_per_s\n[send]\n",
}
CATALOG = Catalog(PROFILES, WORKLOADS, {"data": "[data]\n"}, EFFORTS, {"data": "[check]\n", "other": ""}, CEILINGS)
REQUEST = {"system": "ganesha", **plan_request.REQUEST}


def made_plan(request, catalog, filesystems):
    """The plan as it is kept."""
    return make_plan(Request.of(request), catalog, filesystems).record()


def plan(filesystems=("nfs", "nfs4"), **request):
    return made_plan({**copy.deepcopy(REQUEST), **request}, CATALOG, filesystems)


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


def test_each_system_is_measured_over_what_it_serves_and_the_rest_is_shown():
    made = plan(system="ganesha,samba", protocol="nfs3,smb3")
    jsonschema.validate(made, SCHEMA)
    assert {(turn["system"], turn["protocol"]) for turn in made["turns"]} == {("ganesha", "nfs3"), ("samba", "smb3")}
    assert made["not_served"] == [
        {"system": "ganesha", "protocol": "smb3"},
        {"system": "samba", "protocol": "nfs3"},
    ]
    assert describe(made)[-2:] == ["  not-served: ganesha over smb3", "  not-served: samba over nfs3"]


def test_all_systems_are_those_that_have_something_to_do():
    made = plan(system="all", protocol="nfs3")
    assert list(made["systems"]) == ["ganesha", "kernel-nfs"]
    assert made["not_served"] == [{"system": "samba", "protocol": "nfs3"}]


def test_what_is_not_served_is_named_once_for_a_system_and_its_twin():
    assert plan(protocol="nfs3,smb3", aa=True)["not_served"] == [{"system": "ganesha", "protocol": "smb3"}]


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
        (
            {"protocol": "smb3"},
            "None of the requested protocols (smb3) is supported by 'ganesha' (supports nfs3, nfs4.1, nfs4.2).",
        ),
        (
            {"system": "ganesha,samba", "protocol": "nfs3,nfs4.2"},
            "None of the requested protocols (nfs3, nfs4.2) is supported by 'samba' (supports smb3).",
        ),
        (
            {"system": "all", "protocol": "nfs4.0"},
            "is supported by 'ganesha' (supports nfs3, nfs4.1, nfs4.2), 'kernel-",
        ),
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


@pytest.mark.parametrize(
    "line, latency",
    [
        ("", ["write"]),
        ("; latency: fsync\n", ["fsync"]),
        ("; latency: read, write \n", ["read", "write"]),
        ("; latency: none\n", []),
    ],
)
def test_a_workload_names_the_latency_that_answers_its_question(line, latency):
    assert head_of_job("x", f"; question: how?\n; metric: write_iops\n{line}")["latency"] == latency


def test_a_latency_that_fio_does_not_measure_is_refused():
    with pytest.raises(PlanError, match=r"has the latency 'close'.*read, write, fsync, or with none"):
        head_of_job("x", "; question: how?\n; metric: write_iops\n; latency: fsync, close\n")


def test_a_profile_that_no_system_can_have_is_refused_where_it_is_asked_for():
    broken = {**PROFILES, "mine": {**PROFILE, "services": [{"role": "mine", "node": "sever"}]}}
    with pytest.raises(PlanError, match=r"^playbooks/systems/mine.yml: unknown node 'sever'. Did you mean 'server'\?"):
        made_plan({**REQUEST, "system": "mine"}, CATALOG._replace(profiles=broken), ["nfs", "nfs4"])
    assert list(made_plan(REQUEST, CATALOG._replace(profiles=broken), ["nfs", "nfs4"])["systems"]) == ["ganesha"]


STORE = {"role": "store", "node": "store", "variables": {"store_buckets": ["a"], "store_port": 1}}
ON_STORE = {name: {**PROFILE, "services": [STORE, {"role": name, "node": "server"}]} for name in ("one", "two")}


def test_a_plan_says_what_is_deployed_with_the_variables_of_all_systems():
    other = {**STORE, "variables": {"store_buckets": ["b"], "store_port": 1}}
    profiles = {**ON_STORE, "two": {**ON_STORE["two"], "services": [other, {"role": "two", "node": "server"}]}}
    made = made_plan({**REQUEST, "system": "one,two", "aa": True}, CATALOG._replace(profiles=profiles), ["nfs", "nfs4"])
    jsonschema.validate(made, SCHEMA)
    store, *_servers = made["deployment"]["services"]
    assert store["systems"] == ["one", "two"]
    assert store["variables"] == {"store_buckets": ["a", "b"], "store_port": 1}
    assert [service["name"] for service in made["systems"]["one#2"]["services"]] == ["store", "one"]


def test_systems_that_want_different_services_are_refused_with_both():
    other = {**STORE, "variables": {"store_port": 2}}
    profiles = {**ON_STORE, "two": {**ON_STORE["two"], "services": [other, {"role": "two", "node": "server"}]}}
    with pytest.raises(PlanError, match=r"^store@store cannot .* one sets it to 1, two sets it to 2\. Make .*own\.$"):
        made_plan({**REQUEST, "system": "one,two"}, CATALOG._replace(profiles=profiles), ["nfs", "nfs4"])


def test_a_secret_in_a_profile_is_refused_and_not_shown():
    role = Role({}, {"store_key": {"type": "str", "no_log": True}})
    profiles = {"one": {**PROFILE, "services": [{**STORE, "variables": {"store_key": "hidden"}}]}}
    with pytest.raises(PlanError, match=r"^playbooks/systems/one\.yml: store_key holds a secret") as raised:
        made_plan({**REQUEST, "system": "one"}, CATALOG._replace(profiles=profiles, roles={"store": role}), ["nfs"])
    assert "hidden" not in str(raised.value)


def test_a_system_that_can_have_no_cold_pass_has_none():
    profiles = {**PROFILES, "memory": {**PROFILE, "passes": ["warm"]}}
    request = {**REQUEST, "system": "memory,ganesha", "passes": "warm,cold", "workload": "seq-read"}
    made = made_plan(request, CATALOG._replace(profiles=profiles), ["nfs", "nfs4"])
    jsonschema.validate(made, SCHEMA)
    passes = {(cell["system"], cell["pass"]) for cell in made["cells"]}
    assert passes == {("memory", "warm"), ("ganesha", "warm"), ("ganesha", "cold")}
    assert "  no cold pass by its profile: memory" in describe(made)
    assert {(cell["system"], cell["pass"]) for cell in grown(made, [])["cells"] if cell["trial"] == 2} == passes
    with pytest.raises(PlanError, match="memory can have no cold pass"):
        made_plan({**request, "passes": "cold"}, CATALOG._replace(profiles=profiles), ["nfs", "nfs4"])


@pytest.mark.parametrize("key", ["question", "metric"])
def test_a_workload_must_say_what_it_answers(key):
    broken = "\n".join(line for line in JOB.splitlines() if not line.startswith(f"; {key}"))
    with pytest.raises(PlanError, match=f"'seq-read' has no line '; {key}"):
        made_plan(REQUEST, CATALOG._replace(workloads={"seq-read": broken}), ["nfs", "nfs4"])


def test_a_workload_with_an_unknown_layout_is_refused():
    with pytest.raises(PlanError, match="Unknown layout 'data'"):
        made_plan(REQUEST, CATALOG._replace(layouts={"other": ""}), ["nfs", "nfs4"])


def test_description_says_cells_kernel_and_order():
    text = "\n".join(describe(plan(filesystems=())))
    assert "4 cells" in text
    assert "node client: kernel own (the kernel of this host lacks nfs, nfs4)" in text
    assert "trial 1: ganesha over nfs3, 2 cells" in text


@pytest.mark.parametrize(
    ("text", "minutes"), [("", None), ("90m", 90), ("90", 90), ("1.5h", 90), (" 45 min ", 45), ("2H", 120)]
)
def test_minutes_of(text, minutes):
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["soon", "0m", "90s", "-5m"])
def test_a_budget_that_is_none_is_refused(text):
    with pytest.raises(PlanError, match="is not a budget"):
        minutes_of(text)


@pytest.mark.parametrize(
    ("trials", "budget", "kept"),
    [(8, "", 8), (8, "8m", 8), (8, "7.9m", 7), (8, "6m", 6), (3, "2m", 2), (3, "1m", 1)],
)
def test_a_budget_trims_trials_and_says_so(trials, budget, kept):
    fitting, trimmed = fit_budget(trials, 60.0, budget)
    assert fitting == kept
    assert bool(trimmed) == (kept < trials)


@pytest.mark.parametrize(
    ("trials", "budget", "message"),
    [(8, "5m", "a verdict needs 6 trials, which take about 6 minutes"), (3, "0.5m", "that is one trial")],
)
def test_a_budget_that_cannot_be_kept_is_refused(trials, budget, message):
    with pytest.raises(PlanError, match=message):
        fit_budget(trials, 60.0, budget)


def test_a_trimmed_plan_is_valid_and_visible():
    made = plan(system="ganesha", trials=8, budget="5m")
    assert made["trials"] < 8
    assert max(cell["trial"] for cell in made["cells"]) == made["trials"]
    assert any("TRIMMED: 8 trials were trimmed" in line for line in describe(made))
    jsonschema.validate(made, SCHEMA)


def test_a_twin_takes_turns_like_any_system_and_is_compared_with_itself_only():
    made = plan(system="ganesha,kernel-nfs", protocol="nfs3", filesystems=("nfs", "nfsd"), aa=True, trials=6)
    assert list(made["systems"]) == ["ganesha", "ganesha#2", "kernel-nfs"]
    assert made["systems"]["ganesha#2"] == made["systems"]["ganesha"]
    assert {turn["system"] for turn in made["turns"]} == set(made["systems"])
    pairs = {(family["base"], family["candidate"]) for family in made["families"]}
    assert pairs == {("ganesha", "ganesha#2"), ("ganesha", "kernel-nfs")}
    jsonschema.validate(made, SCHEMA)


def test_families_are_all_series_of_one_metric_that_two_systems_share():
    made = plan(system="ganesha,kernel-nfs,samba", protocol="", filesystems=("nfs", "nfs4", "nfsd", "cifs"))
    expected = [{"metric": "read_iops", "base": "ganesha", "candidate": "kernel-nfs", "members": 4}]
    assert made["families"] == expected
    assert families_of(made["cells"], list(made["systems"]), made["workloads"]) == expected


@pytest.mark.parametrize(
    ("trials", "members", "message"),
    [
        (3, 500, None),
        (6, 23, None),
        (6, 24, "6 trials allow at most 23 .* Take trials=7, or fewer"),
        (8, 322, "Take trials=9, or fewer"),
        (8, 99999, "Take fewer workloads"),
    ],
)
def test_a_family_that_so_many_trials_cannot_carry_is_refused(trials, members, message):
    families = [{"metric": "read_iops", "base": "a", "candidate": "b", "members": members}]
    if message is None:
        refuse_large_families(families, trials)
    else:
        with pytest.raises(PlanError, match=message):
            refuse_large_families(families, trials)


def measured(cv, trials):
    """The documents of a run of two systems whose values spread by cv."""
    cells = [
        {
            "id": f"{system}~nfs3~seq-read~warm~{trial}",
            "system": system,
            "protocol": "nfs3",
            "workload": "seq-read",
            "pass": "warm",
            "trial": trial,
            "status": "ok",
            "reason": "",
            "metrics": {"read_iops": 100.0 * (1 + cv * ((trial * 7) % 5 - 2))},
            "provenance": {
                "job_sha256": "0",
                "variables": {},
                "client_kernel": "6",
                "fio_version": "3",
                "mount": "unknown",
            },
        }
        for system in ("a", "b")
        for trial in range(1, trials + 1)
    ]
    systems = {name: {"durability": "local-durable"} for name in ("a", "b")}
    workloads = {"seq-read": {"metric": "read_iops"}}
    plan = {"cells": cells, "systems": systems, "workloads": workloads}
    return {"plan": plan, "nodes": {"nodes": {}}, "cells": cells}


@pytest.mark.parametrize(
    ("cv", "trials", "more"), [(0.001, 8, False), (0.05, 8, True), (0.05, 12, False), (0.001, 3, True)]
)
def test_trials_are_added_until_intervals_are_narrow_or_there_are_twelve(cv, trials, more):
    assert bool(needs_more_trials(read(measured(cv, trials)))) == more


def test_a_pair_that_no_trial_can_mend_asks_for_none():
    run = measured(0.05, 8)
    run["cells"][0]["status"] = "failed"
    assert needs_more_trials(read(run)) == []


def test_cold_passes_are_for_what_reads_and_come_last_in_a_turn():
    made = plan(passes="warm,cold", workload="seq-read,seq-write", protocol="nfs3")
    jsonschema.validate(made, SCHEMA)
    assert [cell["pass"] for cell in made["cells"]] == ["warm", "warm", "cold"]
    assert made["cells"][-1]["workload"] == "seq-read"
    assert made["checks"] == {"data": "[check]\n"}
    assert made["estimate_seconds"] > plan(workload="seq-read,seq-write", protocol="nfs3")["estimate_seconds"]


def test_a_cold_pass_of_writes_alone_is_refused():
    with pytest.raises(PlanError, match=r"Add passes=warm, or take one of: seq-read\."):
        plan(passes="cold", workload="seq-write")
    with pytest.raises(PlanError, match="Unknown pass 'lukewarm'"):
        plan(passes="lukewarm")


def test_a_cold_job_reads_every_block_once():
    job = "[global]\ntime_based=1\nramp_time=${RAMP}\nnorandommap=1\nruntime=${RUNTIME}\n"
    assert once_through(job) == "[global]\ntime_based=0\nramp_time=0\nnorandommap=0\nruntime=${RUNTIME}\n"


def test_growth_adds_one_trial_as_a_plan_with_more_trials_has_it():
    made = plan(system="ganesha,samba", passes="warm,cold", trials=2)
    more = grown(made, ["too wide"])
    jsonschema.validate(more, SCHEMA)
    wanted = plan(system="ganesha,samba", passes="warm,cold", trials=3)
    assert (more["cells"], more["turns"], more["trials"]) == (wanted["cells"], wanted["turns"], 3)
    assert more["estimate_seconds"] == wanted["estimate_seconds"]
    assert more["growth"] == [{"trial": 3, "why": ["too wide"]}]


@pytest.mark.parametrize(
    ("changes", "grows"),
    [
        ({}, True),
        ({"grow": False}, False),
        ({"trials": 12}, False),
        ({"budget": "13m"}, False),
        ({"budget": "14m"}, True),
    ],
)
def test_growth_keeps_to_the_plan_and_its_budget(changes, grows):
    made = {"grow": True, "trials": 6, "budget": "", "estimate_seconds": 720}
    assert may_grow({**made, **changes}) is grows


@pytest.mark.parametrize(
    ("asked", "effort", "wanted"),
    [(None, {}, False), (None, {"ceilings": True}, True), (False, {"ceilings": True}, False), (True, {}, True)],
)
def test_ceilings_are_planned_when_asked_for_or_as_the_effort_says(asked, effort, wanted):
    catalog = CATALOG._replace(efforts={"smoke": {**EFFORTS["smoke"], **effort}})
    made = made_plan({**copy.deepcopy(REQUEST), "ceilings": asked}, catalog, ("nfs", "nfs4"))
    jsonschema.validate(made, SCHEMA)
    assert bool(made["ceilings"]) == wanted
    assert any("ceilings" in line for line in describe(made)) == wanted
    assert (made["estimate_seconds"] > plan()["estimate_seconds"]) == wanted
