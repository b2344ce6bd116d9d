# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs say of the targets of a cluster, by table: which run counts, and how far its values are believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import suites
import synthetic

from ansible_collections.netfs.bench.plugins.plugin_utils import _target_runs
from ansible_collections.netfs.bench.plugins.plugin_utils._target_runs import Subject, findings_of, latest
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import FAIL, NOT_MEASURED, PASS, judge, targets_of

HOSTS = ("bench-client", "bench-server")
SUBJECT = Subject("cephfs", "mini", "ec2", frozenset(HOSTS), datetime(2026, 11, 20, tzinfo=UTC))
METADATA = {"metadata": ("How many files?", "write_iops", 500.0)}
READ = {"seq-read": ("How fast?", "read_bandwidth_bytes_per_s", 1.13e9)}
LATENCY = {"promise": "Quick.", "figure": "latency", "of": ["metadata"], "quantile": 0.99, "below": 50, "unit": "ms"}
THROUGHPUT = {"promise": "Fast.", "figure": "throughput", "of": ["seq-read"], "above": 1, "unit": "GB/s"}
LAG = {"promise": "Near.", "figure": "replication-lag", "of": ["lag"], "quantile": 0.95, "below": 100, "unit": "ms"}
VIOLATIONS = {"promise": "Right.", "figure": "violations", "of": ["posix"], "at_most": 0, "unit": "violations"}
TIME = {
    "promise": "Short.",
    "figure": "suites-time",
    "of": ["posix", "other"],
    "effort": "full",
    "below": 1,
    "unit": "min",
}
COST = {"promise": "Cheap.", "figure": "cost-per-day", "hours": 24, "below": 20, "unit": "USD"}


def on_cluster(directory, *, kind="existing", topology="mini", **plan):
    """Make a run one of a cluster of two nodes."""
    path = directory / "plan.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), "topology": {"topology": topology}, **plan}),
        encoding="utf-8",
    )
    path = directory / "run.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    nodes = {host: {"node": "client", "kind": kind, "kernel_kind": "host"} for host in HOSTS}
    path.write_text(json.dumps({**record, "nodes": nodes}), encoding="utf-8")
    return directory


def measured(results, workloads, trials=8, change=dict, name="r1", **more):
    """A run of workloads on the cluster."""
    shape = synthetic.Shape({"cephfs": 1.0}, ["fuse"], workloads, ["warm"], trials, raw=False)
    return on_cluster(synthetic.write_run(results / name, shape, change), **more)


def slow(record):
    """A trial whose operations took long."""
    record["metrics"]["write_latency_p99_ns"] = 60e6


def mixed(record):
    """Trials of which one took long."""
    if record["trial"] == 3:
        slow(record)


def without_p99(record):
    """A trial with too few operations for a p99."""
    if record["trial"] == 3:
        del record["metrics"]["write_latency_p99_ns"]


def failed(record):
    """A trial that failed."""
    if record["trial"] == 3:
        record.update(status="failed", reason="fio was killed after 60 s", metrics={})


def judged(given, results, subject=SUBJECT, cost=None):
    """Every finding of a target, judged: state and reason."""
    (target,) = targets_of({"one": given})
    return [judge(target, one) for one in findings_of(target, results, subject, cost)]


def only(given, results, **more):
    """The same where there is one: state, reason."""
    (one,) = judged(given, results, **more)
    return one.state, one.reason


@pytest.mark.parametrize(
    ("trials", "change", "state", "said"),
    [
        (8, dict, PASS, ""),
        (8, slow, FAIL, "60 ms, and promised was below 50 ms"),
        (8, mixed, NOT_MEASURED, "undecided: 4 ms to 60 ms may or may not be below 50 ms"),
        (5, dict, NOT_MEASURED, "5 trials, and an interval needs 6"),
        (1, dict, NOT_MEASURED, "1 trial, and an interval needs 6"),
        (8, without_p99, NOT_MEASURED, "7 of 8 trials have a p99"),
        (8, failed, NOT_MEASURED, "7 of 8 trials have a p99; 1 of 8: fio was killed after 60 s"),
    ],
)
def test_a_latency_is_judged_over_trials(tmp_path, trials, change, state, said):
    measured(tmp_path, METADATA, trials, change)
    assert only(LATENCY, tmp_path) == (state, said)


@pytest.mark.parametrize(
    ("measured_on", "state", "said", "beside"),
    [
        ((1.5e9, "existing"), NOT_MEASURED, "times the ceiling, network path: a cache answered", "network-bound"),
        ((1.13e9, "existing"), PASS, "", "network-bound"),
        ((1.0e9, "existing"), NOT_MEASURED, "undecided: ", "ceiling 1.07 GiB/s (network path)"),
        ((0.5e9, "existing"), FAIL, "and promised was above 1 GB/s", "ceiling 1.07 GiB/s (network path)"),
        ((1.13e9, "docker"), NOT_MEASURED, "bench-client, bench-server are containers of one machine", "network-bound"),
    ],
)
def test_a_throughput_has_its_ceiling_beside_it(tmp_path, measured_on, state, said, beside):
    truth, kind = measured_on
    measured(tmp_path, {"seq-read": (*READ["seq-read"][:2], truth)}, kind=kind)
    (one,) = judged(THROUGHPUT, tmp_path)
    assert (one.state, said in one.reason) == (state, True), one.reason
    assert beside in one.finding.beside
    assert one.finding.value == pytest.approx(truth, rel=0.05)


def test_what_the_network_of_an_instance_carries_stands_beside_a_throughput(tmp_path):
    directory = measured(tmp_path, READ)
    path = directory / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["nodes"]["bench-client"] |= {"instance_type": "c7a.xlarge", "market": "spot", "zone": "z1"}
    record["nodes"]["bench-client"] |= {"baseline_gbps": 1.562, "burst_gbps": 12.5}
    path.write_text(json.dumps(record), encoding="utf-8")
    (one,) = judged(THROUGHPUT, tmp_path)
    assert "carries 1.562 Gbit/s, and 12.5 in bursts" in one.finding.beside[-1]


MS = 1_000_000


@pytest.mark.parametrize(
    ("lags", "reason", "state", "said"),
    [
        ([20 * MS] * 200, "", PASS, ""),
        # one look is 90 ms at most, so these may be 60 ms
        ([150 * MS] * 200, "", NOT_MEASURED, "undecided: 60 ms to 150 ms may or may not be below 100 ms"),
        ([2000 * MS] * 200, "", FAIL, "1910 ms to 2000 ms, and promised was below 100 ms"),
        ([20 * MS] * 20, "", NOT_MEASURED, "40 files are too few for an upper end of the interval of p95; undecided: "),
        ([2000 * MS] * 2, "", FAIL, "at least 1910 ms, and promised was below 100 ms"),
        ([20 * MS] * 200, "None of 1 files arrived", NOT_MEASURED, "None of 1 files arrived; undecided: at least 0 ms"),
    ],
)
def test_a_lag_is_judged_by_all_files_and_what_did_not_arrive_is_no_pass(tmp_path, lags, reason, state, said):
    on_cluster(synthetic.lag_run(tmp_path / "r1", lags, reason))
    found = only(LAG, tmp_path)
    assert (found[0], found[1].startswith(said)) == (state, True), found


def suite_run(results, outcomes, name="r1", suite="posix", **more):
    """A run of a suite on the cluster, with what became of its cases in each trial."""
    records = [suites.record("cephfs", "fuse", one, suite, number) for number, one in enumerate(outcomes, 1)]
    unmeasured = range(len(records), more.get("planned", 0))
    planned = [*records, *(suites.record("cephfs", "fuse", "p", suite, number + 1) for number in unmeasured)]
    directory = suites.write_run(results / name, records, planned=planned)
    return on_cluster(directory, effort=more.get("effort", "full"))


@pytest.mark.parametrize(
    ("outcomes", "planned", "state", "said"),
    [
        (["ppp", "pps"], 2, PASS, ""),
        (["ppf", "ppp"], 2, FAIL, "1 violations, and promised was at most 0 violations"),
        (["ppf", None], 2, FAIL, "at least 1 violations"),
        (["ppp", None], 2, NOT_MEASURED, "Hung: it did nothing for 60 s"),
        (["ppp"], 2, NOT_MEASURED, "not run yet"),
        (["", ""], 2, NOT_MEASURED, "nothing is known of it"),
    ],
)
def test_a_violation_is_known_by_one_case_and_its_absence_by_all(tmp_path, outcomes, planned, state, said):
    suite_run(tmp_path, outcomes, planned=planned)
    found = only(VIOLATIONS, tmp_path)
    assert (found[0], found[1].startswith(said)) == (state, True), found


@pytest.mark.parametrize(
    ("other", "limit", "state", "said"),
    [
        ({"effort": "full"}, 19, PASS, ""),
        ({"effort": "full"}, 18, FAIL, "0.3 min, and promised was below 0.3 min"),
        ({"effort": "smoke"}, 19, NOT_MEASURED, "other: it ran with effort=smoke, and counts with full; undecided: "),
        ({"effort": "smoke"}, 18, FAIL, "at least 0.3 min"),
        (None, 19, NOT_MEASURED, "other: no run of other with system=cephfs topology=mini in "),
    ],
)
def test_the_time_of_suites_counts_where_all_of_them_ran_at_full(tmp_path, other, limit, state, said):
    suite_run(tmp_path, ["p", "p"])
    if other:
        suite_run(tmp_path, ["p"], "r2", "other", **other)
    found = only({**TIME, "below": limit / 60}, tmp_path)
    assert (found[0], found[1].startswith(said)) == (state, True), found


def instance(dollars, hours, *, running=True):
    return {"name": "n", "dollars": dollars, "hours": hours, "running": running}


@pytest.mark.parametrize(
    ("kind", "cost", "state", "said"),
    [
        ("ec2", {"spent": "1", "instances": [instance("0.8", 1.0), instance("9", 1.0, running=False)]}, PASS, ""),
        ("ec2", {"spent": "1", "instances": [instance("0.8", 0.5)]}, FAIL, "38.4 USD, and promised was below 20 USD"),
        ("ec2", {"spent": "0", "instances": [instance("0", 0)]}, NOT_MEASURED, "n run for no time yet"),
        ("ec2", {"spent": "9", "instances": [instance("9", 1, running=False)]}, NOT_MEASURED, "no instance is running"),
        ("ec2", {"why": "the ledger is damaged"}, NOT_MEASURED, "the ledger is damaged"),
        ("ec2", {"why": ""}, NOT_MEASURED, "what they cost is not known"),
        ("ec2", None, NOT_MEASURED, "what they cost was not asked"),
        ("existing", None, NOT_MEASURED, "what they cost is not known here"),
    ],
)
def test_a_cost_is_an_estimate_of_what_runs_and_never_0(tmp_path, kind, cost, state, said):
    assert only(COST, tmp_path, subject=SUBJECT._replace(node_kind=kind), cost=cost) == (state, said)


def unread(directory):
    (directory / "cells").joinpath("cephfs~fuse~metadata~warm~1.json").write_text("{", encoding="utf-8")


def unrecorded(directory):
    (directory / "run.json").unlink()


def undated(directory):
    path = directory / "cells" / "cephfs~fuse~metadata~warm~1.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "started": "unknown"}), encoding="utf-8")


def emptied(directory):
    for path in (directory / "cells").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("change", "subject", "said"),
    [
        (str, SUBJECT, ""),
        (
            str,
            SUBJECT._replace(since=datetime(2026, 11, 24, 6, 1, 1, tzinfo=UTC)),
            "run r1: it was measured at 2026-11-24 06:01, before the cluster was set up as it is now",
        ),
        (str, SUBJECT._replace(since=datetime(2026, 11, 24, 6, 1, tzinfo=UTC)), ""),
        (str, SUBJECT._replace(since=None), "run r1: when the cluster was set up is not known"),
        (str, SUBJECT._replace(hosts=frozenset({"bench-client"})), "run r1: it ran on other nodes: bench-server"),
        (str, SUBJECT._replace(topology="phase2"), "no run of metadata with system=cephfs topology=phase2 in "),
        (str, SUBJECT._replace(system="claudefs"), "no run of metadata with system=claudefs topology=mini in "),
        (unread, SUBJECT, "is not a record of a cell"),
        (unrecorded, SUBJECT, "run r1: what it ran on is not known"),
        (undated, SUBJECT, "run r1: when it was measured is not known"),
        (emptied, SUBJECT, "run r1: nothing of it was measured yet"),
    ],
)
def test_a_run_counts_only_when_it_was_measured_on_what_stands_now(tmp_path, change, subject, said):
    change(measured(tmp_path, METADATA, trials=2))
    found = latest(tmp_path, subject, "metadata")
    assert (found.run is None) == bool(said)
    assert said in found.why


def test_the_latest_run_counts_and_none_before_one_that_does_not(tmp_path):
    measured(tmp_path, METADATA, trials=2, name="r1")
    measured(tmp_path, METADATA, trials=3, name="r2")
    measured(tmp_path, READ, trials=3, name="r3")
    found = latest(tmp_path, SUBJECT, "metadata")
    assert (found.run.plan["run"], len(found.cells), found.at) == ("r2", 3, "2026-11-24T06:03:40.000+00:00")
    unrecorded(tmp_path / "r2")
    assert latest(tmp_path, SUBJECT, "metadata").why.startswith("run r2: ")


def test_every_figure_of_a_target_has_its_source(tmp_path):
    measured(tmp_path, METADATA)
    (one,) = judged(LATENCY, tmp_path)
    assert one.finding.source == str(tmp_path / "r1")
    assert _target_runs.moment(one.finding.at) == datetime(2026, 11, 24, 6, 8, 40, tzinfo=UTC)
