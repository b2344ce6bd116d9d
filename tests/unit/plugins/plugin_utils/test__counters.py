# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils import _counters
from ansible_collections.netfs.bench.plugins.plugin_utils._records import ColdProof

STAT = "cpu  100 0 50 1000 20 5 5 0 0 0\ncpu0 1 2 3\nctxt 4711\n"
MEMORY = "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   400 kB\n"
NET = (
    "Inter-|   Receive |  Transmit\n face |bytes packets\n"
    "    lo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n  eth0: 1000 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n"
)
DISKS = "8 0 sda 1 0 10 0 1 0 20 0 0 0 0\n8 1 sda1 1 0 10 0 1 0 20 0 0 0 0\n254 0 dm-0 1 0 10 0 1 0 20 0 0 0 0\n"
PROCESSES = (
    "/proc/1/io:read_bytes: 4096\n/proc/1/io:write_bytes: 8192\n/proc/1/task/1/status:voluntary_ctxt_switches:\t5\n"
    "/proc/1/task/9/status:nonvoluntary_ctxt_switches:\t2\n"
)
UNITS = """invocation:ssh.service 1a
invocation:netfs-object-store.service 2b
invocation:postgresql@17-netfs.service 3c
invocation:ceph-osd@0.service 4d
"""


def output(container="", **files):
    """What the script prints."""
    sections = {"/proc/stat": STAT, "/proc/meminfo": MEMORY, "/proc/net/dev": NET, "/proc/diskstats": DISKS, **files}
    sections |= {"container": container, "processes": PROCESSES, "units": UNITS, "processors": "2\n"}
    return "".join(f"== {name}\n{text}" for name, text in sections.items())


VERSION_1 = {
    "/sys/fs/cgroup/cpuacct/cpuacct.usage": "2500000000\n",
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": "777\n",
}
VERSION_2 = {
    "/sys/fs/cgroup/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
    "/sys/fs/cgroup/memory.current": "777\n",
}


def test_a_machine_is_read_from_its_own_kernel():
    assert _counters.snapshot(output()) == {
        "processors": 2,
        "network_received_bytes": 1000,
        "network_sent_bytes": 200,
        "services": {
            "netfs-object-store.service": "2b",
            "postgresql@17-netfs.service": "3c",
            "ceph-osd@0.service": "4d",
        },
        "metrics": "",
        "cpu_seconds": 1.6,
        "memory_bytes": 600 * 1024,
        "disk_read_bytes": 10 * 512,
        "disk_written_bytes": 20 * 512,
        "context_switches": 4711,
    }


@pytest.mark.parametrize("group", [VERSION_1, VERSION_2])
def test_a_container_is_read_from_its_control_group_and_processes(group):
    found = _counters.snapshot(output(container="yes\n", **group))
    assert (found["cpu_seconds"], found["memory_bytes"]) == (2.5, 777)
    assert found["disk_read_bytes"] == {"1": 4096}
    assert found["context_switches"] == {"1": 7}


def test_lines_may_end_as_those_of_a_terminal():
    assert _counters.snapshot(output().replace("\n", "\r\n")) == _counters.snapshot(output())


@pytest.mark.parametrize("text", ["", "Permission denied", output(container="yes\n")])
def test_what_are_no_counters_is_said(text):
    with pytest.raises(ValueError, match="not a counter snapshot"):
        _counters.snapshot(text)


def test_the_script_gives_what_this_machine_has():
    nobody = {"url": "http://127.0.0.1:1/metrics"}
    script = ["sh", "-c", f"{_counters.script(nobody)} && sleep 0"]  # as Ansible runs it
    found = _counters.snapshot(subprocess.run(script, capture_output=True, text=True, check=True).stdout)
    assert found["metrics"] == ""
    assert found["cpu_seconds"] > 0
    assert found["processors"] >= 1


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"url": "http://127.0.0.1:1/metrics"}, "curl --silent --fail --max-time 5 http://127.0.0.1:1/metrics"),
        (
            {"url": "http://127.0.0.1:1/metrics?a=1&b", "netrc": "/etc/net rc"},
            "curl --silent --fail --max-time 5 --netrc-file '/etc/net rc' 'http://127.0.0.1:1/metrics?a=1&b'",
        ),
    ],
)
def test_the_script_asks_a_server_for_its_metrics(metrics, words):
    assert _counters.script(metrics) == f"{_counters.SCRIPT}\necho '== metrics'\n{words} || true"


def test_a_node_without_metrics_is_not_asked():
    assert _counters.script({}) == _counters.SCRIPT


def test_metrics_are_kept_as_they_came():
    metrics = '# HELP ops_total Operations.\nops_total{op="READ"} 5\n'
    assert _counters.snapshot(f"{output()}== metrics\n{metrics}")["metrics"] == metrics


def test_used_is_over_the_time_of_the_load():
    same = {"processors": 2, "services": {"netfs-ganesha.service": "1a"}, "metrics": "ops_total 5"}
    before = {**same, "cpu_seconds": 1.0, "memory_bytes": 5, "disk_read_bytes": {"1": 10, "2": 5}}
    after = {**same, "cpu_seconds": 4.0, "memory_bytes": 7, "disk_read_bytes": {"1": 30, "3": 4}}
    assert _counters.used(before, after, 2.0) == {
        "cpu_percent": 150.0,
        "processors": 2,
        "memory_bytes": 7,
        "disk_read_bytes": 24,
    }


def test_a_service_that_did_not_run_all_the_time_is_named():
    same = {"netfs-juicefs.service": "1a"}
    before = {"services": {**same, "netfs-object-store.service": "2b", "nfs-server.service": "3c"}}
    after = {"services": {**same, "netfs-object-store.service": "4d", "netfs-new.service": "5e"}}
    assert _counters.interrupted(before, before) == []
    assert _counters.interrupted(before, after) == [
        "netfs-object-store.service ended and was started again",
        "nfs-server.service ended",
    ]


@pytest.mark.parametrize(
    ("percent", "limit", "bound"), [(181, 2, True), (179, "2", False), (95, "1", True), (181, "unknown", True)]
)
def test_client_bound(percent, limit, bound):
    assert _counters.is_client_bound({"cpu_percent": percent, "processors": 2}, limit) is bound


@pytest.mark.parametrize(
    ("disks", "received", "proof"), [((600, 500), 0, 1.1), ((0, 0), 950, 0.95), ((100, 0), 50, 0.1)]
)
def test_cold_proof(disks, received, proof):
    servers = [{"disk_read_bytes": number} for number in disks]
    found = _counters.cold_proof(servers, {"network_received_bytes": received}, 1000)
    assert found == ColdProof(proof, max(sum(disks), received), 1000)
