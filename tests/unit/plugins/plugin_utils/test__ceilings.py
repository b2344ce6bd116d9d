# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils import _ceilings
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    head_of_job,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._records import Ceiling, CeilingRecord

WORKLOADS = Path(__file__).parents[4] / "playbooks" / "workloads"
LOCAL = {"services": [{"role": "ganesha", "node": "server"}], "durability": "local-durable"}
STORED = {
    "services": [{"role": "object_store", "node": "object_store"}, {"role": "rclone", "node": "server"}],
    "durability": "volatile",
}
LAYOUTS = {"data": "[data]\n", "rewrite": "[rewrite]\n"}
VARIABLES = {"SIZE": "1g", "RUNTIME": "30", "RAMP": "10", "JOBS": "4", "FILES": "4000"}


def job_of(name):
    return head_of_job(name, (WORKLOADS / f"{name}.fio").read_text(encoding="utf-8"))


JOBS = {path.stem: job_of(f"ceilings/{path.stem}") for path in (WORKLOADS / "ceilings").glob("*.fio")}


def ceilings(names, systems, passes=("warm",)):
    works = {name: job_of(name) for name in names}
    cells = [
        {"workload": name, "pass": step, "system": system} for name in names for step in passes for system in systems
    ]
    plan = {"systems": systems, "workloads": works, "variables": VARIABLES, "cells": cells}
    return _ceilings.ceilings_of(plan, JOBS, LAYOUTS, 1 << 30)


@pytest.mark.parametrize(
    ("workload", "step", "names"),
    [
        # a warm read may come from the client's cache, or the server's
        ("seq-read-1m", "warm", []),
        ("seq-read-1m", "cold", ["disk-read", "network-read"]),
        ("seq-read-1m-direct", "warm", ["network-read"]),
        ("seq-read-1m-direct", "cold", ["disk-read", "network-read"]),
        ("rand-read-4k", "warm", ["network-read"]),
        ("rand-read-4k", "cold", ["disk-read", "network-read"]),
        ("rand-rw-4k", "warm", ["network-read"]),
        # the flush comes after the clock has stopped
        ("rand-write-4k", "warm", ["network-write"]),
        ("seq-write-1m-direct", "warm", ["network-write"]),
        # flushed inside the measured time
        ("seq-write-1m", "warm", ["disk-write", "network-write"]),
        ("sync-write-4k", "warm", ["disk-write", "network-write"]),
        ("small-files", "warm", ["disk-write", "network-write"]),
        # no bytes
        ("metadata", "warm", []),
    ],
)
def test_what_the_bytes_of_a_workload_must_cross(workload, step, names):
    work = job_of(workload)
    assert _ceilings.crossed(work["job"], work["metric"], step) == names


@pytest.mark.parametrize(
    ("lines", "size"),
    [("bs=4k", 4096), ("bs=1m", 1 << 20), ("bs=512", 512), ("bs=4k\nioengine=filecreate", 0), ("", 0), ("bs=4k,8k", 0)],
)
def test_bytes_of_an_operation(lines, size):
    assert _ceilings.block_bytes(f"[job]\n{lines}\n") == size


@pytest.mark.parametrize(
    ("name", "profile", "behind"),
    [
        ("disk-read", LOCAL, True),
        ("disk-read", STORED, False),
        ("disk-write", LOCAL, True),
        ("disk-write", STORED, False),
        ("disk-write", {**STORED, "durability": "local-durable"}, True),
        ("disk-write", {**LOCAL, "durability": "volatile"}, False),
        ("network-read", STORED, True),
    ],
)
def test_which_disk_lies_behind_a_system(name, profile, behind):
    assert _ceilings.is_behind(name, profile) == behind


def test_every_workload_is_tried_in_the_memory_of_the_client_with_files_that_fit():
    found = ceilings(["seq-read-1m-direct", "metadata"], {"ganesha": LOCAL})
    assert list(found) == ["memory-metadata", "memory-seq-read-1m-direct", "network-read-server"]
    memory = found["memory-seq-read-1m-direct"]
    assert (memory["kind"], memory["node"], memory["layout"]) == ("memory", "client", "[data]\n")
    assert "\ndirect=0\n" in memory["job"]
    assert memory["variables"] == {**VARIABLES, "SIZE": str(64 << 20), "RUNTIME": "5", "RAMP": "0"}
    assert found["memory-metadata"]["layout"] == ""


def test_of_a_network_the_sender_runs_the_job():
    found = ceilings(["rand-read-4k", "sync-write-4k"], {"ganesha": LOCAL})
    assert (found["network-read-server"]["node"], found["network-read-server"]["peer"]) == ("server", "client")
    assert (found["network-write-server"]["node"], found["network-write-server"]["peer"]) == ("client", "server")
    assert found["network-read-server"]["bounds"] == [
        {
            "metric": "read_iops",
            "bytes_per_value": 4096,
            "workloads": ["rand-read-4k"],
            "pass": "warm",
            "systems": ["ganesha"],
        }
    ]


def test_a_disk_bounds_only_the_systems_that_keep_their_promise_on_it():
    found = ceilings(["seq-write-1m", "sync-write-4k"], {"ganesha": LOCAL, "rclone": STORED})
    systems = [bound["systems"] for bound in found["disk-write-server"]["bounds"]]
    assert systems == [["ganesha"], ["ganesha"]]
    assert [bound["systems"] for bound in found["network-write-server"]["bounds"]] == [["ganesha", "rclone"]] * 2


def test_a_plan_without_jobs_for_ceilings_has_those_of_memory():
    plan = {
        "systems": {"ganesha": LOCAL},
        "workloads": {"rand-read-4k": job_of("rand-read-4k")},
        "variables": VARIABLES,
        "cells": [{"workload": "rand-read-4k", "pass": "cold", "system": "ganesha"}],
    }
    assert list(_ceilings.ceilings_of(plan, {}, LAYOUTS, 1 << 20)) == ["memory-rand-read-4k"]


def record(name, trial, value=None, reason=""):
    status = "failed" if reason else "ok"
    return CeilingRecord(name, trial, "", status, reason, "read_bandwidth_bytes_per_s", value)


def test_values_become_what_bounds_a_series():
    found = ceilings(["rand-read-4k"], {"ganesha": LOCAL}, ["cold"])
    measured = _ceilings.measured_ceilings(
        found,
        [
            record("network-read-server", 2, 8192.0),
            record("network-read-server", 1, 4096.0),
            record("disk-read-server", 1, reason="fio is not installed here."),
        ],
    )
    by_what = {ceiling.what: ceiling for ceiling in measured}
    assert by_what["network, server to client, in blocks of 4 KiB"] == Ceiling(
        "network, server to client, in blocks of 4 KiB",
        "read_iops",
        [1.0, 2.0],
        systems=["ganesha"],
        workloads=["rand-read-4k"],
        pass_="cold",
    )
    disk = by_what["disk of server, reading, in blocks of 4 KiB"]
    assert (disk.values, disk.why) == ([], "fio is not installed here.")
    assert by_what["client in its own memory, rand-read-4k"].why == "not measured yet"
