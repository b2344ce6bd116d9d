# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fio job files ask and what fio's json+ output answers. Pure functions.

A document is what fio writes with --output-format=json+: {"fio version": "fio-3.39", "jobs": [...]}, or in client mode
"client_stats" instead of "jobs". Times in it are nanoseconds where the name ends in _ns, else milliseconds.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence

DIRECTIONS = ("read", "write", "trim", "mixed")  # mixed: unified_rw_reporting=1
PERCENTILES = (50.0, 95.0, 99.0, 99.9, 99.99)
ALL_CLIENTS = "All clients"  # fio's own sum over clients; it has no bins before 3.39 and would count everything twice
LAST_KEY = 17112760320
# Engines that have no I/O to report, so that none is no failure.
IDLE_ENGINES = ("cpuio", "exec")

ERRORS = re.compile(
    r"Failed|Got NFS EOF|unhandled|io_u error|fio: .*error|fio: pid=\d+, err="
    r"|verify: bad|verify failed|fio: failed|fio: job .* dropped|fio: file creation disallowed"
    r"|client: host=.* disconnected|fio: client .* timeout|Connection refused"
)
# What a person can do about it; the first that fits.
HINTS = (
    (
        r"Bad option|failed parsing|outside of \[\]|No job\(s\) defined|dropped",
        "Correct the job; see fio --cmdhelp.",
    ),
    (r"file creation disallowed", "Lay the files out first: the job does not create what it reads."),
    (
        r"failed to connect|Connection refused|disconnected",
        "Start fio --server there, and open its port to this host.",
    ),
    (r"No space left", "Free some space, or use a smaller size."),
    (r"is not a number", "Measure again; if the error repeats, use another version of fio."),
    (r"no clat bins", "Remove disable_clat, gtod_reduce or clat_percentiles=0 from the job."),
    (r"verify", "The file system returned bytes that differ from those written: look for the fault there."),
    (r"ran longer", "Give it more time with time_limit, or check whether the file system still answers."),
    (r"Stale file handle|Input/output error|Got NFS EOF|Remote I/O", "Check the server and the mount."),
    (r"engine .* not loadable|could not be loaded", "Install the package with this engine, or use another engine."),
)
# Lines in which fio says what it did not like.
_COMPLAINT = re.compile(r"^(?:<[^>]+> )?(?:fio: |Bad option|Did you mean|No job\(s\) defined|verify: )")
_WRITES = re.compile(r"^\s*(?:rw|readwrite)\s*=\s*\S*(?:write|rw|trim)", re.MULTILINE)
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_COMMENT = re.compile(r"^\s*[;#]")
_SECTION = re.compile(r"^\s*\[([^\]]+)\]")
# Lines of the document itself; any other line between them is a note that another process of fio wrote into it.
_JSON_LINE = re.compile(
    r'^\s*(?:"(?:[^"\\]|\\.)*"(?:\s*:.*)?,?|[{}\[\]]+,?|-?(?:[0-9.eE+-]+|nan|inf),?|\},?\s*\{?)\s*$'
)


def variables_of(job: str) -> list[str]:
    """Names in ${NAME} of a job file, in order of appearance, comments left out (fio's HOWTO, "Environment variables").

    fio replaces a name without a value by nothing, which gives options another meaning: callers refuse such jobs.
    """
    names: dict[str, None] = {}
    for line in job.splitlines():
        if not _COMMENT.match(line):
            names.update(dict.fromkeys(_VARIABLE.findall(line)))
    return list(names)


def sections_of(job: str) -> list[str]:
    """Names of the sections that are jobs, in order."""
    found = [match[1] for match in map(_SECTION.match, job.splitlines()) if match]
    return list(dict.fromkeys(name for name in found if name != "global"))


def rendered(job: str, variables: Mapping[str, str], sections: Sequence[str], first: Sequence[str]) -> str:
    """The job as a fio server needs it: the server knows neither our environment nor our command line.

    Variables are replaced, sections that are not wanted left out, and the lines of first stand in a [global] of their
    own at the top, so that the job can overrule them.
    """
    lines = ["[global]", *first]
    wanted = True
    for line in job.splitlines():
        match = _SECTION.match(line)
        if match:
            wanted = not sections or match[1] == "global" or match[1] in sections
        if wanted and not _COMMENT.match(line):
            lines.append(_VARIABLE.sub(lambda found: variables.get(found[1], ""), line))
    return "\n".join(lines) + "\n"


def writes(job: str) -> bool:
    """Whether some section writes by itself."""
    return bool(_WRITES.search(job))


def error_lines(text: str) -> list[str]:
    """The lines in which fio says what it did not like, without its help texts."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if _COMPLAINT.match(line)))


def hint_for(text: str) -> str:
    """What to do about a failure, in one sentence."""
    found = [sentence for pattern, sentence in HINTS if re.search(pattern, text)]
    return found[0] if found else "See stderr and fio's output in the result."


def sha256_of(text: str) -> str:
    """SHA-256 of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(**parts: object) -> str:
    """One hash of all that makes two runs the same: job, values of its variables, directory, clients, fio's version."""
    return sha256_of(json.dumps(parts, sort_keys=True, separators=(",", ":")))


def client_argument(client: str) -> str:
    """host, host:port or [address]:port as fio wants it: host,port or ip6:address,port."""
    match = re.match(r"^\[(.+)\](?::(\d+))?$", client)
    if match:
        return f"ip6:{match[1]}" + (f",{match[2]}" if match[2] else "")
    host, colon, port = client.partition(":")
    if ":" in port:
        return f"ip6:{client}"
    return f"{host},{port}" if colon else host


def _number(text: str) -> float:
    """A number of the document; a ValueError for what Python would take for one and JSON has no word for."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"fio wrote {text}, which is not a number")
    return value


_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_number)
# As C prints them.
_NO_NUMBER = re.compile(r"[+-]?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)
_KEY_BEFORE = re.compile(r'"([^"]*)"\s*:\s*$')


def _decode(text: str) -> tuple[dict[str, t.Any], int]:
    """The document at the start of a text and where it ends; a ValueError that names what is not a number."""
    try:
        return _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        value = _NO_NUMBER.match(text, error.pos)
        if not value:
            raise
        key = _KEY_BEFORE.search(text[: error.pos].rpartition("\n")[2])
        named = f" as {key[1]}" if key else ""
        raise ValueError(f"fio wrote {value[0]}{named}, which is not a number") from error


def parse_output(text: str) -> tuple[list[str], dict[str, t.Any]]:
    """Split what fio wrote to --output into notes and the last document.

    fio writes notes of its jobs and servers to the same file: before the document, after it, and inside it when a job
    process writes at the same time. Raises ValueError when there is no whole document, saying how much there was, and
    when a value is not a number: nobody knows which of the others are right.
    """
    notes: list[str] = []
    document: dict[str, t.Any] | None = None
    rest = text
    while True:
        match = re.search(r"^\{", rest, re.MULTILINE)
        if not match:
            break
        notes += rest[: match.start()].splitlines()
        rest = rest[match.start() :]
        try:
            document, end = _decode(rest)
        except json.JSONDecodeError as error:
            lines = rest.splitlines()
            cleaned = "\n".join(line for line in lines if _JSON_LINE.match(line))
            try:
                document, end = _decode(cleaned)
            except json.JSONDecodeError:
                raise ValueError(
                    f"the JSON document is incomplete: {error.msg} at character {error.pos} of {len(rest)}"
                ) from error
            notes += [line for line in lines if not _JSON_LINE.match(line)]
            rest = cleaned
        rest = rest[end:]
    notes = [note.rstrip() for note in [*notes, *rest.splitlines()] if note.strip()]
    if document is None:
        raise ValueError(f"there is no JSON document in {len(text)} characters of output")
    return notes, document


def jobs_of(document: Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """The job objects of a document, of all clients, without fio's own sum over clients."""
    jobs = [*document.get("jobs", ()), *document.get("client_stats", ())]
    return [job for job in jobs if job.get("jobname") != ALL_CLIENTS]


def bin_key(nanoseconds: int) -> int:
    """Midpoint of the bin that fio puts a latency into (plat_val_to_idx and plat_idx_to_val in fio's stat.c).

    Below 128 ns a bin is one nanosecond wide; then 64 bins per power of two; the last one takes all from 2^34 ns on.
    """
    if nanoseconds < 128:
        return nanoseconds
    shift = nanoseconds.bit_length() - 7
    if shift > 27:
        return LAST_KEY
    step = (nanoseconds >> shift) & 63
    return (64 << shift) + ((2 * step + 1) << shift >> 1)


def is_midpoint(key: int) -> bool:
    """Whether fio can have written this key of a bin."""
    return 0 <= key <= LAST_KEY and bin_key(key) == key


def merge_bins(parts: Iterable[Mapping[t.Any, int]]) -> dict[int, int]:
    """Add up bins {midpoint in ns: samples} of jobs or clients; keys may be text as in the document."""
    merged: dict[int, int] = {}
    for part in parts:
        for key, count in part.items():
            merged[int(key)] = merged.get(int(key), 0) + count
    return merged


def percentile(bins: Mapping[int, int], percent: float) -> int:
    """The smallest bin with at least that share of the samples at or below it: fio's own rule."""
    total = sum(bins.values())
    if not total:
        raise ValueError("no samples")
    wanted = math.ceil(percent / 100 * total)
    seen = 0
    for key in sorted(bins):
        seen += bins[key]
        if seen >= wanted:
            break
    return key


def enough_samples(percent: float, samples: int) -> bool:
    """Whether a percentile of so many samples says something: ten of them must lie above it."""
    return samples * (100 - percent) >= 1000 - 1e-6


def latency_metrics(prefix: str, blocks: Sequence[Mapping[str, t.Any]]) -> dict[str, float]:
    """Latency over several clat_ns or lat_ns blocks, from their merged bins; nothing when nothing was measured."""
    blocks = [block for block in blocks if block.get("N", 0)]
    samples = sum(block["N"] for block in blocks)
    if not samples:
        return {}
    metrics: dict[str, float] = {
        f"{prefix}_latency_mean_ns": sum(block["mean"] * block["N"] for block in blocks) / samples,
        f"{prefix}_latency_min_ns": min(block["min"] for block in blocks),
        f"{prefix}_latency_max_ns": max(block["max"] for block in blocks),
    }
    bins = merge_bins(block.get("bins", {}) for block in blocks)
    for percent in PERCENTILES:
        if bins and enough_samples(percent, samples):
            name = f"{percent:g}".replace(".", "_")
            metrics[f"{prefix}_latency_p{name}_ns"] = percentile(bins, percent)
    return metrics


def _span(jobs: Sequence[Mapping[str, t.Any]]) -> tuple[int, int] | None:
    """First start and last end (ms since the epoch) of jobs; fio 3.33 does not say when a job started."""
    if not all(job.get("job_start") for job in jobs):
        return None
    return min(j["job_start"] for j in jobs), max(j["job_start"] + j.get("job_runtime", 0) for j in jobs)


def _same_time(one: Sequence[Mapping[str, t.Any]], other: Sequence[Mapping[str, t.Any]]) -> bool:
    """Whether two groups ran side by side on some host; clocks of different hosts are not compared."""
    for host in {job.get("hostname") for job in one}:
        first = _span([job for job in one if job.get("hostname") == host])
        mine = [job for job in other if job.get("hostname") == host]
        second = _span(mine) if mine else None
        if first and second:
            common = min(first[1], second[1]) - max(first[0], second[0])
            if common * 2 > min(first[1] - first[0], second[1] - second[0]):
                return True
    return False


def stages_of(jobs: Sequence[dict[str, t.Any]]) -> list[list[dict[str, t.Any]]]:
    """Put the jobs that ran side by side into one stage.

    fio starts a new group at stonewall (the jobs run one after another) and at new_group (they may run at the same
    time); the start times, which fio 3.39 reports, tell the two apart. Without them groups count as one after another.
    """
    groups: dict[int, list[dict[str, t.Any]]] = {}
    for job in jobs:
        groups.setdefault(job.get("groupid", 0), []).append(job)
    stages: list[list[dict[str, t.Any]]] = []
    for group in groups.values():
        if stages and _same_time(stages[-1], group):
            stages[-1] += group
        else:
            stages.append(list(group))
    return stages


def _busy(job: Mapping[str, t.Any], direction: str) -> bool:
    return bool(job.get(direction, {}).get("total_ios", 0))


def _direction_metrics(stages: Sequence[Sequence[dict[str, t.Any]]], direction: str) -> dict[str, float]:
    active = [[job[direction] for job in stage if _busy(job, direction)] for stage in stages]
    blocks = [block for stage in active for block in stage]
    if not blocks:
        return {}
    wall_ms = sum(max(1, *(block["runtime"] for block in stage)) for stage in active if stage)
    size = sum(block["io_bytes"] for block in blocks)
    count = sum(block["total_ios"] for block in blocks)
    return {
        f"{direction}_bandwidth_bytes_per_s": size * 1000 / wall_ms,
        f"{direction}_iops": count * 1000 / wall_ms,
        f"{direction}_bytes": size,
        f"{direction}_ios": count,
        **latency_metrics(direction, [block["clat_ns"] for block in blocks]),
    }


def _cpu_percent(stages: Sequence[Sequence[dict[str, t.Any]]], name: str) -> float:
    """CPU time of all jobs over the time they ran, in percent of one CPU; of several clients: their mean."""
    used = sum(job.get(name, 0.0) * job.get("job_runtime", 0) for stage in stages for job in stage)
    wall = sum(max((job.get("job_runtime", 0) for job in stage), default=0) for stage in stages)
    hosts = {(job.get("hostname"), job.get("port")) for stage in stages for job in stage}
    return float(used / wall / len(hosts)) if wall else 0.0


def metrics_of(document: Mapping[str, t.Any], name: str | None = None) -> dict[str, float]:
    """Flat metrics of all jobs and clients of a document, or of the jobs of one name.

    A rate is all bytes (or I/Os) over the time the stage took: the runtime of its slowest job. That is fio's own
    aggregate. The sum of the jobs' own rates is the same when they run equally long, as they do with time_based; when
    one ends early, the sum claims a rate that never was. Stages that ran one after another add up their times, counting
    only those that did this kind of I/O.
    """
    jobs = [job for job in jobs_of(document) if name is None or job.get("jobname") == name]
    stages = stages_of(jobs)
    metrics: dict[str, float] = {}
    for direction in DIRECTIONS:
        metrics.update(_direction_metrics(stages, direction))
    syncs = [job["sync"] for job in jobs if job.get("sync", {}).get("lat_ns", {}).get("N", 0)]
    if syncs:
        metrics["fsync_ios"] = sum(sync["total_ios"] for sync in syncs)
        metrics.update(latency_metrics("fsync", [sync["lat_ns"] for sync in syncs]))
    metrics["runtime_ms"] = sum(
        max((job[kind]["runtime"] for job in stage for kind in DIRECTIONS if kind in job), default=0)
        for stage in stages
    )
    metrics["cpu_user_percent"] = _cpu_percent(stages, "usr_cpu")
    metrics["cpu_system_percent"] = _cpu_percent(stages, "sys_cpu")
    return metrics


LOG_INTERVAL_MS = 100
"""How long one line of a log of fio averages."""
WINDOWS = 5
SAMPLES_PER_WINDOW = 2


def log_of(metric: str) -> tuple[str, str] | None:
    """The log of fio (``bw`` or ``iops``) and the direction that show a metric over time; None for other metrics."""
    direction, *rest = metric.split("_", maxsplit=1)
    kind = {"bandwidth_bytes_per_s": "bw", "iops": "iops"}.get("".join(rest))
    return (kind, direction) if kind and direction in DIRECTIONS[:3] else None


def windows_of(logs: Iterable[str], metric: str) -> list[float]:
    """The metric in five equal windows of the measured time, summed over jobs; empty when it was too short for that.

    fio logs no line for a time in which nothing was done. A line therefore stands for the time since the one before,
    but after a gap of two intervals or more only for its own: the rest of the gap is a standstill, and counts as zero.

    :param logs: a log of fio for each job, averaged per LOG_INTERVAL_MS: lines of ms, value (KiB/s or 1/s), direction
        (0, 1, 2), ...
    """
    found = log_of(metric)
    if not found:
        return []
    kind, direction = found
    spans: list[tuple[int, int, int]] = []
    for log in logs:
        before = 0
        rows = ([int(word) for word in line.split(",")[:3]] for line in log.splitlines() if line.strip())
        for ms, value, number in rows:
            if number == DIRECTIONS.index(direction):
                begin = before if ms - before < 2 * LOG_INTERVAL_MS else ms - LOG_INTERVAL_MS
                spans.append((begin, ms, value))
                before = ms
    length = max((end for begin, end, value in spans), default=0) / WINDOWS
    if length < SAMPLES_PER_WINDOW * LOG_INTERVAL_MS:
        return []
    factor = 1024 if kind == "bw" else 1
    return [
        factor
        * sum(max(0.0, min(end, (n + 1) * length) - max(begin, n * length)) * value for begin, end, value in spans)
        / length
        for n in range(WINDOWS)
    ]


def _title(job: Mapping[str, t.Any]) -> str:
    host = f" on {job['hostname']}:{job.get('port')}" if job.get("hostname") else ""
    return f"job {job.get('jobname')}{host}"


def bin_errors(title: str, block: Mapping[str, t.Any]) -> list[str]:
    """What is wrong with the bins of one latency block that should have some."""
    samples = block.get("N", 0)
    bins = block.get("bins", {})
    if not samples or not bins:
        return [f"{title}: latency was not measured (no clat bins)"]
    if sum(bins.values()) != samples:
        return [f"{title}: the bins hold {sum(bins.values())} samples, fio counted {samples}"]
    strange = [key for key in bins if not is_midpoint(int(key))]
    if strange:
        return [f"{title}: {strange[0]} is not the middle of any of fio's bins"]
    return []


def _engine_of(job: Mapping[str, t.Any], document: Mapping[str, t.Any]) -> str:
    """The engine of a job; its own options first. With clients, fio 3.39 lists the global options of each of them."""
    common = document.get("global options", {})
    for options in (job.get("job options", {}), *(common if isinstance(common, list) else [common])):
        if "ioengine" in options:
            return str(options["ioengine"])
    return ""


def _job_errors(job: Mapping[str, t.Any], document: Mapping[str, t.Any]) -> list[str]:
    title = _title(job)
    if job.get("error"):
        return [f"{title}: error {job['error']} ({os.strerror(job['error'])})"]
    if job.get("total_err"):
        return [f"{title}: {job['total_err']} errors, the first one {job.get('first_error')}"]
    directions = [direction for direction in DIRECTIONS if _busy(job, direction)]
    if not directions and _engine_of(job, document) not in IDLE_ENGINES:
        return [f"{title}: no I/O was done"]
    found = []
    for direction in directions:
        found += bin_errors(f"{title}, {direction}", job[direction]["clat_ns"])
    sync = job.get("sync", {}).get("lat_ns", {})
    if sync.get("N") and sync.get("bins"):
        found += bin_errors(f"{title}, fsync", sync)
    return found


def find_errors(
    document: Mapping[str, t.Any], notes: Iterable[str], sections: Iterable[str] = (), clients: Sequence[str] = ()
) -> list[str]:
    """Errors that fio's exit status may hide, one sentence each; empty when the run can be believed.

    notes are lines of stdout, stderr and around the document. sections must each have a result, on every one of
    clients ("host,port" or "host" as given to fio): fio exits with 0 when a server cannot be reached or drops a job.
    """
    jobs = jobs_of(document)
    found = [note.strip() for note in notes if ERRORS.search(note)]
    for job in jobs:
        found += _job_errors(job, document)
    for client in clients or ("",):
        host, _comma, port = client.removeprefix("ip6:").rpartition(",") if "," in client else (client, "", "8765")
        names = {
            job.get("jobname")
            for job in jobs
            if not client or (job.get("hostname") == host and str(job.get("port")) == port)
        }
        where = f" from client {client}" if client else ""
        if client and not names:
            found.append(f"no result{where}")
        else:
            found += [f"no result for section [{name}]{where}" for name in sections if name not in names]
    if not jobs and not clients:
        found.append("the output contains no job")
    return list(dict.fromkeys(found))
