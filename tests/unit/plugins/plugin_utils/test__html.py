# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import synthetic

from ansible_collections.netfs.bench.plugins.plugin_utils import _export, _figures, _html, _reports, _results, _verdicts

ONE = {"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]}


def found(tmp_path, change=dict, base=None, **shape):
    """A synthetic run, judged."""
    defaults = {"systems": {"ganesha": 1.0, "samba": 1.3}, "protocols": ["nfs3"], "workloads": ONE, "passes": ["warm"]}
    made = synthetic.Shape(**{**defaults, "trials": 8, "raw": False, **shape})
    run = _results.read_run(synthetic.write_run(tmp_path / "run", made, change))
    return _verdicts.judge_run(run, base, force=base is not None)


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """A run in which everything happens that can."""
    directory = synthetic.write_run(
        tmp_path_factory.mktemp("results") / "rich", synthetic.RICH, synthetic.everything_happens
    )
    return _verdicts.judge_run(_results.read_run(directory))


def break_second(record):
    if record["system"] == "samba" and record["trial"] == 2:
        record.update(status="failed", reason="no server", metrics={})


def break_all_of_samba(record):
    if record["system"] == "samba":
        break_all(record)


def break_all(record):
    record.update(status="failed", reason="no server", metrics={})


@pytest.mark.parametrize(
    ("shape", "sentence", "code"),
    [
        ({}, "samba against ganesha, 1 comparison: faster in 1.", 0),
        ({"systems": {"ganesha": 1.0, "samba": 0.7}}, "samba against ganesha, 1 comparison: slower in 1.", 10),
        ({"trials": 3}, "samba against ganesha: too few to decide which is faster (3 of at least 6 trials).", 12),
        (
            {"systems": {"ganesha": 1.0}, "change": break_all},
            "Nothing of ganesha was measured, so there is nothing to compare.",
            13,
        ),
        ({"systems": {"ganesha": 1.0}}, "Only ganesha was measured, so there is nothing to compare.", 0),
        ({"change": break_second}, "samba against ganesha, 1 comparison: failed in 1.", 13),
        ({"cv": 0.2, "systems": {"a": 1.0, "b": 1.0}}, "b against a, 1 comparison: noisy in 1.", 11),
        (
            {"systems": {"a": 1.0, "b": 2.0, "c": 1.5}},
            "3 systems against each other, 3 comparisons: faster in 2 and slower in 1.",
            0,
        ),
    ],
)
def test_one_sentence_and_an_exit_code(tmp_path, shape, sentence, code):
    findings = found(tmp_path, **shape)
    assert _verdicts.sentence(findings) == sentence
    assert findings.code == code
    assert _verdicts.verdict_document(findings)["exit_code"] == code


def test_a_system_against_itself_is_counted_and_never_ranked(tmp_path):
    findings = found(tmp_path, systems={"ganesha": 1.0, "ganesha#2": 0.7, "samba": 1.3})
    assert [(pair.candidate.name[0], pair.aa) for pair in findings.pairs] == [("ganesha#2", True), ("samba", False)]
    assert findings.counts == {"faster": 1}
    assert findings.code == 11
    assert "1 false alarms in 1 comparisons: over 5 %, so the whole run is noisy" in " ".join(
        _verdicts.warnings(findings)
    )


def test_forced_is_said_wherever_a_verdict_is(tmp_path):
    base = found(tmp_path / "base", systems={"ganesha": 1.0}).run
    options = ["rw", "vers=4.2", "rsize=65536", "hard", "addr=198.18.0.10"]
    findings = found(tmp_path, base=base, systems={"ganesha": 1.2}, options=options)
    assert "FORCED: 1 pairs" in " ".join(_verdicts.warnings(findings))
    shown = _html.context(findings, {})
    assert "rsize=1048576" in shown["unlike"].rows[0][1].text
    assert "≠ FORCED" in shown["matrix"].rows[0][1].text
    assert "FORCED although mount options" in _export.verdicts_csv(findings)


def test_the_page_says_on_how_many_machines_figures_rest(tmp_path):
    def on_three(record):
        record["provenance"]["machines"] = {"server": f"m{record['trial'] % 3}"}

    findings = found(tmp_path, on_three, systems={"ganesha": 1.0, "samba": 1.3})
    assert findings.counts == {"faster": 1}
    shown = _html.context(findings, {})
    assert "rest on up to 3 node sets" in " ".join(shown["asked"])
    assert {row[-1].text for row in shown["all_series"].rows} == {"on 3 node sets"}
    assert "interval over 3 node sets" in _export.verdicts_csv(findings)
    (pair,) = json.loads(_export.to_json(findings))["pairs"]
    assert (pair["machines_base"], pair["machines_candidate"]) == (3, 3)


def test_a_run_made_before_gets_the_verdict_that_it_had(rich):
    """The file was written when reports were computed in several places; its run has no latencies in its plan."""
    before = Path(__file__).parents[2] / "fixtures/verdict-before.json"
    assert _verdicts.to_json(rich) == before.read_text(encoding="utf-8")


def texts_of(table):
    return [table.head, *([f"{cell.text} {cell.small}".strip() for cell in row] for row in table.rows)]


def test_the_first_table_says_what_came_out_by_protocol_of_one_system_and_by_system_of_many(tmp_path):
    both = ["nfs3", "nfs4.2"]
    one = found(tmp_path / "one", systems={"ganesha": 1.0}, protocols=both, trials=1, cv=0.0)
    assert texts_of(_html.answer(one)) == [
        ["median, p99 latency", *both, ""],
        ["rand-read-4k", "5.20 k IOPS 4.00 ms (read)", "5.20 k IOPS 4.00 ms (read)", ""],
    ]
    many = found(tmp_path / "many", change=break_second, protocols=both, passes=["warm", "cold"], trials=2, cv=0.0)
    head, first, *rows = texts_of(_html.answer(many))
    assert head == ["median, p99 latency", "ganesha", "samba", ""]
    unfit = ["✖ failed 6.76 k IOPS", "samba: 1 of 2: no server"]
    assert first == ["rand-read-4k nfs3, cold", "3.12 k IOPS 4.00 ms (read)", "✖ failed 4.06 k IOPS", unfit[1]]
    assert rows[-1] == ["rand-read-4k nfs4.2, warm", "5.20 k IOPS 4.00 ms (read)", *unfit]
    wide = found(tmp_path / "wide", systems={f"s{number}": 1.0 for number in range(9)}, trials=1)
    assert texts_of(_html.answer(wide))[0] == ["median, p99 latency", *(f"s{number}" for number in range(9))]


def test_protocols_of_one_system_are_compared_and_change_no_exit_code(tmp_path):
    def slower(record):
        if record["protocol"] == "nfs4.2":
            record["metrics"]["read_iops"] *= 0.5

    one = found(tmp_path, change=slower, systems={"ganesha": 1.0}, protocols=["nfs3", "nfs4.2"])
    assert [(pair.sides, pair.word) for pair in one.protocols] == [("nfs4.2 against nfs3", "slower")]
    assert (one.pairs, one.code) == ([], 0)
    assert [row[0].text for row in _html.matrix_of(one)[0].rows] == ["rand-read-4k"]
    assert "nfs4.2 against nfs3" in "\n".join(_reports.tables(one)[0])
    two = found(tmp_path / "two", protocols=["nfs3", "nfs4.2"])
    assert two.protocols == []


def test_series_of_one_value_share_a_row_and_one_without_is_in_the_legend(tmp_path):
    one = found(tmp_path, change=break_all_of_samba, trials=1)
    figure = _figures.values_figure(list(one.series.values()), _figures.styles_of(one.run.plan["systems"]))
    assert {tuple(trace["y"]) for trace in figure["data"]} == {(0,)}
    ganesha, samba = sorted(trace["name"] for trace in figure["data"])
    assert ganesha.startswith("ganesha: 5.")
    assert samba == "samba: ✖ failed"


def test_a_system_keeps_its_colour_when_it_is_unsteady():
    styles = _figures.styles_of(["a", "b"])
    figure = _figures.steady_figure([("a", False, [1.0, 2.0]), ("b", False, [2.0, 1.0])], styles)
    assert [trace["line"]["color"] for trace in figure["data"]] == [styles["a"].colour, styles["b"].colour]
    assert [trace["name"] for trace in figure["data"]] == ["a, unsteady", "b, unsteady"]


def test_no_word_stands_without_its_meaning():
    assert set(_verdicts.SYMBOLS) == {*_verdicts.MEANINGS, *_verdicts.STATE_MEANINGS}


def test_every_figure_is_one_of_plotly(rich):
    graph_objects = pytest.importorskip("plotly.graph_objects")
    pictures = _html.Pictures()
    parts = _html.workload_parts(rich, _results.distributions(rich.run), pictures)
    pictures.add(_html.verdict_picture(rich)[0])
    pictures.add(_figures.forest_figure(rich.pairs, lambda pair: pair.candidate.name[0]))
    assert [part["name"] for part in parts] == sorted(synthetic.WORKLOADS)
    assert all(part["steady"] is not None and part["latency"] for part in parts)
    assert len(pictures.figures) == 4 * (1 + 1 + 1) + 2
    for figure in pictures.figures:
        graph_objects.Figure(json.loads(json.dumps(figure)))


def test_every_value_has_a_mark_and_every_series_a_row(rich):
    series = [one for one in rich.series.values() if one.name[2] == "sync-write-4k"]
    figure = _figures.values_figure(series, _figures.styles_of(rich.run.plan["systems"]))
    marks = [trace for trace in figure["data"] if trace.get("marker", {}).get("size") == 7]
    assert sum(len(trace["x"]) for trace in marks) == sum(len(one.values) for one in series) == 16 * 8 - 4
    labels = [label["text"] for label in figure["layout"]["annotations"]]
    assert len(labels) == len(series)
    assert "<b>rclone</b> nfs3 warm ✖ failed, 6 values" in labels


@pytest.mark.parametrize(
    ("values", "interval"),
    [([3.0, 1.0, 2.0], None), ([1.0, 2, 3, 4, 5], None), ([6.0, 1, 2, 3, 4, 5], (1, 6)), ([*range(1, 10)], (2, 8))],
)
def test_interval_of_a_median(values, interval):
    assert _figures.median_interval(values) == interval


def test_systems_are_told_by_more_than_their_colour():
    styles = _figures.styles_of(f"system {number}" for number in range(40))
    assert len({(style.mark, style.colour) for style in styles.values()}) == 40


@pytest.mark.parametrize("systems, frames", [(1, [4]), (6, [24]), (7, [7, 7, 7, 7])])
def test_latencies_of_one_workload_share_a_frame_unless_they_are_too_many(systems, frames):
    lines = {
        _results.SeriesName(f"s{number}", protocol, "rand-read-4k", passed): {"read": (100, [5, 6]), "write": (1, [])}
        for number in range(systems)
        for protocol in ("nfs3", "nfs4.2")
        for passed in ("warm", "cold")
    }
    styles = _figures.styles_of(f"s{number}" for number in range(systems))
    figures = [_figures.latency_figure(part, styles) for _name, part in _html.latency_frames(lines)]
    assert [len(figure["data"]) for figure in figures] == frames
    told = [(trace["line"]["color"], trace["line"]["dash"], trace["marker"]["symbol"]) for trace in figures[0]["data"]]
    assert len(set(told)) == frames[0]
    names = {trace["name"] for trace in figures[0]["data"]}
    assert ("s0 nfs3 warm (100 operations)" if len(frames) == 1 else "s0 (100 operations)") in names


def test_what_was_not_measured_is_said_to_be_so(tmp_path):
    shown = _html.context(found(tmp_path, systems={"ganesha": 1.0}, trials=1, extras=False), {})
    texts = {part["id"]: part["text"] for part in shown["beliefs"]}
    assert texts["ceilings"].startswith("Ceilings: not measured.")
    assert texts["steadiness"].startswith("Throughput over time: not measured.")
    assert texts["content"].startswith("Content: not verified.")
    assert "No cold pass was planned" in texts["cold"]
    assert shown["counters"] is None
    assert shown["served_table"] is None
    assert shown["verdict_figure"] is None
    assert any("Too few: 1 trial per series" in line for line in shown["warnings"])
    assert shown["unknown_text"] == "2 of 38 recorded facts are unknown: node client.image (1), node server.image (1)."


def test_what_servers_counted_themselves_is_shown_by_system(tmp_path):
    def counted(record):
        del record["server_counters"]
        if record["system"] == "rclone":
            record["server_counters"] = {"reads_total": 3 + 2 * record["trial"]}
        if record["system"] == "juicefs":
            record["server_counters"] = {}

    findings = found(tmp_path, counted, systems={"ganesha": 1.0, "juicefs": 1.0, "rclone": 1.0}, trials=3)
    shown = _html.context(findings, {})
    assert [[cell.text for cell in row] for row in shown["served_table"].rows] == [["rclone", "reads_total", "7"]]
    assert shown["served_text"].endswith("Those of juicefs did not grow. No counters were recorded for ganesha.")


def test_what_speaks_against_the_numbers_is_named(rich):
    shown = _html.context(rich, {})
    failed = [[cell.text for cell in row] for row in shown["failures"].rows]
    assert ["rclone nfs3 sync-write-4k warm", "✖ failed", "2 of 8: fio was killed after 150 s"] in failed
    assert ["kernel-nfs nfs4.2 seq-read-1m cold", "✖ not-cold"] in [row[:2] for row in failed]
    texts = {part["id"]: part["text"] for part in shown["beliefs"]}
    assert texts["self-test"].startswith("One system was measured twice under two labels: 0 of 16")
    assert "kernel-nfs nfs3 seq-write-1m warm" in texts["ceilings"]
    assert len(shown["all_series"].rows) == 64


def test_what_a_system_does_not_serve_is_shown(tmp_path):
    findings = found(tmp_path, systems={"ganesha": 1.0}, trials=1, extras=False)
    findings.run.plan["not_served"] = [{"system": "ganesha", "protocol": "smb3"}]
    table = _html.context(findings, {})["all_series"]
    assert [cell.text for cell in table.rows[-1]][:5] == ["ganesha", "smb3", "all", "all", "not-served"]
    assert {len(row) for row in table.rows} == {len(table.head)}


def test_csv_json_junit_and_prometheus_agree(rich):
    rows = list(csv.DictReader(io.StringIO(_export.verdicts_csv(rich))))
    document = json.loads(_export.to_json(rich))
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(_export.to_junit(rich)).iter("testsuite")}
    metrics = _export.to_prometheus(rich).splitlines()
    assert len(rows) == len(document["pairs"]) == int(suites["compared"].get("tests")) == len(rich.pairs)
    assert len(document["series"]) == int(suites["measured"].get("tests")) == 64
    assert int(suites["measured"].get("failures")) == len(document["unfit"]) == 4
    slower = [row for row in rows if row["verdict"] == "slower"]
    assert len(slower) == sum('verdict="slower"' in line for line in metrics)
    assert f'netfs_bench_exit_code{{run="rich"}} {float(rich.code)}' in metrics
    p99 = 'netfs_bench_latency_p99_seconds{operation="read",pass="warm",protocol="nfs3",run="rich",system="ganesha",'
    assert f'{p99}workload="rand-read-4k"}} 0.004' in metrics
    assert document["series"][0]["latency_p99_ns"] == {"read": 4e6}
    assert {row["latency_p99_ns_candidate"] for row in rows if row["candidate"] == "ganesha#2"} == {"4000000.0"}
    assert "null" not in _export.to_json(rich)
    jsonschema.validate(
        document["pairs"][0], {"type": "object", "required": ["verdict", "ratio", "low", "high", "p_holm"]}
    )


def test_packing_is_the_same_every_time():
    assert _html.packed("text") == _html.packed("text")
