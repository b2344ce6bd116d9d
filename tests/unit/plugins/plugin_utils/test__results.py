# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json

import pytest
import synthetic

from ansible_collections.netfs.bench.plugins.module_utils._fio import bin_key, percentile
from ansible_collections.netfs.bench.plugins.plugin_utils import _compare, _results
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError

SHAPE = synthetic.Shape(
    {"a": 1.0, "b": 2.0}, ["nfs3"], {"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]}, ["warm"], 2
)


def test_cells_share_equal_provenance_and_lose_what_no_report_shows(tmp_path):
    run = _results.read_run(synthetic.write_run(tmp_path / "r", SHAPE))
    assert len(run.cells) == 4
    assert len({id(cell.provenance) for cell in run.cells}) == 2
    assert "job" not in run.cells[0].provenance.recorded
    assert run.cells[0].steady.windows


def test_a_run_that_was_killed_is_still_a_run(tmp_path):
    directory = synthetic.write_run(tmp_path / "r", SHAPE)
    (directory / "run.json").unlink()
    (directory / "cells" / "a~nfs3~rand-read-4k~warm~2.json").unlink()
    run = _results.read_run(directory)
    assert len(run.cells) == 3
    assert run.record.nodes == {}


def test_ceilings_of_the_plan_bound_the_series_that_they_hold_for(tmp_path):
    directory = synthetic.write_run(tmp_path / "r", SHAPE)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    bound = {"metric": "read_iops", "bytes_per_value": 4096, "workloads": ["rand-read-4k"], "systems": ["a"]}
    plan["ceilings"] = {"network": {"what": "network", "bounds": [bound]}}
    (directory / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (directory / "ceilings").mkdir()
    for trial, value in enumerate((4096.0, 8192.0, 40960.0), 1):
        record = {"name": "network", "trial": trial, "status": "ok", "reason": "", "value": value}
        (directory / "ceilings" / f"network~{trial}.json").write_text(json.dumps(record), encoding="utf-8")
    series = _compare.read_series(_results.read_run(directory))
    found = {name[0]: (one.state, one.ceiling) for name, one in series.items()}
    assert found == {"a": ("rejected", 2.0), "b": ("ok", series["b", "nfs3", "rand-read-4k", "warm"].ceiling)}
    assert series["a", "nfs3", "rand-read-4k", "warm"].why.endswith("network, in blocks of 4 KiB: a cache answered")


@pytest.mark.parametrize("text", ["{", "{}", '{"id": 1}'])
def test_a_damaged_record_is_named(tmp_path, text):
    directory = synthetic.write_run(tmp_path / "r", SHAPE)
    (directory / "cells" / "a~nfs3~rand-read-4k~warm~2.json").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"warm~2\.json is not a record"):
        _results.read_run(directory)


@pytest.mark.parametrize("text", ["[]", '{"nodes": []}', '{"nodes": {"client": {"instance_type": "c7a"}}}'])
def test_a_damaged_record_of_what_a_run_ran_on_is_named(tmp_path, text):
    directory = synthetic.write_run(tmp_path / "r", SHAPE)
    (directory / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(
        RunError, match=r"run\.json is not a record of what a run ran on: .* Remove it to report the run"
    ):
        _results.read_run(directory)


def test_a_damaged_record_of_a_ceiling_is_named(tmp_path):
    directory = synthetic.write_run(tmp_path / "r", SHAPE)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    (directory / "plan.json").write_text(json.dumps({**plan, "ceilings": {"network": {"bounds": []}}}))
    (directory / "ceilings").mkdir()
    (directory / "ceilings" / "network~1.json").write_text('{"name": "network"}')
    with pytest.raises(
        RunError, match=r"network~1\.json is not a record of a ceiling: KeyError\('value'\)\. Remove it"
    ):
        _results.read_run(directory)


def test_the_line_that_names_a_latency_makes_no_other_job():
    job = "; metric: write_iops\n; layout: none\n\n[job]\nrw=write\n"
    named = job.replace("; layout", "; latency: fsync\n; layout")
    assert _results.hash_of_job(named) == _results.hash_of_job(job) == hashlib.sha256(job.encode()).hexdigest()
    assert _results.hash_of_job(job.replace("rw=write", "rw=read")) != _results.hash_of_job(job)


def test_points_of_a_distribution_are_percentiles_and_end_where_samples_are_too_few():
    bins = {bin_key(1000 * number): 3 for number in range(1, 401)}
    points = _results.slower_than(bins)
    assert points == [percentile(bins, 100 * (1 - share)) for share in _results.SLOWER_SHARES[: len(points)]]
    assert _results.SLOWER_SHARES[len(points) - 1] * sum(bins.values()) >= 10
    assert _results.SLOWER_SHARES[len(points)] * sum(bins.values()) < 10
    assert _results.slower_than({}) == []


@pytest.mark.parametrize("many", [1, 10**9])
def test_histograms_of_all_trials_are_merged_one_by_one_or_on_all_processors(tmp_path, monkeypatch, many):
    monkeypatch.setattr(_results, "MANY_CELLS", many)
    run = _results.read_run(synthetic.write_run(tmp_path / "r", SHAPE))
    found = _results.distributions(run)
    samples, points = found["a", "nfs3", "rand-read-4k", "warm"]["read"]
    assert samples == 80000
    assert points[2] > found["b", "nfs3", "rand-read-4k", "warm"]["read"][1][2]


def test_notes_around_a_raw_document_do_no_harm_and_a_missing_one_neither(tmp_path):
    document = {"jobs": [{"jobname": "x", "read": {"clat_ns": {"bins": {"1004": 5}}}}]}
    (tmp_path / "noted").write_text("fio: a note\n" + json.dumps(document), encoding="utf-8")
    (tmp_path / "broken").write_text("{", encoding="utf-8")
    raws = [tmp_path / name for name in ("noted", "broken", "none")]
    assert _results.distribution(raws, ["read", "fsync"]) == {"read": (5, [])}


def test_the_histogram_of_a_flush_is_the_one_of_fios_syncs(tmp_path):
    document = {"jobs": [{"write": {"clat_ns": {"bins": {"100": 9}}}, "sync": {"lat_ns": {"bins": {"1004": 6}}}}] * 2}
    (tmp_path / "raw").write_text(json.dumps(document), encoding="utf-8")
    assert _results.distribution([tmp_path / "raw"], ["fsync"]) == {"fsync": (12, [1004])}
