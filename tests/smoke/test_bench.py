# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job from nothing to a report, and what becomes of it when its parts are killed.

The tests build on each other in the order in which they stand: nodes that one makes, the next uses.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import signal
import statistics
import time
from pathlib import Path

import jsonschema
import pytest
from installation import ROOT, Installation, docker

INSTALLATION = Installation(
    f"{os.environ.get('NETFS_BENCH_INSTALLATION', 'netfs')}-smoke",
    os.environ.get("NETFS_BENCH_SMOKE_SUBNET", "198.18.2.0/24"),
)
SHORT = ("workload=seq-read-1m,rand-read-4k,sync-write-4k", "protocol=nfs4.2", "SIZE=16m", "cell_time_limit=20")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Where the runs of this module go; the nodes go away with it, as do those that a broken off test left."""
    INSTALLATION.play("playbooks/destroy.yml")
    yield tmp_path_factory.mktemp("results")
    INSTALLATION.play("playbooks/destroy.yml")


def bench(results, *variables):
    return INSTALLATION.play("bench.yml", "system=ganesha", "effort=smoke", f"results={results}", *variables)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def records(results, run):
    return {path.stem: read(path) for path in (results / run / "cells").glob("*.json")}


def valid(document, schema):
    jsonschema.validate(document, read(ROOT / "schemas" / f"{schema}.schema.json"))
    return document


def in_the_middle(results, run, acts, *variables):
    """Start a run, act when its first cells have been measured, and wait for its end; return its exit code and output.

    :param acts: what to do after the first cell, after the second, ...; each is called with the process.
    """
    asked = ("system=ganesha", "effort=smoke", f"results={results}", f"run={run}", *variables)
    with INSTALLATION.start("bench.yml", *asked, words=("--diff",)) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            measured = re.search(r"^ *\[(\d+)/", line)
            if measured and int(measured[1]) <= len(acts):
                acts[int(measured[1]) - 1](process)
    return process.returncode, "".join(said)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("system=ganehsa", "Did you mean 'ganesha'"),
        ("protocol=smb3", "is supported by 'ganesha'"),
        ("workload=seq-raed-1m", "Did you mean 'seq-read-1m'"),
        ("effort=smok", "Did you mean 'smoke'"),
        ("SIZE=lots", "'lots' is not a size"),
        ("SIZE=900t", "The disk is too small"),
    ],
)
def test_nonsense_is_refused_before_anything_is_made(results, variable, message):
    code, output = bench(results, variable)
    assert code != 0
    assert message in output
    assert INSTALLATION.ours("container") == []
    assert list(results.iterdir()) == []


def test_the_plan_alone_makes_nothing(results):
    code, output = bench(results, "plan_only=true")
    assert code == 0, output
    assert re.search(r"run \S+: \d+ cells, about \d+ min", output)
    assert "node client: kernel" in output
    assert INSTALLATION.ours("container") == []
    assert list(results.iterdir()) == []


def test_from_nothing_to_a_report(results, record_property):
    code, output = bench(results, "run=first")
    assert code == 0, output
    assert "remote_tmp" not in output
    plan = valid(read(results / "first" / "plan.json"), "plan")
    nodes = valid(read(results / "first" / "run.json"), "run")["nodes"]
    assert {node["node"] for node in nodes.values()} == {"server", "client"}
    assert "unknown" not in [node["kernel"] for node in nodes.values()]
    cells = records(results, "first")
    assert set(cells) == {cell["id"] for cell in plan["cells"]}
    for cell in cells.values():
        valid(cell, "cell")
        assert cell["status"] == "ok", cell["reason"]
        raw = (results / "first" / cell["raw"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == cell["raw_sha256"]
        assert cell["provenance"]["mount"]["fstype"].startswith("nfs")
        assert f"vers={cell['protocol'].removeprefix('nfs')}" in cell["provenance"]["mount"]["options_effective"]
    for protocol in ("nfs3", "nfs4.2"):
        assert len({cell["workload"] for cell in cells.values() if cell["protocol"] == protocol}) >= 8
    for name in ("report.txt", "report.md", "report.csv"):
        report = (results / "first" / name).read_text(encoding="utf-8")
        assert all(cell["workload"] in report for cell in cells.values())
    assert f"{len(cells)} of {len(cells)} cells measured, 0 failed" in output
    outside = statistics.median(cell["seconds"]["outside"] for cell in cells.values())
    record_property("median seconds of a cell outside fio", outside)


def test_what_is_reported_is_what_fio_said(results):
    for cell in records(results, "first").values():
        if cell["workload"] == "rand-read-4k":
            text = (results / "first" / cell["raw"]).read_text(encoding="utf-8")
            (job,) = json.loads(text[text.index("{") :])["jobs"]
            assert cell["metrics"]["read_iops"] == pytest.approx(job["read"]["iops"], rel=0.02)
            assert cell["metrics"]["read_latency_p99_ns"] == job["read"]["clat_ns"]["percentile"]["99.000000"]


def test_the_latest_run_is_reported_again_without_any_node(results):
    code, output = INSTALLATION.play("playbooks/report.yml", f"results={results}")
    assert code == 0, output
    assert "Run first," in output


def state_of_nodes():
    """The nodes, and when the files of the server were written."""
    find = "find /etc/netfs-ganesha /etc/systemd/system -type f | xargs stat -c %n,%Y"
    return sorted(INSTALLATION.ours("container")), sorted(INSTALLATION.on("server", "sh", "-c", find))


def test_a_controller_that_is_killed_loses_one_cell_and_the_run_is_taken_up(results):
    """The nodes are those of the first run: neither part of the second makes one, or writes a file there."""
    before = state_of_nodes()
    kill = [lambda process: os.killpg(process.pid, signal.SIGKILL)]
    ended = in_the_middle(results, "second", kill, "ceilings=true", *SHORT)
    assert ended[0] == -signal.SIGKILL
    kept = {path: path.stat().st_mtime_ns for path in (results / "second" / "cells").glob("*.json")}
    plan = read(results / "second" / "plan.json")
    assert 1 <= len(kept) < len(plan["cells"])
    time.sleep(1)
    code, output = bench(results, "run=second", "ceilings=true", *SHORT)
    assert code == 0, output
    deploying = output.partition("\nOpen the run directory")[0]
    assert f"changed {INSTALLATION.name}-server: Stop services left by an earlier run" in deploying
    cells = records(results, "second")
    assert len(cells) == len(plan["cells"])
    assert {cell["status"] for cell in cells.values()} == {"ok"}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert read(results / "second" / "plan.json") == plan
    assert state_of_nodes() == before


def test_what_memory_disk_and_network_do_by_themselves_stands_in_the_report(results):
    plan = valid(read(results / "second" / "plan.json"), "plan")
    kept = {path.stem: valid(read(path), "ceiling") for path in (results / "second" / "ceilings").glob("*.json")}
    assert set(kept) == {f"{name}~1" for name in plan["ceilings"]}
    assert {"disk-write-server~1", "network-read-server~1", "network-write-server~1"} < set(kept)
    for record in kept.values():
        assert record["status"] == "ok", record["reason"]
        raw = (results / "second" / record["raw"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == record["raw_sha256"]
    series = read(results / "second" / "report.json")["series"]
    assert all(one["ceiling"] > 0 for one in series)
    assert INSTALLATION.on("server", "find", "/export", "-name", ".netfs-bench-ceiling") == []


def transferred(node):
    """How many bytes a node has received and sent over its network."""
    counters = [f"/sys/class/net/eth0/statistics/{way}_bytes" for way in ("rx", "tx")]
    return sum(int(word) for word in INSTALLATION.on(node, "cat", *counters))


def take_the_store_away(_process):
    """Stop the object store while the second cell is measured, and start it again."""
    before, until = transferred("server"), time.monotonic() + 60
    # the load has begun, and is far from its end
    while transferred("server") < before + (4 << 20) and time.monotonic() < until:
        time.sleep(0.1)
    for action in ("stop", "start"):
        INSTALLATION.on("object_store", "systemctl", action, "netfs-object-store.service")


@pytest.fixture(scope="module")
def store_away(results):
    """The exit code and the output of a run over rclone and then Ganesha, in which the object store went away."""
    # with this seed rclone is the first of the two
    cells = ("system=rclone,ganesha", "protocol=nfs3", "workload=seq-read-1m,rand-write-4k", "seed=3", "RUNTIME=6")
    return in_the_middle(results, "store-away", [take_the_store_away], "SIZE=16m", "cell_time_limit=40", *cells)


def test_a_store_that_goes_away_fails_one_cell_and_nothing_after_it(results, store_away):
    code, output = store_away
    assert code != 0
    turns = read(results / "store-away" / "plan.json")["turns"]
    assert [turn["system"] for turn in turns] == ["rclone", "ganesha"]
    cells = records(results, "store-away")
    failed = {name: cell["reason"] for name, cell in cells.items() if cell["status"] != "ok"}
    assert (len(cells), list(failed)) == (4, [turns[0]["cells"][1]]), output
    (reason,) = failed.values()
    assert reason.startswith("During the measurement, netfs-object-store.service ended")
    assert reason in output
    for name in ("report.txt", "report.md", "report.html"):
        assert reason in (results / "store-away" / name).read_text(encoding="utf-8")


@pytest.mark.usefixtures("store_away")
def test_one_server_runs_at_a_time(results):
    for cell in records(results, "store-away").values():
        units = {line.split()[0] for line in cell["provenance"]["service"]["listening"]}
        assert {unit for unit in units if unit.startswith("netfs-")} == {f"netfs-{cell['system']}.service"}


def test_results_and_output_hold_no_secret(results, store_away):
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    keys = configparser.ConfigParser(interpolation=None)
    keys.read(
        state / f"netfs.bench/{INSTALLATION.name}/secrets/object-store-{INSTALLATION.name}-object_store.credentials"
    )
    control = INSTALLATION.on("server", "cat", "/etc/netfs-rclone/remote_control")
    secrets = [*keys["default"].values(), *(word.split("=")[1] for word in control if "PASS=" in word)]
    assert len(secrets) == 3
    kept = {str(path): path.read_bytes().decode(errors="replace") for path in results.rglob("*") if path.is_file()}
    kept["the output of ansible-playbook --diff"] = store_away[1]
    assert "+[Unit]" in store_away[1]
    assert [place for place, text in kept.items() for secret in secrets if secret in text] == []


FLIP = """
import pathlib
file = next(pathlib.Path("/export").rglob("netfs-data.0.0"))
with file.open("r+b") as data:
    data.seek(5000000)
    (byte,) = data.read(1)
    data.seek(5000000)
    data.write(bytes([byte ^ 1]))
"""
READS = ("workload=seq-read-1m,seq-read-1m-direct,rand-read-4k", *SHORT[1:])


def flip_a_byte(_process):
    """Change one bit of a file that was laid out, on the server's disk and behind its back."""
    INSTALLATION.on("server", "python3", "-c", FLIP)


def kill_the_server(_process):
    docker("kill", f"{INSTALLATION.name}-server")


def test_a_flipped_bit_and_a_killed_server_fail_one_cell_each_and_the_run(results):
    code, output = in_the_middle(results, "broken-server", [flip_a_byte, kill_the_server], *READS)
    assert code != 0
    assert "cells failed" in output
    cells = records(results, "broken-server")
    order = read(results / "broken-server" / "plan.json")["turns"][0]["cells"]
    states = [cells[name]["status"] for name in order]
    assert states == ["ok", "corrupt", "failed"], output
    wrong, lost = (cells[name]["reason"] for name in order[1:])
    assert wrong.startswith("Wrong bytes came back: ")
    assert "netfs-data.0.0" in wrong
    assert str(5000000 // 4096 * 4096) in wrong
    report = (results / "broken-server" / "report.md").read_text(encoding="utf-8")
    assert wrong in report
    assert lost in report
    # its figure is kept, and ranks nothing
    series = {one["workload"]: one for one in read(results / "broken-server" / "report.json")["series"]}
    assert "median" not in series[cells[order[1]]["workload"]]


def pause_the_server(_process):
    """From now on the server takes connections and answers nothing."""
    docker("pause", f"{INSTALLATION.name}-server")


def test_a_node_that_answers_nothing_fails_one_cell_and_is_brought_back(results):
    short = (*READS[:-1], "cell_time_limit=10", "answer_time_limit=10")
    code, output = in_the_middle(results, "silent-server", [pause_the_server], *short)
    assert code != 0
    cells = records(results, "silent-server")
    order = read(results / "silent-server" / "plan.json")["turns"][0]["cells"]
    assert [cells[name]["status"] for name in order] == ["ok", "failed", "ok"], output
    lost = cells[order[1]]
    assert lost["silent"] == [f"{INSTALLATION.name}-server"]
    assert lost["reason"].endswith(f"(no answer came from node {INSTALLATION.name}-server)")


def test_only_what_failed_is_measured_again(results):
    place = results / "broken-server" / "cells"
    kept = {path: path.stat().st_mtime_ns for path in place.glob("*.json") if read(path)["status"] == "ok"}
    assert len(kept) == 1
    code, output = INSTALLATION.play(
        "playbooks/measure.yml", f"results={results}", "run=broken-server", "rerun=failed", *READS
    )
    assert code == 0, output
    assert {cell["status"] for cell in records(results, "broken-server").values()} == {"ok"}
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


@pytest.mark.usefixtures("results")
def test_the_nodes_go_with_all_that_belongs_to_them():
    assert INSTALLATION.ours("container")
    code, output = INSTALLATION.play("playbooks/destroy.yml")
    assert code == 0, output
    assert INSTALLATION.left() == []
