#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: fio
short_description: Run a fio job and return its metrics
version_added: 0.1.0
description:
  - Runs a job of the I/O tester C(fio) in a directory of the managed node, or on any number of hosts that run
    C(fio --server), and returns flat metrics whose names carry their units.
  - Percentiles come from the merged latency histograms of all jobs and clients, never from averaged percentiles. One
    that rests on too few samples is left out.
  - A run whose output betrays an error that the exit status hides is a failure. That is an error of a single job, a job
    that did no I/O, a section or a client without a result, a histogram that does not add up, or a document that is cut
    short.
  - fio never outlives the module, and the module never waits for fio longer than O(time_limit) and about ten seconds,
    even when fio sleeps in a dead network file system where no signal reaches it.
options:
  job:
    description:
      - Text of the job file.
      - Exactly one of O(job) and O(job_file) is needed.
    type: str
  job_file:
    description: Job file on the managed node.
    type: path
  directory:
    description:
      - Directory that is loaded. It must exist; a section's own C(directory=) overrules it.
      - With O(clients) it is a directory of the clients.
    type: path
    required: true
  variables:
    description:
      - Values for C(${NAME}) in the job, given to fio as environment variables.
      - A name that the job uses and that has no value here is an error before anything runs, because fio would silently
        put nothing in its place. Names that the job does not use do no harm.
    type: dict
    default: {}
  section:
    description: Run these sections of the job only.
    type: list
    elements: str
    default: []
  clients:
    description:
      - Hosts that run C(fio --server), each as V(host), V(host:port) or V([address]:port). The port is 8765 if omitted.
      - All of them run the same job at the same time. Let C(filename_format) contain C($clientuid) when they share a
        file system and must not share files.
      - The job is sent with the values of O(variables) in place, since a server does not know this environment.
    type: list
    elements: str
    default: []
  time_limit:
    description:
      - Seconds after which fio is ended and the task fails. It gets SIGTERM, after five seconds SIGKILL.
      - With O(clients), SIGTERM makes fio tell every server to stop its jobs, which takes less than two seconds.
      - A server that cannot be told, because this host or the network died, goes on until the end of the job; a job
        without a C(runtime) of its own therefore gets O(time_limit) as its C(runtime) there.
    type: int
    default: 3600
  dest:
    description:
      - Keep fio's own output (json+) in this file of the managed node, and what is needed to recognise the run beside
        it, in the same name with V(.run.json) appended.
      - When it already holds the result of the same run, that result is returned and nothing runs. The same run has the
        same job text, values of the variables that the job uses, directory, sections, clients and version of fio.
      - A run that fails leaves it alone.
    type: path
  force:
    description: Run even though O(dest) holds the result of the same run.
    type: bool
    default: false
  return_output:
    description: Return fio's own output as text too, also when the run failed.
    type: bool
    default: false
  required_bytes:
    description:
      - Free space that the directory must have, else the task fails before anything runs.
      - Not looked at with O(clients).
    type: int
    default: 0
  windows_of:
    description:
      - A metric, such as C(read_iops) or C(write_bandwidth_bytes_per_s), that is returned for five equal windows of the
        measured time as well. The ramp is no part of it.
      - Not looked at with O(clients).
    type: str
requirements:
  - fio 3.30 or newer on the managed node
attributes:
  check_mode:
    description: >-
      The job is parsed by C(fio --parse-only), and a result in O(dest) is found; nothing runs. On a node that has no
      fio yet the job is not parsed, and a warning says so.
    support: full
  diff_mode:
    description: A measurement has no difference to show.
    support: none
  idempotent:
    description: With O(dest) a second run returns the kept result; without it, every task measures again.
    support: partial
notes:
  - Logs that a job writes under a relative name are lost with the temporary directory that fio runs in; give such
    options an absolute path.
  - Files named by C(include) in a job are not part of what O(dest) recognises.
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.client_mount
  - name: fio documentation
    description: All options of job files.
    link: https://fio.readthedocs.io/
"""

EXAMPLES = r"""
- name: Measure random reads of any directory
  netfs.bench.fio:
    directory: /srv/data
    job: |
      [rand-read-4k]
      rw=randread
      bs=4k
      size=256m
      direct=1
      time_based=1
      runtime=${RUNTIME}
    variables: {RUNTIME: 30}
    time_limit: 120
  register: result

- name: Refuse a disk that is too slow
  ansible.builtin.assert:
    that: result.metrics.read_latency_p99_ns < 5000000

- name: Lay out files, unless there is no room for them
  netfs.bench.fio:
    job: "{{ lookup('ansible.builtin.file', 'workloads/layouts/data.fio') }}"
    directory: /mnt/share
    variables: {SIZE: 1g, JOBS: 4}
    required_bytes: 4294967296

- name: Measure once and keep fio's own output; a second run of the play returns what is kept
  netfs.bench.fio:
    job_file: /etc/fio/nightly.fio
    directory: /mnt/share
    dest: /var/tmp/nightly.json

- name: Load a server from two clients at the same time
  netfs.bench.fio:
    job: |
      [write]
      rw=write
      bs=1m
      size=1g
      end_fsync=1
      filename_format=write.$clientuid.$jobnum
    directory: /mnt/share
    clients: [client1.example.org, "client2.example.org:8766"]
    time_limit: 600
"""

RETURN = r"""
changed:
  description: Whether fio ran (in check mode, whether it would).
  returned: always
  type: bool
metrics:
  description:
    - Metrics over all jobs and clients, flat, with units in their names.
    - For each of read, write and trim that did I/O, C(<op>_bandwidth_bytes_per_s), C(<op>_iops), C(<op>_bytes),
      C(<op>_ios), C(<op>_latency_mean_ns), C(<op>_latency_min_ns), C(<op>_latency_max_ns) and, where there are enough
      samples (ten above the percentile), C(<op>_latency_p50_ns), C(p95), C(p99), C(p99_9), C(p99_99).
    - Latency is completion latency, C(clat) of fio.
    - C(fsync_ios) and C(fsync_latency_*) when the job calls fsync between its writes; always C(runtime_ms),
      C(cpu_user_percent) and C(cpu_system_percent) (of one CPU, summed over the jobs of a client, mean of the clients).
    - A rate is all bytes over the runtime of the slowest job, which is fio's own aggregate and equals the sum of the
      jobs' rates when all run equally long. Sections that run one after another (C(stonewall)) add up their times.
  returned: when a result exists
  type: dict
  sample: {"read_iops": 9120.4, "read_latency_p99_ns": 1003520, "runtime_ms": 30001}
windows:
  description: The metric O(windows_of) in five equal windows. Empty when the run was too short for that.
  returned: when O(windows_of) is given and fio ran
  type: list
  elements: float
  sample: [9210.5, 9190.0, 9300.1, 9111.2, 9240.8]
jobs:
  description: The same metrics for each job name.
  returned: when a result exists
  type: dict
fio_version:
  description: Version of fio.
  returned: when a result exists
  type: str
  sample: fio-3.39
command:
  description: The command, with the environment it was given, as a line for a shell.
  returned: when fio was started
  type: str
rc:
  description: Exit status of fio; negative when a signal ended it.
  returned: when fio ended
  type: int
job_sha256:
  description: SHA-256 of the text of the job.
  returned: always
  type: str
run_sha256:
  description: SHA-256 over all that makes two runs the same, see O(dest).
  returned: when a result exists
  type: str
output_sha256:
  description: SHA-256 of fio's own output.
  returned: when a result exists
  type: str
output:
  description: fio's own output.
  returned: when O(return_output) is true and there is some
  type: str
dest:
  description: File that holds fio's own output.
  returned: when O(dest) is given and a result exists
  type: str
started:
  description: When fio was started, ISO 8601 in UTC, by the clock of the managed node.
  returned: when a result exists
  type: str
ended:
  description: When fio had ended.
  returned: when a result exists
  type: str
seconds:
  description: How long fio ran, with its preparations.
  returned: when fio was started
  type: float
notes:
  description: Lines that fio wrote besides its result; the first ones are warnings of the task too.
  returned: when a result exists
  type: list
  elements: str
stderr:
  description: What fio wrote to standard error, at most 64 KiB.
  returned: on failure
  type: str
survivors:
  description: Processes that could not be killed because they wait for a file system that does not answer.
  returned: on failure, when there are some
  type: list
  elements: int
"""

import json
import os
import shlex
import sys
import time
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils import _fio
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, Outcome, ask, run

OUTPUT_LIMIT = 128 * 1024 * 1024  # a document of a thousand jobs with full histograms is smaller
PROBE_SECONDS = 15
NOTE_LIMIT = 10
KEPT = ("command", "rc", "started", "ended", "seconds")  # what fio's output does not say


def utc(seconds: float) -> str:
    """ISO 8601 of a point in time."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}+00:00"


class Fio:
    """One run: what was asked, and how it goes."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.job = self._job()
        self.sections = self.params["section"] or _fio.sections_of(self.job)
        self.clients = [_fio.client_argument(client) for client in self.params["clients"]]
        self.variables = self._variables()
        self.log = self._log()
        self.request = {
            "job_sha256": _fio.sha256_of(self.job),
            "variables": self.variables,
            "directory": self.params["directory"],
            "section": self.params["section"],
            "clients": self.clients,
        }

    def _job(self) -> str:
        if self.params["job"] is not None:
            return str(self.params["job"])
        try:
            return Path(self.params["job_file"]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FailureError(f"The job file {self.params['job_file']} cannot be read: {error}.") from error

    def _log(self) -> str:
        """Which log of fio shows the metric over time; none is asked for when fio runs elsewhere."""
        metric = self.params["windows_of"]
        if not metric or self.clients:
            return ""
        found = _fio.log_of(metric)
        if not found:
            raise FailureError(
                f"windows_of is {metric}; fio logs a bandwidth or a rate, such as read_bandwidth_bytes_per_s or "
                "write_iops."
            )
        return found[0]

    def _variables(self) -> dict[str, str]:
        """Values of the variables that the job uses."""
        names = _fio.variables_of(self.job)
        given = self.params["variables"]
        missing = [name for name in names if given.get(name) is None]
        if missing:
            listed = ", ".join(f"${{{name}}}" for name in missing)
            raise FailureError(
                f"The job uses {listed} without a value, which fio would read as empty. "
                f"Add {', '.join(missing)} to variables."
            )
        return {name: str(given[name]) for name in names}

    def __call__(self) -> dict[str, t.Any]:
        known = _fio.sections_of(self.job)
        unknown = [name for name in self.params["section"] if name not in known]
        if unknown:
            raise FailureError(f"The job has no section {', '.join(unknown)}; it has {', '.join(known) or 'none'}.")
        program = self.module.get_bin_path("fio")
        if not program and not self.module.check_mode:
            raise FailureError(
                "fio is not installed on this host. Install the package fio.", job_sha256=self._job_sha256()
            )
        kept = self._kept(program) if program else None
        if kept:
            return kept
        if self.module.check_mode:
            return self._parse(program)
        self._look()
        return self._run(program)

    def _job_sha256(self) -> str:
        return str(self.request["job_sha256"])

    def _kept(self, program: str) -> dict[str, t.Any] | None:
        """The result that dest holds, if it is that of the same run."""
        dest = self.params["dest"]
        if self.params["force"] or not dest:
            return None
        try:
            about = json.loads(Path(f"{dest}.run.json").read_text(encoding="utf-8"))
            if about["request"] != self.request or about["fio_version"] != self._version(program):
                return None
            text = Path(dest).read_text(encoding="utf-8")
            if _fio.sha256_of(text) != about["output_sha256"]:
                return None
            notes, document = _fio.parse_output(text)
            facts = {key: about[key] for key in KEPT}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return {**self._result(text, document, notes), **facts, "changed": False, "dest": dest}

    def _version(self, program: str) -> str:
        return run([program, "--version"], seconds=30).stdout.strip()

    def _parse(self, program: str | None) -> dict[str, t.Any]:
        """Check mode: let fio read the job."""
        facts: dict[str, t.Any] = {"changed": True, "job_sha256": self._job_sha256()}
        if not program:
            self.module.warn("fio is not installed on this host yet, so the job was not parsed.")
            return facts
        job = self._write("job.fio", self.job)
        argv = [program, "--parse-only", *(f"--section={name}" for name in self.params["section"]), job]
        outcome = run(argv, seconds=30, env=self.variables, cwd=self.module.tmpdir)
        facts.update(command=self._command(argv), rc=outcome.rc, seconds=round(outcome.seconds, 3))
        if outcome.rc or outcome.stopped:
            said = _fio.error_lines(outcome.stderr + outcome.stdout) or [outcome.stderr.strip()]
            raise self._failure([outcome.stopped or f"exit status {outcome.rc}", *said], {**facts, "changed": False})
        return facts

    def _look(self) -> None:
        """Refuse what cannot work before anything runs."""
        dest = self.params["dest"]
        if dest and not Path(dest).parent.is_dir():
            raise FailureError(f"The directory of dest, {Path(dest).parent}, does not exist. Create it.")
        if self.clients:
            return
        directory = Path(self.params["directory"])

        def answer() -> dict[str, t.Any]:
            space = os.statvfs(directory)
            return {
                "directory": directory.is_dir(),
                "writable": os.access(directory, os.W_OK | os.X_OK),
                # some servers tell of a file system without any blocks: then nobody knows
                "free": space.f_bavail * space.f_frsize if space.f_blocks else sys.maxsize,
            }

        try:
            found = ask(answer, min(PROBE_SECONDS, self.params["time_limit"]))
        except FileNotFoundError as error:
            raise FailureError(f"The directory {directory} does not exist. Create it, or mount it.") from error
        except TimeoutError as error:
            raise FailureError(
                f"The file system of {directory} returned {error.strerror}. Check its server and the mount."
            ) from error
        except OSError as error:
            raise FailureError(f"The directory {directory} cannot be used: {error.strerror}.") from error
        if not found["directory"]:
            raise FailureError(f"{directory} is not a directory.")
        if _fio.writes(self.job) and not found["writable"]:
            raise FailureError(
                f"The directory {directory} is not writable, and the job writes. Change its mode or mount."
            )
        if found["free"] < self.params["required_bytes"]:
            raise FailureError(
                f"The directory {directory} has {found['free']} bytes free, and {self.params['required_bytes']} are "
                "required. Free some space, or use a smaller size."
            )

    def _write(self, name: str, text: str) -> str:
        path = Path(self.module.tmpdir) / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _log_prefix(self) -> str:
        return str(Path(self.module.tmpdir) / "rate")

    def _windows(self) -> list[float]:
        """The metric over time, from fio's own log."""
        metric = self.params["windows_of"]
        logs = sorted(Path(self.module.tmpdir).glob(f"rate_{self.log}.*.log")) if self.log else []
        return _fio.windows_of((log.read_text(encoding="utf-8") for log in logs), metric)

    def _command(self, argv: list[str]) -> str:
        return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in self.variables.items()), shlex.join(argv)])

    def _argv(self, program: str, output: Path) -> list[str]:
        argv = [program, "--eta=never", f"--output={output}"]
        report = "--output-format=json+"
        directory = self.params["directory"].replace(":", "\\:")  # fio takes a colon for the end of a name
        if self.log:
            argv += [f"--write_{self.log}_log={self._log_prefix()}", f"--log_avg_msec={_fio.LOG_INTERVAL_MS}"]
        if self.clients:
            # runtime: what a server that loses us goes by, unless the job says otherwise.
            first = [f"directory={directory}", f"runtime={self.params['time_limit']}"]
            job = _fio.rendered(self.job, self.variables, self.params["section"], first)
            # What follows a client is for its server alone, and without it the server sends its own report as notes.
            servers = [argument for client in self.clients for argument in (f"--client={client}", report)]
            return [*argv, *servers, self._write("job.fio", job)]
        # A job in a file of its own may include others beside it.
        job = self.params["job_file"] or self._write("job.fio", self.job)
        sections = [f"--section={name}" for name in self.params["section"]]
        return [*argv, report, f"--directory={directory}", *sections, job]

    def _run(self, program: str) -> dict[str, t.Any]:
        output = Path(self.module.tmpdir) / "fio.json"

        def too_long() -> str:
            size = output.stat().st_size if output.exists() else 0
            return f"it wrote {size} bytes of output" if size > OUTPUT_LIMIT else ""

        argv = self._argv(program, output)
        started = time.time()
        outcome = run(
            argv, seconds=self.params["time_limit"], env=self.variables, cwd=self.module.tmpdir, watch=too_long
        )
        facts: dict[str, t.Any] = {
            "command": self._command(argv),
            "seconds": round(outcome.seconds, 3),
            "started": utc(started),
            "ended": utc(time.time()),
        }
        if outcome.rc is not None:
            facts["rc"] = outcome.rc
        text = ""
        if output.exists():
            with output.open(encoding="utf-8", errors="replace") as file:
                text = file.read(OUTPUT_LIMIT)
        document, notes = self._document_of(outcome, text, facts)
        result = {**self._result(text, document, notes), **facts, "changed": True}
        if self.params["windows_of"]:
            result["windows"] = self._windows()
        if self.params["dest"]:
            self._keep(output, result)
            result["dest"] = self.params["dest"]
        return result

    def _document_of(self, outcome: Outcome, text: str, facts: dict[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
        """The document and its notes, or a failure that says what is wrong."""
        said = [*outcome.stderr.splitlines(), *outcome.stdout.splitlines()]
        failure: dict[str, t.Any] = {**facts, "job_sha256": self._job_sha256(), "stderr": outcome.stderr}
        if self.params["return_output"] and text:
            failure["output"] = text
        try:
            notes, document = _fio.parse_output(text)
            failure["fio_version"] = document.get("fio version", "unknown")
        except ValueError as error:
            notes, document = text[:65536].splitlines(), {}
            problems = [str(error)]
        else:
            problems = _fio.find_errors(document, [*said, *notes], self.sections, self.clients)
        if outcome.stopped or outcome.rc or not document:
            problems = [*_fio.error_lines("\n".join([*said, *notes])), *problems]
        if outcome.rc:
            problems.append(f"exit status {outcome.rc}")
        if outcome.survivors:
            failure["survivors"] = outcome.survivors
            problems.insert(
                0,
                f"processes {', '.join(map(str, outcome.survivors))} could not be killed, because they wait for a file "
                "system that does not answer",
            )
        if outcome.stopped:
            problems.insert(0, f"{outcome.stopped} and was killed")
        if problems:
            raise self._failure(problems, failure)
        return document, [note.strip() for note in [*notes, *said] if note.strip()]

    def _failure(self, problems: list[str], facts: dict[str, t.Any]) -> FailureError:
        """Asked what, answered what, do what."""
        problems = list(dict.fromkeys(problems))
        where = self.params["directory"] + (f" on {', '.join(self.params['clients'])}" if self.clients else "")
        asked = ", ".join(f"[{name}]" for name in self.sections) or "a job without a section"
        more = f" (and {len(problems) - 6} more)" if len(problems) > 6 else ""
        answer = "; ".join(problem.rstrip(".") for problem in problems[:6])
        return FailureError(f"fio failed to run {asked} in {where}: {answer}{more}. {_fio.hint_for(answer)}", **facts)

    def _result(self, text: str, document: dict[str, t.Any], notes: list[str]) -> dict[str, t.Any]:
        version = document.get("fio version", "unknown")
        for note in notes[:NOTE_LIMIT]:
            self.module.warn(f"fio: {note}")
        names = dict.fromkeys(job["jobname"] for job in _fio.jobs_of(document))
        result = {
            "metrics": _fio.metrics_of(document),
            "jobs": {name: _fio.metrics_of(document, name) for name in names},
            "fio_version": version,
            "job_sha256": self._job_sha256(),
            "run_sha256": _fio.key_of(**self.request, fio_version=version),
            "output_sha256": _fio.sha256_of(text),
            "notes": notes[:200],
        }
        if self.params["return_output"]:
            result["output"] = text
        return result

    def _keep(self, output: Path, result: dict[str, t.Any]) -> None:
        """Put the output into dest, then what recognises it: whoever is interrupted in between measures again."""
        dest = self.params["dest"]
        about = {
            "schema": "netfs.bench/fio/1",
            "request": self.request,
            "job": self.job,
            **{key: result[key] for key in (*KEPT, "fio_version", "run_sha256", "output_sha256")},
        }
        self.module.atomic_move(str(output), dest)
        self.module.atomic_move(self._write("run.json", json.dumps(about, indent=2) + "\n"), f"{dest}.run.json")


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "job": {"type": "str"},
            "job_file": {"type": "path"},
            "directory": {"type": "path", "required": True},
            "variables": {"type": "dict", "default": {}},
            "section": {"type": "list", "elements": "str", "default": []},
            "clients": {"type": "list", "elements": "str", "default": []},
            "time_limit": {"type": "int", "default": 3600},
            "dest": {"type": "path"},
            "force": {"type": "bool", "default": False},
            "return_output": {"type": "bool", "default": False},
            "required_bytes": {"type": "int", "default": 0},
            "windows_of": {"type": "str"},
        },
        mutually_exclusive=[("job", "job_file")],
        required_one_of=[("job", "job_file")],
        supports_check_mode=True,
    )
    try:
        result = Fio(module)()
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
