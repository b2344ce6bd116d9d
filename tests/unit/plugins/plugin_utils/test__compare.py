# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from runs import read

from ansible_collections.netfs.bench.plugins.plugin_utils._compare import (
    between,
    exit_code,
    false_alarms,
    families,
    unmatched,
    within,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._series import differences, digest, read_series
from ansible_collections.netfs.bench.plugins.plugin_utils._verdicts import remark

STEADY = [100.0, 101.0, 99.5, 100.5, 99.0, 100.2, 100.8, 99.7]
NOISY = [100.0, 130.0, 80.0, 115.0, 95.0, 140.0, 75.0, 105.0]
METRIC = "read_iops"


def provenance(port):
    return {
        "job_sha256": "0" * 64,
        "variables": {"SIZE": "64m"},
        "client_kernel": "6.12",
        "fio_version": "fio-3.39",
        "mount": {"options_effective": ["vers=4.2", "rsize=1048576", f"port={port}", "addr=198.18.0.2"]},
    }


def run_of(**values):
    """A run with one workload and a series per system, from ``system=[value or None, ...]``; None is a failed cell."""
    cells = []
    for number, (system, series) in enumerate(values.items()):
        for trial, value in enumerate(series, 1):
            cells.append(
                {
                    "id": f"{system}~nfs4.2~rand-read~warm~{trial}",
                    "system": system,
                    "protocol": "nfs4.2",
                    "workload": "rand-read",
                    "pass": "warm",
                    "trial": trial,
                    "status": "ok" if value else "failed",
                    "reason": "" if value else "fio was killed after 60 s",
                    "metrics": {METRIC: value} if value else {},
                    "provenance": provenance(20000 + number),
                }
            )
    node = {"node": "client", "kind": "docker", "kernel_kind": "own", "cpus": 2, "memory": "4g"}
    return {
        "plan": {
            "systems": {system: {"durability": "local-durable"} for system in values},
            "workloads": {"rand-read": {"metric": METRIC}},
            "cells": copy.deepcopy(cells),
        },
        "nodes": {"nodes": {"client": node}},
        "cells": cells,
    }


def times(factor):
    return [value * factor for value in STEADY]


@pytest.mark.parametrize(
    ("candidate", "word", "code"),
    [
        (times(1.2), "faster", 0),
        (times(0.8), "slower", 10),
        (times(1.001), "equivalent", 0),
        (times(1.048), "inconclusive", 0),
        (NOISY, "noisy", 11),
        (times(1.2)[:3], "too-few", 12),
        ([*times(1.2)[:7], None], "failed", 13),
    ],
)
def test_two_systems_of_one_run(candidate, word, code):
    pairs = within(read(run_of(base=STEADY, candidate=candidate)))
    assert [pair.word for pair in pairs] == [word]
    assert exit_code(pairs) == code


def test_strict_wants_to_know():
    assert exit_code(within(read(run_of(base=STEADY, candidate=times(1.048)))), strict=True) == 11


def test_nothing_compared_is_too_few():
    assert exit_code([]) == 12


def test_every_system_against_every_other_in_the_order_of_the_plan():
    pairs = within(read(run_of(c=STEADY, a=times(2), b=times(3))))
    assert [(pair.base.name[0], pair.candidate.name[0]) for pair in pairs] == [("c", "a"), ("c", "b"), ("a", "b")]


def test_a_run_against_its_baseline():
    base, later = run_of(ganesha=STEADY), run_of(ganesha=times(0.7))
    (pair,) = between(read(base), read(later))
    assert pair.word == "slower"
    assert pair.comparison.ratio == pytest.approx(0.7, abs=0.01)


def test_two_runs_of_one_system_each_are_matched():
    (pair,) = between(read(run_of(ganesha=STEADY)), read(run_of(samba=times(2))))
    assert (pair.base.name[0], pair.candidate.name[0], pair.word) == ("ganesha", "samba", "faster")


def test_unlike_terms_are_refused_with_their_names_unless_forced():
    base, later = run_of(ganesha=STEADY), run_of(ganesha=times(2))
    for cell in later["cells"]:
        cell["provenance"]["mount"]["options_effective"][1] = "rsize=131072"
    (pair,) = between(read(base), read(later))
    assert pair.word == "not-comparable"
    assert "mount options" in pair.why
    assert exit_code([pair]) == 13
    (forced,) = between(read(base), read(later), force=True)
    assert forced.word == "faster"
    assert "mount options" in forced.why


def test_trials_on_unlike_terms_are_no_series():
    run = run_of(ganesha=STEADY)
    run["cells"][3]["provenance"]["fio_version"] = "fio-3.33"
    (series,) = read_series(read(run)).values()
    assert series.state == "not-comparable"
    assert "fio: fio-3.39 against fio-3.33" in series.why


def another_client(run):
    run["nodes"]["nodes"]["client-2"] = dict(run["nodes"]["nodes"]["client"])


def compressible_data(run):
    run["plan"]["layouts"] = {"data": {"sha256": "1" * 64, "job": "[data]\nbuffer_compress_percentage=50\n"}}
    run["plan"]["workloads"]["rand-read"] |= {"layout": "data", "job": "[job]\nrw=randread\n"}


def noted(name, value):
    def note(run):
        for cell in run["cells"]:
            cell["provenance"]["service"] = {name: value}

    return note


def proven(version):
    def prove(run):
        run["plan"]["durability_proofs"] = {"ganesha": {"state": "proven", "version": version, "text": "none lost"}}

    return prove


def test_a_proof_of_another_version_proves_nothing():
    base, later = run_of(ganesha=STEADY), run_of(ganesha=STEADY)
    proven("0.1")(later)
    (pair,) = between(read(base), read(later))
    assert pair.word != "not-comparable"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (another_client, "clients: 1 against 2"),
        (compressible_data, "entropy=buffer_compress_percentage=50"),
        (noted("log_level", "DEBUG"), "log level: unknown against DEBUG"),
        (noted("cache_bytes", 1 << 30), "cache budget: unknown against 1073741824"),
        (proven("unknown"), "durability: local-durable, unproven against local-durable, proven"),
    ],
)
def test_what_else_must_be_equal(change, says):
    base, later = run_of(ganesha=STEADY), run_of(ganesha=STEADY)
    change(later)
    (pair,) = between(read(base), read(later))
    assert pair.word == "not-comparable"
    assert says in pair.why


PLACE = {
    "topology": "phase2",
    "site": "a",
    "redundancy": "3 copies",
    "network": "nodes of kind docker, between the sites nothing added",
    "client": "client_nfs",
}


def placed(**changed):
    """Every cell of a run was measured on a topology, by the client of its group."""

    def change(run):
        for cell in run["cells"]:
            cell["provenance"]["place"] = {**PLACE, **changed}
        for node in run["nodes"]["nodes"].values():
            if node["node"] == "client":
                node["node"] = PLACE["client"]

    return change


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"topology": "mini"}, "topology: phase2 against mini"),
        ({"site": "b"}, "site: a against b"),
        ({"redundancy": "1 copy"}, "redundancy: 3 copies against 1 copy"),
        ({"network": "nodes of kind existing"}, "network: nodes of kind docker, between the sites nothing added ag"),
    ],
)
def test_on_a_topology_its_conditions_must_be_equal_too(changed, says):
    base, later = run_of(ganesha=STEADY), run_of(ganesha=STEADY)
    placed()(base)
    placed(**changed)(later)
    (pair,) = between(read(base), read(later))
    assert pair.word == "not-comparable"
    assert says in pair.why


def test_what_was_measured_on_one_topology_is_compared():
    base, later = run_of(ganesha=STEADY), run_of(ganesha=STEADY)
    placed()(base)
    placed()(later)
    (pair,) = between(read(base), read(later))
    assert pair.word == "equivalent"
    assert pair.base.key["clients"] == 1


def test_with_and_without_a_topology_is_not_the_same():
    base, later = run_of(ganesha=STEADY), run_of(ganesha=STEADY)
    placed()(later)
    (pair,) = between(read(base), read(later))
    assert "topology: none against phase2" in pair.why
    (pair,) = between(read(later), read(base))
    assert "topology: phase2 against none" in pair.why


def test_the_port_and_the_address_of_a_server_make_no_difference():
    run = run_of(a=STEADY, b=STEADY)
    first, second = (series.key for series in read_series(read(run)).values())
    assert digest(first) == digest(second)
    assert differences(first, second) == []


def test_a_cell_without_a_record_fails_its_series():
    run = run_of(ganesha=STEADY)
    del run["cells"][2]
    (series,) = read_series(read(run)).values()
    assert (series.state, series.why) == ("failed", "1 of 8: not measured")
    assert len(series.values) == 7


def test_a_member_that_failed_still_counts_in_its_family():
    run = run_of(base=STEADY, candidate=times(1.2))
    broken = run_of(base=STEADY, candidate=[None] * 8)
    for cell in (*broken["cells"], *broken["plan"]["cells"]):
        cell["workload"] = "other"
        cell["id"] = cell["id"].replace("rand-read", "other")
    run["cells"] += broken["cells"]
    run["plan"]["cells"] += broken["plan"]["cells"]
    run["plan"]["workloads"]["other"] = {"metric": METRIC}
    pairs = {pair.base.name[2]: pair for pair in within(read(run))}
    assert (pairs["rand-read"].family, pairs["other"].family) == (2, 2)
    assert pairs["rand-read"].p_holm == pytest.approx(2 * pairs["rand-read"].comparison.p)
    assert pairs["other"].p_holm == 1


def with_ceiling(run, value):
    run["nodes"]["ceilings"] = [{"what": "disk", "metric": METRIC, "values": [value, value * 1.01, value * 0.99]}]
    return run


@pytest.mark.parametrize(
    ("ceiling", "word", "bound", "code"),
    [
        (100.0, "rejected", "", 13),
        (125.0, "faster", "≥", 0),
        (1000.0, "faster", "", 0),
        (500.0, "faster", "", 0),
    ],
)
def test_a_ceiling_rejects_bounds_or_does_nothing(ceiling, word, bound, code):
    (pair,) = within(read(with_ceiling(run_of(base=STEADY, candidate=times(1.2)), ceiling)))
    assert (pair.word, pair.bound, exit_code([pair])) == (word, bound, code)


def test_two_at_the_ceiling_are_not_ranked():
    (pair,) = within(read(with_ceiling(run_of(base=STEADY, candidate=times(1.01)), 101.0)))
    assert (pair.word, exit_code([pair])) == ("at-ceiling", 0)


def test_a_ceiling_that_was_disturbed_in_most_trials_rejects_nothing():
    run = with_ceiling(run_of(base=STEADY), 10.0)
    assert read_series(read(run)).popitem()[1].state == "rejected"
    run["nodes"]["ceilings"][0]["values"].append(120.0)
    assert read_series(read(run)).popitem()[1].state == "ok"


def test_a_ceiling_of_another_workload_or_pass_does_not_count():
    run = with_ceiling(run_of(base=STEADY), 10.0)
    run["nodes"]["ceilings"][0]["workloads"] = ["other"]
    assert read_series(read(run)).popitem()[1].ceiling is None
    run["nodes"]["ceilings"][0] |= {"workloads": ["rand-read"], "pass": "cold"}
    assert read_series(read(run)).popitem()[1].ceiling is None
    run["nodes"]["ceilings"][0] |= {"pass": "warm", "systems": ["other"]}
    assert read_series(read(run)).popitem()[1].ceiling is None


def test_unsteady_trials_make_noise():
    run = run_of(base=STEADY, candidate=times(1.01))
    for cell in run["cells"][:3]:
        cell["steady"] = {"steady": False, "windows": [1, 2]}
    for cell in run["cells"][3:8]:
        cell["steady"] = {"steady": True, "windows": [1, 1]}
    assert [pair.word for pair in within(read(run))] == ["noisy"]


@pytest.mark.parametrize("status", ["not-cold", "corrupt"])
def test_the_state_of_a_cell_is_that_of_its_series(status):
    run = run_of(base=STEADY, candidate=times(1.2))
    run["cells"][3] |= {"status": status, "reason": "because"}
    (pair,) = within(read(run))
    assert (pair.word, exit_code([pair])) == (status, 13)


def test_a_series_outside_all_pairs_still_makes_a_run_unfit():
    run = run_of(ganesha=[*STEADY[:7], None])
    assert exit_code([], series=read_series(read(run)).values()) == 13


def test_a_twin_is_compared_with_itself_only_and_its_verdicts_are_false_alarms():
    pairs = within(read(run_of(**{"a": STEADY, "a#2": times(0.7), "b": times(1.2)})))
    assert [(pair.base.name[0], pair.candidate.name[0], pair.word) for pair in pairs] == [
        ("a", "a#2", "slower"),
        ("a", "b", "faster"),
    ]
    assert false_alarms(pairs) == (1, 1)
    assert exit_code(pairs) == 11


def test_a_family_never_shrinks():
    run = run_of(base=STEADY, candidate=times(1.2))
    run["plan"]["families"] = [{"metric": METRIC, "base": "base", "candidate": "candidate", "members": 5}]
    (pair,) = within(read(run))
    assert pair.family == 5
    assert pair.p_holm == pytest.approx(5 * pair.comparison.p)
    assert families([pair], [])[0].family == 1


def test_series_without_a_counterpart_are_named():
    base, later = run_of(a=STEADY, b=STEADY), run_of(a=STEADY, c=STEADY)
    only_base, only_later = unmatched(read(base), read(later))
    assert [name[0] for name in only_base] == ["b"]
    assert [name[0] for name in only_later] == ["c"]


def test_of_long_lists_only_the_entries_that_differ_are_shown():
    first = {"mount options": ["hard", "rsize=1", "vers=3"], "variables": {"SIZE": "1g", "JOBS": "4"}}
    second = {"mount options": ["hard", "rsize=2", "vers=3"], "variables": {"SIZE": "2g", "JOBS": "4"}}
    assert differences(first, second) == [
        "mount options: rsize=1 against rsize=2",
        "variables: SIZE=1g against SIZE=2g",
    ]


def on_machines(run, names):
    """The same run, its trials measured on these machines in turn, each a server and a client of its own."""
    nodes = run["nodes"]["nodes"]
    for cell in run["cells"]:
        name = names[(cell["trial"] - 1) % len(names)]
        cell["provenance"] = {**cell["provenance"], "machines": {f"server-{name}": name, f"client-{name}": f"c{name}"}}
        nodes |= {f"{node}-{name}": {**nodes["client"], "node": node} for node in ("server", "client")}
    del nodes["client"]
    return run


def test_trials_on_several_machines_are_one_series_and_the_interval_is_over_the_machines():
    (pair,) = within(read(on_machines(run_of(old=STEADY, new=times(1.2)), ["a", "b", "c"])))
    assert pair.word == "faster"
    assert pair.base.key["clients"] == 1
    assert len(pair.base.key["client and server nodes"]) == 2
    assert (pair.comparison.machines_base, pair.comparison.machines_candidate) == (3, 3)
    assert "interval over 3 node sets" in remark(pair)


def test_runs_on_one_machine_each_say_nothing_of_the_systems_unless_it_is_the_same():
    base, new = (on_machines(run_of(old=values), ["a"]) for values in (STEADY, times(1.2)))
    (pair,) = between(read(base), read(new))
    assert pair.word == "faster"
    (pair,) = between(read(base), read(on_machines(run_of(old=times(1.2)), ["b"])))
    assert pair.word == "too-few"
    assert "1 and 1 node sets, none in common" in remark(pair)
    assert exit_code([pair]) == 12
    for cell in base["cells"]:
        del cell["provenance"]["machines"]
    (pair,) = between(read(base), read(on_machines(run_of(old=times(1.2)), ["b"])))
    assert pair.word == "faster", "a run that did not record its machines is taken as it was before"
