# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command-line tool: its exit codes, by table, and what it prints and writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import synthetic

ROOT = Path(__file__).resolve().parents[2]
ONE = {"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]}
OTHER = {"sync-write-4k": synthetic.WORKLOADS["sync-write-4k"]}


def shape(factor=1.0, **more):
    made = {"systems": {"ganesha": factor}, "protocols": ["nfs3"], "workloads": ONE, "passes": ["warm"], "trials": 8}
    return synthetic.Shape(**{**made, "raw": False, "extras": False, **more})


def stall(record):
    if record["trial"] == 4:
        record["metrics"]["read_iops"] /= 3


def fail(record):
    if record["trial"] == 4:
        record.update(status="failed", reason="fio was killed after 60 s", metrics={})


def not_cold(record):
    if record["trial"] == 4:
        record.update(status="not-cold", reason="the disk delivered 12 % of the bytes that were read")


def corrupt(record):
    if record["trial"] == 4:
        record.update(status="corrupt", reason="wrong byte at offset 4096")


CELL = "cells/ganesha~nfs3~rand-read-4k~warm~1.json"
COMMANDS = ("compare", "report", "show", "export", "baseline", "acceptance")

RUNS = {
    "base": (shape(), dict),
    "same": (shape(seed=2), dict),
    "faster": (shape(1.3), dict),
    "slower": (shape(0.7), dict),
    "between": (shape(1.045, seed=3), dict),
    "stalled": (shape(), stall),
    "few": (shape(trials=3), dict),
    "failed": (shape(), fail),
    "not-cold": (shape(), not_cold),
    "corrupt": (shape(), corrupt),
    "unlike": (shape(options=[*synthetic.OPTIONS, "noac"]), dict),
    "other": (shape(workloads=OTHER), dict),
    "two": (shape(systems={"ganesha": 1.0, "samba": 0.5}), dict),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    for name, (one, change) in RUNS.items():
        synthetic.write_run(results / name, one, change)
    return results


@pytest.fixture(scope="module")
def nonsense(made):
    """Runs that a disk, an editor or another program has spoilt."""
    for name in ("fast", "broken", "infinite", "no-plan"):
        shutil.copytree(made / "base", made / name)
    run = json.loads((made / "fast/run.json").read_text(encoding="utf-8"))
    run["ceilings"] = [{"what": "disk of the server", "metric": "read_iops", "values": [3000.0, 3100.0, 3050.0]}]
    (made / "fast/run.json").write_text(json.dumps(run), encoding="utf-8")
    (made / "broken" / CELL).write_text("{", encoding="utf-8")
    text = (made / "infinite" / CELL).read_text(encoding="utf-8")
    value = json.loads(text)["metrics"]["read_iops"]
    (made / "infinite" / CELL).write_text(text.replace(str(value), "Infinity"), encoding="utf-8")
    (made / "no-plan/plan.json").write_text("[]", encoding="utf-8")
    return made


@pytest.fixture
def results(nonsense, tmp_path):
    """Results of a test's own."""
    return Path(shutil.copytree(nonsense, tmp_path / "results"))


def tool(results, *words):
    """Run the tool; return its exit code and what it said."""
    done = subprocess.run(
        [str(ROOT / "tools/netfs-bench"), "--results", str(results), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": "", "PYTHONUTF8": "1"},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["compare", "base", "same"], 0, "equivalent in 1"),
        (["compare", "base", "faster"], 0, "faster in 1"),
        (["compare", "base", "slower"], 10, "slower in 1"),
        (["compare", "base", "stalled"], 11, "noisy in 1"),
        (["compare", "base", "between"], 0, "inconclusive in 1"),
        (["compare", "base", "between", "--strict"], 11, "inconclusive in 1"),
        (["compare", "base", "few"], 12, "too few to decide"),
        (["compare", "base", "failed"], 13, "fio was killed after 60 s"),
        (["compare", "base", "not-cold"], 13, "not-cold"),
        (["compare", "base", "corrupt"], 13, "wrong byte at offset 4096"),
        (["compare", "base", "unlike"], 13, "mount options: none against noac"),
        (["compare", "base", "unlike"], 13, "Exit code 13: at least one comparison is not fit for a verdict, though"),
        (["compare", "base", "unlike", "--force"], 0, "FORCED"),
        (["compare", "base", "other"], 12, "Exit code 12: too few trials for a verdict, or nothing to compare"),
        (["compare", "two"], 10, "samba against ganesha"),
        (["compare", "base", "none"], 2, "none is not a run"),
        (["compare", "base"], 0, "Only ganesha was measured"),
        (["compare", "base", "same", "few"], 2, "takes one run or two"),
        (["report", "failed"], 13, "report.html"),
        (["report", "base"], 0, "report.html"),
        (["report", "base"], 0, "Exit code 0: all that was planned is measured; there was nothing to compare."),
        (["show", "failed"], 13, "Exit code 13"),
        (["show"], 0, "two: exit code 10"),
        (["export", "unlike", "--to", "junit", "--base", "base"], 0, "mount options: none against noac"),
        (["export", "unlike", "--to", "junit", "--base", "base", "--force"], 0, "equivalent FORCED"),
        (["export", "unlike", "--to", "prometheus", "--base", "base", "--force"], 0, 'forced="true"'),
        (["compare", "base", "fast"], 13, "times the ceiling, disk of the server"),
        (["compare", "broken"], 2, f"broken/{CELL} is not a record of a cell"),
        (["compare", "base", "infinite"], 13, "1 of 8: no value of read_iops"),
        (["report", "no-plan"], 2, "no-plan/plan.json is not a plan"),
        (["show"], 0, "broken: not readable"),
        (["--results", "nowhere", "show"], 2, "There is no run in nowhere"),
        (["--results", "nowhere", "report", "latest"], 2, "There is no run in nowhere"),
        (["--help"], 0, "13 at least one series is not fit for a verdict"),
        *(([word, "--help"], 0, f"usage: netfs-bench {word}") for word in COMMANDS),
        (["export", "base", "--to", "csv"], 0, "system,protocol,workload"),
        (["export", "base", "--to", "xls"], 2, "invalid choice"),
        (["baseline", "failed"], 2, "failed is partial and cannot be the baseline"),
        (["compare", "baseline", "same"], 2, "has no baseline"),
        (["acceptance"], 2, "Run acceptance.yml first"),
        ([], 2, "COMMAND"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_code(results, words, code, says):
    answer, said = tool(results, *words)
    assert says in said
    assert answer == code


def never_deployed(record):
    reason = "ganesha could not be deployed:\n" + "a line of its journal\n" * 50
    record.update(status="failed", reason=reason, metrics={})


def test_a_reason_that_many_cells_share_is_said_once(tmp_path):
    both = {"ganesha": 1.0, "samba": 1.0}
    synthetic.write_run(tmp_path / "r", shape(systems=both, workloads={**ONE, **OTHER}, trials=2), never_deployed)
    code, said = tool(tmp_path, "report", "r")
    assert code == 13
    assert said.count("a line of its journal") == 50
    names = "ganesha nfs3 rand-read-4k warm, ganesha nfs3 sync-write-4k warm, samba nfs3 rand-read-4k warm and 1 more"
    assert f"{names}: 2 of 2 failed: ganesha could not be deployed:" in said
    assert (tmp_path / "r/report.md").read_text(encoding="utf-8").count("a line of its journal") == 50
    assert "Nothing" not in said


@pytest.mark.parametrize("words", [["show"], ["show", "two"]])
def test_output_of_which_only_the_head_is_read_is_no_error(results, words):
    script = f"'{ROOT}/tools/netfs-bench' --results '{results}' \"$@\" | head -n 0"
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_verdict_json_holds_the_exit_code(results):
    tool(results, "compare", "base", "slower")
    document = json.loads((results / "slower" / "against-base" / "verdict.json").read_text(encoding="utf-8"))
    assert (document["exit_code"], document["counts"]) == (10, {"slower": 1})


def test_a_baseline_stays_when_a_partial_run_is_refused(results):
    assert tool(results, "baseline", "base")[0] == 0
    assert tool(results, "baseline", "failed")[0] == 2
    assert tool(results, "compare", "baseline", "slower")[0] == 10
    assert "base (baseline)" in tool(results, "show")[1]


def test_exports_can_be_read(results):
    json.loads(tool(results, "export", "slower", "--to", "json", "--base", "base")[1])
    ElementTree.fromstring(tool(results, "export", "two", "--to", "junit")[1])
    lines = tool(results, "export", "two", "--to", "prometheus")[1].splitlines()
    assert all(line.startswith(("#", "netfs_bench_")) for line in lines)


def test_the_tool_runs_where_the_collection_is_installed(results, tmp_path):
    place = tmp_path / "collections/ansible_collections/netfs/bench"
    place.parent.mkdir(parents=True)
    for part in ("plugins", "tools", "playbooks/templates"):
        shutil.copytree(ROOT / part, place / part)
    words = [str(place / "tools/netfs-bench"), "--results", str(results), "report", "base"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        words, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (results / "base" / "report.html").stat().st_size < 3_000_000


def test_an_acceptance_is_printed_and_ends_with_its_code(tmp_path):
    line = {"title": "Mount points ready", "state": "fail", "reason": "Nothing is mounted.", "remedy": "Mount it."}
    found = {"schema": "netfs.bench/acceptance/1", "at": "2026-12-01T00:00:00.000+00:00", "lines": [line]}
    said = {"exit_code": 20, "exit_meaning": "at least one line fails", "sentence": "1 lines: 1 fail."}
    (tmp_path / "acceptance").mkdir()
    (tmp_path / "acceptance/acceptance.json").write_text(json.dumps({**found, **said}), encoding="utf-8")
    answer, printed = tool(tmp_path, "acceptance")
    assert answer == 20
    assert printed.splitlines() == [
        "✖ fail            Mount points ready",
        "                    Nothing is mounted.",
        "                    Mount it.",
        "",
        "1 lines: 1 fail.",
        "Exit code 20: at least one line fails.",
        "Asked at 2026-12-01T00:00:00.000+00:00.",
    ]
