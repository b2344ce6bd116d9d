# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node did while a cell ran: CPU, memory, network, disk and context switches, from its kernel's counters; and
whether its services ran all the time, from what systemd keeps of them. A server's metrics are taken beside them."""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._records import ColdProof

USER_HZ = 100
"""Ticks per second of /proc/stat; the same on every architecture that Debian has."""
SECTOR_BYTES = 512
CLIENT_BOUND_PERCENT = 90
COLD_PROOF = 0.95
"""Share of the bytes read that must have been delivered by disks or the object store."""
SERVICES = r"^invocation:((?:netfs-.+|nfs-server|postgresql@.+|ceph-.+@.+)\.service) (\w+)$"
"""Units of the roles that run, each with the number that systemd gives to every start."""

# One shell command, because each call costs time on a node with a kernel of its own. A container shares the counters of
# the machine's kernel, so that its own come from its control group (version 1 or 2) and from its processes.
# Ansible goes on with `&& sleep 0` on the last line, so no newline follows it.
SCRIPT = """
for file in /proc/stat /proc/meminfo /proc/net/dev /proc/diskstats \\
    /sys/fs/cgroup/cpuacct/cpuacct.usage /sys/fs/cgroup/memory/memory.usage_in_bytes \\
    /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/memory.current; do
  if [ -r "$file" ]; then echo "== $file"; cat "$file"; fi
done
echo "== container"; if [ -e /run/systemd/container ]; then echo yes; fi
echo "== processes"
grep -sE '^(read_bytes|write_bytes)' /proc/[0-9]*/io
grep -sE '^(non)?voluntary_ctxt_switches' /proc/[0-9]*/task/[0-9]*/status
echo "== units"; find /run/systemd/units -name 'invocation:*' -printf '%f %l\\n' 2>/dev/null
echo "== processors"; nproc""".strip()
METRICS_SECONDS = 5
"""How long a server may take to tell its metrics."""


def script(metrics: Json) -> str:
    """The shell command whose output `snapshot` reads.

    :param metrics: ``url`` of the server's metrics on the node and, where they are for those who know a password,
        ``netrc``, the file on the node that holds it; empty when the node has none.
    """
    if not metrics:
        return SCRIPT
    words = ["curl", "--silent", "--fail", "--max-time", str(METRICS_SECONDS)]
    words += ["--netrc-file", metrics["netrc"]] if metrics.get("netrc") else []
    return f"{SCRIPT}\necho '== metrics'\n{shlex.join([*words, metrics['url']])} || true"


def sections_of(text: str) -> dict[str, str]:
    """The output of SCRIPT by its headings; ssh may have ended its lines as terminals do."""
    parts = re.split(r"^== (.+)\n", text.replace("\r\n", "\n"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def number_after(name: str, text: str) -> int:
    """The first number of the line that begins with a name."""
    found = re.search(rf"^{re.escape(name)}\s+(\d+)", text, flags=re.MULTILINE)
    if not found:
        raise ValueError(f"no {name}")
    return int(found[1])


def machine_cpu_seconds(stat: str) -> float:
    """Seconds that all processors of a machine worked: everything but idle, waiting for disks, and guests."""
    words = [int(word) for word in re.search(r"^cpu +(.+)$", stat, flags=re.MULTILINE)[1].split()]  # type: ignore[index]
    return (sum(words[:8]) - words[3] - words[4]) / USER_HZ


def disks(diskstats: str) -> tuple[int, int]:
    """Bytes read and written by whole disks: partitions and stacked devices would count them twice."""
    read = written = 0
    for line in diskstats.splitlines():
        words = line.split()
        if re.fullmatch(r"(sd|vd|xvd|ubd)[a-z]+|nvme\d+n\d+|mmcblk\d+", words[2]):
            read += int(words[5]) * SECTOR_BYTES
            written += int(words[9]) * SECTOR_BYTES
    return read, written


def network(dev: str) -> tuple[int, int]:
    """Bytes received and sent over all interfaces but the loopback."""
    received = sent = 0
    for name, line in re.findall(r"^ *(\S+?):(.+)$", dev, flags=re.MULTILINE):
        if name != "lo":
            words = line.split()
            received += int(words[0])
            sent += int(words[8])
    return received, sent


def processes(text: str) -> dict[str, dict[str, int]]:
    """Counters of every process: ``{counter: {process: value}}``; switches of all threads and of both kinds add up."""
    found: dict[str, dict[str, int]] = {"read_bytes": {}, "write_bytes": {}, "context_switches": {}}
    for process, name, value in re.findall(r"^/proc/(\d+)/[\w/]+:(\w+):\s*(\d+)$", text, flags=re.MULTILINE):
        counter = found["context_switches" if name.endswith("ctxt_switches") else name]
        counter[process] = counter.get(process, 0) + int(value)
    return found


def snapshot(text: str) -> Json:
    """The counters of a node at one moment, from the output of `script`; a ValueError when it is not that."""
    try:
        parts = sections_of(text)
        container = parts["container"].strip() == "yes"
        received, sent = network(parts["/proc/net/dev"])
        taken: Json = {
            "processors": int(parts["processors"]),
            "network_received_bytes": received,
            "network_sent_bytes": sent,
            "services": dict(re.findall(SERVICES, parts["units"], flags=re.MULTILINE)),
            "metrics": parts.get("metrics", ""),
        }
        if not container:
            read, written = disks(parts["/proc/diskstats"])
            memory = parts["/proc/meminfo"]
            return {
                **taken,
                "cpu_seconds": machine_cpu_seconds(parts["/proc/stat"]),
                "memory_bytes": (number_after("MemTotal:", memory) - number_after("MemAvailable:", memory)) * 1024,
                "disk_read_bytes": read,
                "disk_written_bytes": written,
                "context_switches": number_after("ctxt", parts["/proc/stat"]),
            }
        own = processes(parts["processes"])
        group = "/sys/fs/cgroup"
        version_1 = f"{group}/cpuacct/cpuacct.usage" in parts
        return {
            **taken,
            "cpu_seconds": (
                int(parts[f"{group}/cpuacct/cpuacct.usage"]) / 1e9
                if version_1
                else number_after("usage_usec", parts[f"{group}/cpu.stat"]) / 1e6
            ),
            "memory_bytes": int(
                parts[f"{group}/memory/memory.usage_in_bytes" if version_1 else f"{group}/memory.current"]
            ),
            "disk_read_bytes": own["read_bytes"],
            "disk_written_bytes": own["write_bytes"],
            "context_switches": own["context_switches"],
        }
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not a counter snapshot: {error!r}") from error


def increase(before: t.Any, after: t.Any) -> float:
    """How much a counter grew; one that is kept per process grew by what its processes added."""
    if isinstance(after, dict):
        return float(sum(value - before.get(process, 0) for process, value in after.items()))
    return float(after - before)


def used(before: Json, after: Json, seconds: float) -> dict[str, float]:
    """What a node did between two snapshots.

    :param seconds: how long the load ran; CPU is over this time, in percent of one processor.
    """
    no_counters = ("processors", "memory_bytes", "services", "metrics")
    grew = {name: increase(before[name], after[name]) for name in after if name not in no_counters}
    cpu = grew.pop("cpu_seconds")
    return {
        "cpu_percent": round(100 * cpu / seconds, 1) if seconds else 0.0,
        "processors": after["processors"],
        "memory_bytes": after["memory_bytes"],
        **grew,
    }


def interrupted(before: Json, after: Json) -> list[str]:
    """The services that did not run all the time between two snapshots, and what became of them."""
    return [
        f"{unit} {'ended and was started again' if unit in after['services'] else 'ended'}"
        for unit, start in before["services"].items()
        if after["services"].get(unit) != start
    ]


def is_client_bound(counters: dict[str, float], limit: t.Any) -> bool:
    """Whether the client's processors were busy for more than 90 % of the time, so that it may have been the limit.

    :param limit: how many processors the node may use, or anything else when that is not known.
    """
    try:
        processors = min(float(limit), counters["processors"])
    except (TypeError, ValueError):
        processors = counters["processors"]
    return counters["cpu_percent"] > CLIENT_BOUND_PERCENT * processors


def cold_proof(servers: t.Iterable[dict[str, float]], network_of: dict[str, float], bytes_read: float) -> ColdProof:
    """How much of what a client read was delivered by disks or the object store, and not from somebody's memory.

    :param servers: the counters of every node but the client.
    :param network_of: the counters of the node that serves: what reaches it over the network came from a store.
    :param bytes_read: what the client read.
    """
    delivered = max(
        sum(counters["disk_read_bytes"] for counters in servers), network_of.get("network_received_bytes", 0)
    )
    return ColdProof(
        proof=round(delivered / bytes_read, 4) if bytes_read else 0.0,
        bytes_delivered=int(delivered),
        bytes_read=int(bytes_read),
    )
