# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module fio against a fake fio that misbehaves, and against the real one where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.modules import fio

FIXTURES = Path(__file__).parents[2] / "fixtures" / "fio"
WORKLOADS = Path(__file__).parents[4] / "playbooks" / "workloads"
REAL = shutil.which("fio")
needs_fio = pytest.mark.skipif(not REAL, reason="fio is not installed")

# Writes how it was called, then does what the file "act" says; $OUTPUT is where the result goes.
FAKE = """#!/bin/sh
echo "$*" >>"$STAGE/calls"
case "$*" in *--version*) cat "$STAGE/version"; exit 0;; esac
for argument; do case "$argument" in --output=*) OUTPUT="${argument#--output=}";; esac; JOB="$argument"; done
cp "$JOB" "$STAGE/job"
env >"$STAGE/environment"
. "$STAGE/act"
"""
GOOD = 'cat "$STAGE/good" >"$OUTPUT"\n'
JOB = "[single]\nrw=randread\nsize=${SIZE}\n"


class Stage:
    """A fake fio and what it is told."""

    def __init__(self, tmp_path, monkeypatch, capsys):
        self.directory = tmp_path / "stage"
        self.target = tmp_path / "target"
        self.capsys = capsys
        self.directory.mkdir()
        self.target.mkdir()
        self.write("fio", FAKE)
        (self.directory / "fio").chmod(0o755)
        self.write("calls", "")
        self.write("version", "fio-3.39\n")
        # where a warning ends up depends on whether Ansible's controller code is loaded too
        self.warnings = []
        monkeypatch.setattr(fio.AnsibleModule, "warn", lambda _module, text: self.warnings.append(text))
        self.write("good", (FIXTURES / "single-3.39.json").read_text(encoding="utf-8"))
        self.act(GOOD)
        monkeypatch.setenv("PATH", f"{self.directory}:{os.environ['PATH']}")
        monkeypatch.setenv("STAGE", str(self.directory))

    def write(self, name, text):
        (self.directory / name).write_text(text, encoding="utf-8")

    def read(self, name):
        return (self.directory / name).read_text(encoding="utf-8")

    def act(self, script):
        self.write("act", script)

    def calls(self):
        calls = self.read("calls").splitlines()
        self.write("calls", "")
        return calls

    def run(self, **args):
        params = {"job": JOB, "directory": str(self.target), "variables": {"SIZE": "8m"}, **args}
        params = {key: value for key, value in params.items() if value is not None}
        with patch_module_args(params), pytest.raises(SystemExit):
            fio.main()
        return json.loads(self.capsys.readouterr().out)


@pytest.fixture
def stage(tmp_path, monkeypatch, capsys):
    return Stage(tmp_path, monkeypatch, capsys)


def test_a_run(stage):
    answer = stage.run(variables={"SIZE": 8388608, "UNUSED": 1}, section=["single"], return_output=True)
    assert answer["changed"] is True
    assert answer["metrics"]["read_ios"] == 2048
    assert answer["jobs"] == {"single": answer["metrics"]}
    assert answer["fio_version"] == "fio-3.39"
    assert answer["rc"] == 0
    assert answer["output"] == stage.read("good")
    assert answer["command"].startswith(f"SIZE=8388608 {stage.directory}/fio --eta=never")
    assert answer["notes"] == []
    (call,) = stage.calls()  # one start of fio, no more: nodes are slow
    assert f"--output-format=json+ --directory={stage.target} --section=single" in call
    assert "SIZE=8388608\n" in stage.read("environment")
    assert "UNUSED" not in stage.read("environment")
    assert stage.read("job") == JOB


def test_a_job_file_is_run_where_it_lies(stage, tmp_path):
    path = tmp_path / "a.fio"
    path.write_text(JOB, encoding="utf-8")
    answer = stage.run(job=None, job_file=str(path))
    assert answer["command"].endswith(f" {path}")
    assert answer["job_sha256"] == stage.run()["job_sha256"]


def test_a_kept_result_is_returned_until_something_differs(stage, tmp_path):
    dest = tmp_path / "raw.json"
    first = stage.run(dest=str(dest))
    assert first["changed"] is True
    assert dest.read_text(encoding="utf-8") == stage.read("good")
    assert len(stage.calls()) == 1
    for check in (False, True):
        again = stage.run(dest=str(dest), variables={"SIZE": "8m", "UNUSED": 2}, _ansible_check_mode=check)
        assert again["changed"] is False
        same = ("metrics", "command", "rc", "started", "ended", "seconds", "run_sha256", "output_sha256", "dest")
        assert {key: again[key] for key in same} == {key: first[key] for key in same}
        assert stage.calls() == ["--version"]
    other = tmp_path / "other"
    other.mkdir()
    for difference in (
        {"variables": {"SIZE": "9m"}},
        {"job": JOB + "bs=4k\n"},
        {"directory": str(other)},
        {"section": ["single"]},
        {"force": True},
    ):
        assert stage.run(dest=str(dest), **difference)["changed"] is True
        assert stage.run(dest=str(dest), **{**difference, "force": False})["changed"] is False
    stage.write("version", "fio-3.40\n")
    assert stage.run(dest=str(dest), section=["single"])["changed"] is True
    stage.write("version", "fio-3.39\n")
    dest.write_text(stage.read("good")[:-100], encoding="utf-8")
    assert stage.run(dest=str(dest), section=["single"])["changed"] is True


def test_a_failed_run_leaves_the_kept_result_alone(stage, tmp_path):
    dest = tmp_path / "raw.json"
    stage.run(dest=str(dest))
    stage.act(GOOD + "exit 1\n")
    assert stage.run(dest=str(dest), force=True)["failed"] is True
    assert stage.run(dest=str(dest))["changed"] is False


def test_check_mode_parses_and_runs_nothing(stage):
    stage.act("exit 0\n")
    answer = stage.run(_ansible_check_mode=True, section=["single"])
    assert answer["changed"] is True
    (call,) = stage.calls()
    assert call.startswith("--parse-only --section=single /")
    stage.act("echo 'Bad option <sizze=8m>' >&2; echo 'Did you mean size?' >&2; exit 1\n")
    answer = stage.run(_ansible_check_mode=True)
    assert "Bad option <sizze=8m>; Did you mean size?" in answer["msg"]


def test_a_node_without_fio(stage, monkeypatch):
    monkeypatch.setattr(fio.AnsibleModule, "get_bin_path", lambda _module, _name: None)
    answer = stage.run(_ansible_check_mode=True)
    assert answer["changed"] is True
    assert "was not parsed" in stage.warnings[0]
    assert "Install the package fio" in stage.run()["msg"]


def clients_document(name="clients"):
    return (FIXTURES / f"{name}-3.39.json").read_text(encoding="utf-8")


CLIENT_JOB = "[global]\nsize=${SIZE}\n[mix]\nrw=randrw\n[log]\nstonewall\nrw=write\n"


def test_clients(stage):
    stage.write("good", clients_document())
    answer = stage.run(
        job=CLIENT_JOB, directory="/on/the:clients", clients=["127.0.0.1:8811", "127.0.0.1:8812"], time_limit=77
    )
    assert answer["changed"] is True, answer
    assert answer["metrics"]["write_ios"] > 512
    assert set(answer["jobs"]) == {"mix", "log"}
    (call,) = stage.calls()
    assert "--client=127.0.0.1,8811 --output-format=json+ --client=127.0.0.1,8812 --output-format=json+ /" in call
    assert stage.read("job").startswith("[global]\ndirectory=/on/the\\:clients\nruntime=77\n[global]\nsize=8m\n[mix]")
    only = stage.run(job=CLIENT_JOB, section=["mix"], clients=["127.0.0.1:8811"])
    assert only["changed"] is True
    assert "[log]" not in stage.read("job")


@pytest.mark.parametrize(
    "name, says, advice",
    [
        ("clients-dropped", "failed parsing rw=wrte", "Correct the job"),
        ("clients-unreachable", "no result from client 127.0.0.1,8819", "Start fio --server there"),
    ],
)
def test_clients_fail_although_fio_exits_with_0(stage, name, says, advice):
    stage.write("good", clients_document(name))
    answer = stage.run(job=CLIENT_JOB, clients=["127.0.0.1:8811", "127.0.0.1:8819"])
    assert answer["failed"] is True
    assert answer["rc"] == 0
    assert says in answer["msg"]
    assert advice in answer["msg"]


def with_job(change):
    document = json.loads((FIXTURES / "single-3.39.json").read_text(encoding="utf-8"))
    change(document["jobs"][0])
    return json.dumps(document, indent=2)


@pytest.mark.parametrize(
    "good, act, says, advice",
    [
        (None, "echo 'fio: failed parsing rw=rea' >&2; exit 1\n", "fio: failed parsing rw=rea; there is no", "Correct"),
        (None, "exit 0\n", "no JSON document in 0 characters", "See stderr"),
        (None, 'head -c 500 "$STAGE/good" >"$OUTPUT"\n', "the JSON document is incomplete", "See stderr"),
        (None, 'sed "s/bw_mean.*,/bw_mean\\" : -nan,/" "$STAGE/good" >"$OUTPUT"\n', "wrote -nan as bw_mean", "Measure"),
        (None, GOOD + "exit 1\n", "exit status 1", "See stderr"),
        (None, GOOD + "kill -9 $$\n", "exit status -9", "See stderr"),
        (None, GOOD + "echo 'nfs: Got NFS EOF'\n", "Got NFS EOF", "Check the server"),
        (None, GOOD + "echo 'fio: io_u error on file x: No space left on device' >&2\n", "No space", "Free some space"),
        (None, 'echo \'Failed to mount\' >"$OUTPUT"\ncat "$STAGE/good" >>"$OUTPUT"\n', "Failed to mount", "See stderr"),
        (lambda job: job.update(error=5), GOOD, "error 5 (Input/output error)", "Check the server"),
        (
            lambda job: job.update(error=84),
            GOOD + "echo 'verify: bad magic' >&2\n",
            "verify: bad",
            "returned bytes that differ",
        ),
        (lambda job: job["read"].update(total_ios=0), GOOD, "no I/O", "See stderr"),
        (lambda job: job["read"]["clat_ns"].pop("bins"), GOOD, "latency was not measured", "Remove disable_clat"),
        (lambda job: job["read"]["clat_ns"].update(N=3), GOOD, "the bins hold 2048", "See stderr"),
    ],
)
def test_failures_say_what_was_asked_and_answered_and_what_to_do(stage, good, act, says, advice):
    if good:
        stage.write("good", with_job(good))
    stage.act(act)
    answer = stage.run(return_output=True)
    assert answer["failed"] is True
    assert answer["msg"].startswith(f"fio failed to run [single] in {stage.target}: ")
    assert says in answer["msg"]
    assert advice in answer["msg"].split(". ", 1)[1]
    assert "rc" in answer
    assert "stderr" in answer
    assert ("output" in answer) is (act.find("OUTPUT") > 0)


def test_notes_become_warnings(stage):
    stage.act('echo \'note: queue depth will be capped at 1\' >"$OUTPUT"; cat "$STAGE/good" >>"$OUTPUT"\n')
    answer = stage.run()
    assert answer["changed"] is True
    assert answer["notes"] == ["note: queue depth will be capped at 1"]
    assert "queue depth will be capped" in stage.warnings[0]


@pytest.mark.parametrize("script, seconds", [("sleep 60\n", 4), ("trap '' TERM; sleep 60; sleep 60\n", 9)])
def test_time_limit(stage, script, seconds):
    stage.act(f'echo $$ >"$STAGE/pid"\n{script}')
    started = time.monotonic()
    answer = stage.run(time_limit=1)
    assert time.monotonic() - started < seconds
    assert "it ran longer than 1 seconds and was killed" in answer["msg"]
    assert "time_limit" in answer["msg"]
    assert not Path(f"/proc/{stage.read('pid').strip()}").exists()


def test_a_fio_that_does_not_die(stage, monkeypatch):
    outcome = fio.Outcome(None, "", "", 9.0, "it ran longer than 1 seconds", [4711])
    monkeypatch.setattr(fio, "run", lambda _argv, **_bounds: outcome)
    answer = stage.run(time_limit=1)
    assert answer["survivors"] == [4711]
    assert (
        "processes 4711 could not be killed, because they wait for a file system that does not answer" in answer["msg"]
    )
    assert "rc" not in answer


def test_output_without_end(stage, monkeypatch):
    monkeypatch.setattr(fio, "OUTPUT_LIMIT", 1000)
    stage.act('cat "$STAGE/good" >"$OUTPUT"; sleep 60\n')
    assert "bytes of output and was killed" in stage.run()["msg"]


def test_a_chatty_fio_is_bounded(stage):
    stage.act("yes 'reconnect reset waitpdu queues' | head -n 200000 >&2\n" + GOOD)
    answer = stage.run()
    assert answer["changed"] is True
    assert len(json.dumps(answer)) < 100000


@pytest.mark.parametrize(
    "args, says",
    [
        ({"variables": {}}, "The job uses ${SIZE} without a value"),
        ({"variables": {"SIZE": None}}, "Add SIZE to variables"),
        ({"section": ["other"]}, "The job has no section other; it has single"),
        ({"directory": "/nonexistent"}, "The directory /nonexistent does not exist"),
        ({"directory": "/etc/passwd"}, "/etc/passwd is not a directory"),
        ({"required_bytes": 1 << 60}, f"and {1 << 60} are required"),
        ({"job": None, "job_file": "/nonexistent.fio"}, "The job file /nonexistent.fio cannot be read"),
        ({"dest": "/nonexistent/x.json"}, "The directory of dest, /nonexistent, does not exist"),
    ],
)
def test_what_is_refused_before_anything_runs(stage, args, says):
    answer = stage.run(**args)
    assert answer["failed"] is True
    assert says in answer["msg"]
    assert stage.calls() == []


def test_a_directory_that_is_not_writable(stage, monkeypatch):
    monkeypatch.setattr(fio.os, "access", lambda _path, _mode: False)
    assert "is not writable, and the job writes" in stage.run(job="[single]\nrw=write\n")["msg"]
    assert stage.run()["changed"] is True  # who only reads need not write


def test_a_dead_file_system(stage, monkeypatch):
    monkeypatch.setattr(fio.os, "statvfs", lambda _path: time.sleep(60))
    started = time.monotonic()
    assert "returned no answer within 1 seconds" in stage.run(time_limit=1)["msg"]
    assert time.monotonic() - started < 4
    assert stage.calls() == []


class Real:
    """The installed fio."""

    def __init__(self, tmp_path, capsys):
        self.target = tmp_path
        self.capsys = capsys

    def run(self, **args):
        with patch_module_args({"directory": str(self.target), **args}), pytest.raises(SystemExit):
            fio.main()
        return json.loads(self.capsys.readouterr().out)


@pytest.fixture
def real(tmp_path, capsys):
    return Real(tmp_path, capsys)


VARIABLES = {"SIZE": "1m", "RUNTIME": 1, "RAMP": 0, "JOBS": 2, "FILES": 20}


@needs_fio
@pytest.mark.parametrize("path", sorted(WORKLOADS.glob("*.fio")), ids=lambda path: path.stem)
def test_workloads_run_after_their_layout_and_fail_without(real, path):
    job = path.read_text(encoding="utf-8")
    head = dict(line[2:].split(": ", 1) for line in job.splitlines() if line.startswith(("; metric", "; layout")))
    if head["layout"] != "none":
        answer = real.run(job=job, variables=VARIABLES, time_limit=60)
        assert answer["failed"] is True
        assert "Lay the files out first" in answer["msg"]
        assert list(real.target.iterdir()) == []
        layout = real.run(job_file=str(WORKLOADS / "layouts" / f"{head['layout']}.fio"), variables=VARIABLES)
        assert layout["metrics"]["write_bytes"] == 2 * 1024 * 1024
    before = {entry.name: entry.stat().st_size for entry in real.target.iterdir()}
    answer = real.run(job=job, variables=VARIABLES, time_limit=60)
    assert answer["changed"] is True, answer
    assert answer["metrics"][head["metric"]] > 0
    assert {entry.name: entry.stat().st_size for entry in real.target.iterdir()} == before


@needs_fio
def test_real_typos_are_named(real):
    answer = real.run(job="[a]\nrw=write\nblocksiz=4k\nsize=1m\n")
    assert "Bad option <blocksiz=4k>; Did you mean block?" in answer["msg"]
    assert "Bad option <blocksiz=4k>" in real.run(job="[a]\nblocksiz=4k\n", _ansible_check_mode=True)["msg"]


@needs_fio
def test_real_fio_leaves_no_process_at_the_time_limit(real):
    job = f"[a]\nrw=write\nsize=1m\nnumjobs=3\ntime_based=1\nruntime=60\nfilename_format={real.target.name}.$jobnum\n"
    answer = real.run(job=job, time_limit=1)
    assert "it ran longer than 1 seconds and was killed" in answer["msg"]
    assert processes_with(str(real.target)) == []


def processes_with(word):
    """Living processes with a word in their command line."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and process.name != str(os.getpid()):
            try:
                if word in (process / "cmdline").read_text(encoding="utf-8"):
                    found.append(int(process.name))
            except OSError:
                continue
    return found


@pytest.fixture
def servers():
    """Two fio servers on free ports."""
    started = []
    for _number in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [REAL, f"--server=127.0.0.1,{port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        started.append((process, port))
    for _process, port in started:
        for _try in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
    yield [port for _process, port in started]
    for process, _port in started:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@needs_fio
def test_real_clients_are_merged(real, servers):
    answer = real.run(
        job="[a]\nrw=write\nsize=${SIZE}\nbs=4k\nfilename_format=a.$clientuid.$jobnum\nnumjobs=2\n",
        variables={"SIZE": "1m"},
        clients=[f"127.0.0.1:{port}" for port in servers],
        time_limit=60,
    )
    assert answer["changed"] is True, answer
    assert answer["metrics"]["write_bytes"] == 4 * 1024 * 1024
    assert answer["notes"] == []


@needs_fio
def test_real_servers_stop_their_jobs_at_the_time_limit(real, servers):
    answer = real.run(
        job="[a]\nrw=write\nsize=1m\ntime_based=1\nruntime=120\nfilename_format=a.$clientuid.$jobnum\nnumjobs=2\n",
        clients=[f"127.0.0.1:{port}" for port in servers],
        time_limit=3,
    )
    assert "it ran longer than 3 seconds and was killed" in answer["msg"]
    until = time.monotonic() + 5
    while time.monotonic() < until:
        # Each server is one process again: the connection and its jobs are gone.
        if all(len(processes_with(f"127.0.0.1,{port}")) == 1 for port in servers):
            break
        time.sleep(0.1)
    assert [len(processes_with(f"--server=127.0.0.1,{port}")) for port in servers] == [1, 1]


@needs_fio
def test_real_clients_that_are_not_there(real, servers):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    answer = real.run(
        job="[a]\nrw=write\nsize=1m\nfilename_format=a.$clientuid.$jobnum\n",
        clients=[f"127.0.0.1:{servers[0]}", f"127.0.0.1:{free}"],
        time_limit=30,
    )
    assert answer["failed"] is True
    assert f"127.0.0.1,{free}" in answer["msg"] or "Connection refused" in answer["msg"]
