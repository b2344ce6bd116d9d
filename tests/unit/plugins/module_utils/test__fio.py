# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fio 3.33 and 3.39 really wrote, and what is made of it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _fio

FIXTURES = Path(__file__).parents[2] / "fixtures"
WORKLOADS = Path(__file__).parents[4] / "playbooks" / "workloads"
VERSIONS = ("3.33", "3.39")
CLIENTS = ("127.0.0.1,8811", "127.0.0.1,8812")


def recorded(name: str, version: str) -> tuple[list[str], dict]:
    return _fio.parse_output((FIXTURES / "fio" / f"{name}-{version}.json").read_text(encoding="utf-8"))


def blocks(document: dict):
    """Every latency block with bins."""
    for job in _fio.jobs_of(document):
        for direction in ("read", "write", "trim"):
            if "bins" in job[direction]["clat_ns"]:
                yield job[direction]["clat_ns"]
        if "bins" in job["sync"]["lat_ns"]:
            yield job["sync"]["lat_ns"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["single", "several", "mixed", "fsync", "clients"])
def test_percentiles_of_one_job_equal_those_of_fio(name, version):
    _notes, document = recorded(name, version)
    seen = 0
    for block in blocks(document):
        bins = _fio.merge_bins([block["bins"]])
        for percent, value in block["percentile"].items():
            assert _fio.percentile(bins, float(percent)) == value
            seen += 1
    assert seen >= 17


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name, sections, clients",
    [
        ("single", ["single"], ()),
        ("several", ["one", "two", "after"], ()),
        ("mixed", ["mixed"], ()),
        ("fsync", ["fsync"], ()),
        ("clients", ["mix", "log"], CLIENTS),
    ],
)
def test_good_output_has_no_errors(name, sections, clients, version):
    notes, document = recorded(name, version)
    assert document["fio version"] == f"fio-{version}"
    assert _fio.find_errors(document, notes, sections, clients) == []
    assert notes == []
    metrics = _fio.metrics_of(document)
    assert all(re.search(r"_(bytes_per_s|iops|bytes|ios|ns|ms|percent)$", key) for key in metrics)
    assert all(value >= 0 for value in metrics.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_single_job_has_the_numbers_of_fio(version):
    _notes, document = recorded("single", version)
    read = document["jobs"][0]["read"]
    metrics = _fio.metrics_of(document)
    assert metrics["read_bytes"] == read["io_bytes"] == 8 * 1024 * 1024
    assert metrics["read_ios"] == 2048
    assert metrics["read_iops"] == pytest.approx(read["iops"])
    assert metrics["read_bandwidth_bytes_per_s"] == pytest.approx(read["bw_bytes"], abs=1)
    assert metrics["read_latency_mean_ns"] == pytest.approx(read["clat_ns"]["mean"])
    assert metrics["read_latency_p99_ns"] == read["clat_ns"]["percentile"]["99.000000"]
    assert "read_latency_p99_9_ns" not in metrics  # 2048 samples are not enough for it
    assert not any(key.startswith(("write", "trim", "fsync")) for key in metrics)
    assert metrics == _fio.metrics_of(document, "single")


@pytest.mark.parametrize("version", VERSIONS)
def test_rates_are_bytes_over_the_time_of_the_slowest_job_of_each_stage(version):
    _notes, document = recorded("several", version)
    jobs = document["jobs"]
    assert [[job["jobname"] for job in stage] for stage in _fio.stages_of(jobs)] == [["one", "one", "two"], ["after"]]
    metrics = _fio.metrics_of(document)
    slowest = max(job["write"]["runtime"] for job in jobs)
    assert metrics["write_bytes"] == 6 * 1024 * 1024
    assert metrics["write_bandwidth_bytes_per_s"] == 6 * 1024 * 1024 * 1000 / slowest
    assert metrics["read_bandwidth_bytes_per_s"] == 1024 * 1024 * 1000 / jobs[-1]["read"]["runtime"]
    assert metrics["runtime_ms"] == slowest + jobs[-1]["read"]["runtime"]
    assert _fio.metrics_of(document, "one")["write_bytes"] == 2 * 1024 * 1024


@pytest.mark.parametrize(
    "starts, stages",
    [
        ((None, None), 2),  # fio 3.33 does not say: one after another
        ((5000, 15000), 2),
        ((5000, 14999), 2),  # rounding is no overlap
        ((5000, 5002), 1),  # new_group: side by side
    ],
)
def test_groups_that_ran_side_by_side_are_one_stage(starts, stages):
    def job(group, start):
        block = {"io_bytes": 1000, "total_ios": 10, "runtime": 10000, "clat_ns": {"N": 0}}
        return {"jobname": f"g{group}", "groupid": group, "job_runtime": 10000, "read": block, "job_start": start}

    document = {"jobs": [job(0, starts[0]), job(1, starts[1])]}
    assert len(_fio.stages_of(document["jobs"])) == stages
    assert _fio.metrics_of(document)["read_iops"] == 20 * 1000 / (stages * 10000)


@pytest.mark.parametrize("version", VERSIONS)
def test_mixed_directions_and_fsync(version):
    mixed = _fio.metrics_of(recorded("mixed", version)[1])
    assert mixed["read_ios"] + mixed["write_ios"] == 1024
    assert 0.6 < mixed["read_ios"] / 1024 < 0.8
    fsync = _fio.metrics_of(recorded("fsync", version)[1])
    assert fsync["fsync_ios"] == 2 * 255  # fio leaves out the one after the last write
    assert fsync["fsync_latency_p95_ns"] >= fsync["fsync_latency_p50_ns"] > 0
    assert "fsync_latency_p99_ns" not in fsync


@pytest.mark.parametrize("version", VERSIONS)
def test_clients_are_merged_without_counting_fios_own_sum(version):
    _notes, document = recorded("clients", version)
    assert any(job["jobname"] == _fio.ALL_CLIENTS for job in document["client_stats"])
    metrics = _fio.metrics_of(document)
    assert metrics["read_bytes"] + metrics["write_bytes"] == 4 * 1024 * 1024
    log = [job["write"] for job in _fio.jobs_of(document) if job["jobname"] == "log"]
    assert len(log) == 2
    bins = _fio.merge_bins(block["clat_ns"]["bins"] for block in log)
    assert sum(bins.values()) == 512
    assert _fio.metrics_of(document, "log")["write_latency_p95_ns"] == _fio.percentile(bins, 95)
    assert _fio.metrics_of(document, "log")["write_iops"] == 512 * 1000 / max(block["runtime"] for block in log)


VECTORS = json.loads((FIXTURES / "statistics" / "vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("nanoseconds, key", [(int(ns), key) for ns, key in VECTORS["bins"]["ns_to_key"].items()])
def test_bin_of_a_latency(nanoseconds, key):
    assert _fio.bin_key(nanoseconds) == key
    assert _fio.is_midpoint(key)


def test_there_are_as_many_bins_as_in_fio():
    keys, latency = set(), 0
    while latency < 1 << 34:
        keys.add(_fio.bin_key(latency))
        latency += max(1, latency >> 7)
    assert len(keys | {_fio.bin_key(1 << 40)}) == 29 * 64
    assert max(keys) == VECTORS["bins"]["last_key"] == _fio.LAST_KEY
    assert all(map(_fio.is_midpoint, keys))


@pytest.mark.parametrize("key", [-1, 128, 1000, 100000, _fio.LAST_KEY + 1])
def test_what_is_no_midpoint(key):
    assert not _fio.is_midpoint(key)


@pytest.mark.parametrize(
    "percent, expected", [(float(p), v["merged"]) for p, v in VECTORS["merge"]["percentiles"].items()]
)
def test_percentiles_come_from_merged_bins(percent, expected):
    bins = _fio.merge_bins(VECTORS["merge"]["jobs"])
    assert sum(bins.values()) == VECTORS["merge"]["merged_total"]
    assert _fio.percentile(bins, percent) == expected


@pytest.mark.parametrize(
    "percent, wrong", [(float(p), v["mean_of_jobs_wrong"]) for p, v in VECTORS["merge"]["percentiles"].items()]
)
def test_the_mean_of_the_percentiles_of_jobs_is_something_else(percent, wrong):
    each = [_fio.percentile(_fio.merge_bins([job]), percent) for job in VECTORS["merge"]["jobs"]]
    assert sum(each) / len(each) == wrong
    assert _fio.percentile(_fio.merge_bins(VECTORS["merge"]["jobs"]), percent) != wrong


@pytest.mark.parametrize(("key", "expected"), VECTORS["bins"]["from_fio_manual"].items())
def test_the_keys_of_the_manual(key, expected):
    assert _fio.is_midpoint(int(key)) == expected


def test_percentile_of_nothing():
    with pytest.raises(ValueError, match="no samples"):
        _fio.percentile({}, 50)


@pytest.mark.parametrize("percent, floor", [(50.0, 20), (95.0, 200), (99.0, 1000), (99.9, 10000), (99.99, 100000)])
def test_sample_floors(percent, floor):
    assert _fio.enough_samples(percent, floor)
    assert not _fio.enough_samples(percent, floor - 1)


JSON_TEXT = json.dumps(
    {"fio version": "fio-3.39", "jobs": [{"jobname": "a", "list": [1, -2.5, "x"], "e": {}}]}, indent=2
)


@pytest.mark.parametrize(
    "text, notes",
    [
        (JSON_TEXT, []),
        (f"note: queue depth will be capped\n\n{JSON_TEXT}\n", ["note: queue depth will be capped"]),
        (f"{JSON_TEXT}\nfio: job 'a' hasn't exited\n", ["fio: job 'a' hasn't exited"]),
        (JSON_TEXT.replace('  "jobs"', 'nfs: Got NFS EOF\n  "jobs"'), ["nfs: Got NFS EOF"]),
        ('{\n  "jobs" : []\n}\n' + JSON_TEXT, []),  # status-interval: the last one counts
    ],
)
def test_notes_around_the_document(text, notes):
    found, document = _fio.parse_output(text)
    assert found == notes
    assert document == json.loads(JSON_TEXT)


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "no JSON document in 0 characters"),
        ("fio: failed parsing rw=rea\n", "no JSON document in 27 characters"),
        (JSON_TEXT[:60], "incomplete: .* of 60"),
        (JSON_TEXT + "\n" + JSON_TEXT[:60], "incomplete"),
    ],
)
def test_output_without_a_whole_document(text, says):
    with pytest.raises(ValueError, match=says):
        _fio.parse_output(text)


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("-2.5", "nan", "wrote nan, which is not a number"),
        ("-2.5", "-inf", "wrote -inf, which is not a number"),
        ("-2.5", "NaN", "wrote NaN, which is not a number"),
        ("-2.5", "Infinity", "wrote Infinity, which is not a number"),
        ("-2.5", "1e999", "wrote 1e999, which is not a number"),
        ('"e": {}', '"iops_stddev" : -nan', "wrote -nan as iops_stddev, which is not a number"),
        # beside a note of another process, for which the document is read a second time
        ('"e": {}', 'nfs: Got NFS EOF\n"e" : inf', "wrote inf as e, which is not a number"),
    ],
)
def test_a_value_that_is_not_a_number_is_named(old, new, says):
    assert old in JSON_TEXT
    with pytest.raises(ValueError, match=f"fio {says}$"):
        _fio.parse_output(JSON_TEXT.replace(old, new))


def test_words_that_look_like_no_number_are_read_in_text():
    text = JSON_TEXT.replace('"x"', '"a: nan, inf"')
    assert _fio.parse_output(text)[1]["jobs"][0]["list"][2] == "a: nan, inf"


def broken(change) -> dict:
    document = copy.deepcopy(recorded("single", "3.39")[1])
    change(document["jobs"][0])
    return document


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda job: job.update(error=5), r"job single: error 5 \(Input/output error\)"),
        (lambda job: job.update(total_err=3, first_error=84), "3 errors, the first one 84"),
        (lambda job: job["read"].update(total_ios=0), "no I/O"),
        (lambda job: job["read"]["clat_ns"].pop("bins"), "latency was not measured"),
        (lambda job: job["read"]["clat_ns"].update(N=0), "latency was not measured"),
        (lambda job: job["read"]["clat_ns"].update(N=7), "the bins hold 2048 samples, fio counted 7"),
        (lambda job: job["read"]["clat_ns"].update(bins={"1000": 2048}), "1000 is not the middle"),
        (lambda job: job["sync"].update(lat_ns={"N": 2, "bins": {"1004": 1}}), "fsync: the bins hold 1"),
        (lambda job: job.update(jobname="other"), r"no result for section \[single\]"),
    ],
)
def test_errors_that_the_exit_status_hides(change, says):
    assert re.search(says, "; ".join(_fio.find_errors(broken(change), [], ["single"])))


@pytest.mark.parametrize(
    "note",
    [
        "nfs: Failed to mount 127.0.0.1:/x",
        "Got NFS EOF",
        "nfs: unhandled io 3",
        "fio: pid=77, err=5/file:io_u.c:1876, func=io_u error, error=Input/output error",
        "fio: io_u error on file x: Input/output error: write offset=0, buflen=4096",
        "verify: bad header rand_seed 1, wanted 2 at file x offset 0",
        "client: host=10.0.0.1 disconnected",
        "<client> fio: job log dropped",
    ],
)
def test_a_line_that_betrays_an_error(note):
    assert _fio.find_errors(recorded("single", "3.33")[1], [note], ["single"]) == [note]


def test_a_harmless_note_is_no_error():
    note = "note: both iodepth >= 1 and synchronous I/O engine are selected, queue depth will be capped at 1"
    assert _fio.find_errors(recorded("single", "3.33")[1], [note], ["single"]) == []


def test_an_engine_without_io_need_not_do_any():
    document = broken(lambda job: job["read"].update(total_ios=0))
    document["jobs"][0]["job options"]["ioengine"] = "cpuio"
    assert _fio.find_errors(document, [], ["single"]) == []


def test_a_document_without_jobs():
    assert _fio.find_errors({"jobs": []}, []) == ["the output contains no job"]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_fio_hides_with_clients(version):
    notes, document = recorded("clients-dropped", version)
    errors = "; ".join(_fio.find_errors(document, notes, ["mix", "log"], CLIENTS[:1]))
    assert "failed parsing rw=wrte" in errors
    assert "no result from client 127.0.0.1,8811" in errors
    notes, document = recorded("clients-unreachable", version)
    errors = "; ".join(_fio.find_errors(document, notes, ["mix", "log"], [CLIENTS[0], "127.0.0.1,8819"]))
    assert "Connection refused" in errors
    assert "no result from client 127.0.0.1,8819" in errors
    assert "8811" not in errors
    assert "no result for section [more] from client 127.0.0.1,8811" in _fio.find_errors(
        document, [], ["mix", "more"], CLIENTS[:1]
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_file(version):
    notes, document = recorded("missing", version)
    errors = "; ".join(_fio.find_errors(document, notes, ["missing"]))
    assert "file creation disallowed" in errors
    assert "no I/O" in errors
    assert _fio.hint_for(errors).startswith("Lay the files out first")


JOB = """; ${COMMENT}
[global]
size=${SIZE}
# ${HASH}
[one]
filename_format=$jobnum.${SIZE}.${X}
[two]
rw=write
"""


def test_reading_a_job():
    assert _fio.variables_of(JOB) == ["SIZE", "X"]
    assert _fio.sections_of(JOB) == ["one", "two"]
    assert _fio.writes(JOB)
    assert not _fio.writes("[a]\nrw=randread\n")


def test_the_job_for_a_server():
    text = _fio.rendered(JOB, {"SIZE": "1m", "X": "y"}, ["one"], ["directory=/d"])
    assert text == "[global]\ndirectory=/d\n[global]\nsize=1m\n[one]\nfilename_format=$jobnum.1m.y\n"
    assert "[two]\nrw=write\n" in _fio.rendered(JOB, {"SIZE": "1m", "X": "y"}, [], [])


@pytest.mark.parametrize(
    "given, argument",
    [
        ("host", "host"),
        ("host:8766", "host,8766"),
        ("[2001:db8::1]", "ip6:2001:db8::1"),
        ("[2001:db8::1]:8766", "ip6:2001:db8::1,8766"),
        ("2001:db8::1", "ip6:2001:db8::1"),
    ],
)
def test_names_of_clients(given, argument):
    assert _fio.client_argument(given) == argument


def test_key_depends_on_every_part_and_on_nothing_else():
    key = _fio.key_of(job="a", variables={"A": "1", "B": "2"})
    assert key == _fio.key_of(variables={"B": "2", "A": "1"}, job="a")
    assert key != _fio.key_of(job="a", variables={"A": "1", "B": "3"})


def test_complaints_leave_out_the_help_texts():
    text = "Bad option <blocksiz=4k>\nDid you mean block?\n        valid values: read\nfio: job a dropped\n"
    assert _fio.error_lines(text) == ["Bad option <blocksiz=4k>", "Did you mean block?", "fio: job a dropped"]
    assert _fio.hint_for("nobody knows") == "See stderr and fio's output in the result."


@pytest.mark.parametrize("path", sorted(WORKLOADS.rglob("*.fio")), ids=lambda path: path.stem)
def test_workloads_keep_their_rules(path):
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^; (question|metric|layout|by hand): (.+)$", text, re.MULTILINE))
    assert set(head) == {"question", "metric", "layout", "by hand"}
    assert head["question"].endswith("?")
    assert str(path.relative_to(WORKLOADS.parents[1])) in head["by hand"]
    is_network = path.parent.name == "ceilings" and "ioengine=net" in text
    places = {"PEER", "PORT", "PROTOCOL"} if is_network else set()
    assert set(_fio.variables_of(text)) <= {"SIZE", "RUNTIME", "RAMP", "JOBS", "FILES", *places}
    assert all(f"{name}=" in head["by hand"] for name in _fio.variables_of(text))
    assert "group_reporting" not in text
    is_layout = path.parent.name == "layouts"
    is_check = path.parent.name == "checks"
    names = set(re.findall(r"^filename_format=(netfs-[\w-]+)\.", text, re.MULTILINE))
    if head["layout"] == "none":
        assert not names & {"netfs-data", "netfs-rewrite"} or is_layout
        assert is_layout or is_network or "unlink=1" in text
    else:
        assert (WORKLOADS / "layouts" / f"{head['layout']}.fio").is_file()
        assert names == {f"netfs-{head['layout']}"}
        assert "allow_file_create=0" in text
    assert "runtime" not in text if is_layout or is_check else "runtime=${RUNTIME}" in text


LOG = "".join(
    f"{100 * number}, {value}, 0, 0, 0\n{100 * number}, 7, 1, 0, 0\n" for number, value in enumerate([10] * 15, 1)
)


STALL = "".join(f"{ms}, 10, 0, 0, 0\n" for ms in (100, 200, 300, 400, 1700, 1800, 1900, 2000))


@pytest.mark.parametrize(
    ("logs", "metric", "windows"),
    [
        ([LOG], "read_iops", [10] * 5),
        ([LOG, LOG], "read_bandwidth_bytes_per_s", [20480] * 5),
        ([LOG], "write_iops", [7] * 5),
        ([LOG], "fsync_latency_mean_ns", []),
        (["".join(LOG.splitlines(keepends=True)[:18])], "read_iops", []),
        ([""], "read_iops", []),
        ([], "read_iops", []),
        (["\n".join(f"{n * 100}, {n}, 1, 4096, 0" for n in range(1, 21))], "write_iops", [2.5, 6.5, 10.5, 14.5, 18.5]),
        ([STALL], "read_iops", [10, 0, 0, 0, 10]),
        ([STALL, ""], "read_iops", [10, 0, 0, 0, 10]),
        # a line that comes late stands for more than its share of the time
        (["150, 10, 0\n200, 10, 0\n" + "".join(f"{n * 100}, 10, 0\n" for n in range(3, 11))], "read_iops", [10] * 5),
    ],
)
def test_windows_of_a_log(logs, metric, windows):
    assert _fio.windows_of(logs, metric) == pytest.approx(windows)
