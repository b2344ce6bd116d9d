# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import hashlib
import json
import time

import pytest
from actions import made, recorded
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure

from ansible_collections.netfs.bench.plugins.action import measure_cell
from ansible_collections.netfs.bench.plugins.action.measure_cell import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils import _metrics
from ansible_collections.netfs.bench.plugins.plugin_utils._meeting import Meeting

CELL = {
    "id": "ganesha~nfs3~seq-read~warm~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "seq-read",
    "pass": "warm",
    "trial": 1,
}
OUTPUT = '{"fio version": "fio-3.39"}'
GOOD = {
    "changed": True,
    "metrics": {"read_iops": 5.0},
    "fio_version": "fio-3.39",
    "command": ["fio"],
    "rc": 0,
    "seconds": 2.0,
    "output": OUTPUT,
}
PROVENANCE = {"mount": "unknown", "client_kernel": "6.12", "server_kernel": "6.18", "service": {"version": "6.5"}}


BEFORE = """== /proc/stat
cpu  100 0 0 0 0 0 0 0 0 0
ctxt 1
== /proc/meminfo
MemTotal: 9 kB
MemAvailable: 4 kB
== /proc/net/dev
  eth0: 100 0 0 0 0 0 0 0 50 0 0 0 0 0 0 0
== /proc/diskstats
8 0 sda 0 0 0 0 0 0 0 0 0 0 0
== container
== processes
== units
invocation:netfs-ganesha.service 1a
== processors
1
"""
AFTER = BEFORE.replace("cpu  100", "cpu  290").replace("sda 0 0 0", "sda 0 0 200").replace("eth0: 100", "eth0: 700")


def action_of(tmp_path, **args):
    """The action, on a node whose counters are first BEFORE and then AFTER."""
    given = {
        "run_directory": str(tmp_path),
        "cell": CELL,
        "client": "client",
        "server": "server",
        "metric": "read_iops",
        "job": "[job]",
        "directory": "/mnt",
        "variables": {"SIZE": "1m"},
        "time_limit": 60,
        "provenance": PROVENANCE,
        **args,
    }
    action = made(ActionModule, **given)
    outputs = [BEFORE, AFTER]
    action._low_level_execute_command = lambda _: {"stdout": outputs.pop(0)}
    return action


def measure(tmp_path, *answers, told=None, task_vars=None, **args):
    """Run the action with module fio replaced by answers or exceptions; return the calls to it and the record.

    :param told: the counters that other nodes leave while fio runs, by node.
    """
    calls, left = [], list(answers)

    def execute(name, module_args, **_):
        calls.append((name, module_args))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        for node, counters in (told or {}).items():
            Meeting(CELL["id"]).tell(node, counters)
        return answer

    action = action_of(tmp_path, **args)
    action._execute_module = execute
    nodes = ["client", *(told or {})]
    facts = {"inventory_hostname": "client", "ansible_play_hosts": nodes, "ansible_forks": 5, **(task_vars or {})}
    record = recorded(action, **facts)
    assert left == []
    return calls, record


def test_a_good_cell_is_kept_with_its_raw_output(tmp_path):
    calls, record = measure(tmp_path, GOOD)
    assert record["status"] == "ok"
    assert record["metrics"] == {"read_iops": 5.0}
    assert (tmp_path / record["raw"]).read_text(encoding="utf-8") == OUTPUT
    assert record["raw_sha256"] == hashlib.sha256(OUTPUT.encode()).hexdigest()
    assert record["provenance"]["service"] == {"version": "6.5"}
    assert record["seconds"]["fio"] == 2.0
    (name, args), *others = calls
    assert not others
    assert name == "netfs.bench.fio"
    assert args["time_limit"] == 60


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"failed": True, "msg": "fio was killed after 60 s", "rc": -9}, "fio was killed after 60 s"),
        ({"failed": True}, "fio gave no reason"),
        ({**GOOD, "fio_version": None, "metrics": {}}, "fio reported no read_iops"),
        ({**GOOD, "fio_version": None, "metrics": {"read_iops": 0}}, "fio reported no read_iops"),
        (AnsibleConnectionFailure("no route to host"), "The client, node client, did not answer: no route to host"),
    ],
)
def test_a_cell_that_fails_is_a_record_with_a_reason(tmp_path, answer, reason):
    record = measure(tmp_path, answer)[1]
    assert record["status"] == "failed"
    assert reason in record["reason"]
    assert record["provenance"]["fio_version"] == "unknown"


def test_an_obstacle_fails_the_cell_without_starting_fio(tmp_path):
    calls, record = measure(tmp_path, failure_reason="the server did not start")
    assert calls == []
    assert (record["status"], record["reason"]) == ("failed", "the server did not start")
    assert not (tmp_path / "raw").exists()


STEADY = {"windows": [10.0, 10.1, 10.0, 9.9, 10.0]}
UNSTEADY = {"windows": [10.0, 5.0, 10.0, 15.0, 10.0]}


@pytest.mark.parametrize(
    ("answers", "extend", "steady", "extended"),
    [
        ([STEADY], True, True, False),
        ([UNSTEADY], False, False, False),
        ([UNSTEADY, STEADY], True, True, True),
        ([UNSTEADY, UNSTEADY], True, False, True),
    ],
)
def test_a_trial_that_is_not_steady_is_extended_once(tmp_path, answers, extend, steady, extended):
    said = [{**GOOD, **answer, "metrics": {"read_iops": 5.0 + 2 * n}} for n, answer in enumerate(answers)]
    calls, record = measure(tmp_path, *said, extend=extend, job="[job]\ntime_based=1\n")
    assert [args["windows_of"] for name, args in calls] == ["read_iops"] * len(answers)
    assert record["steady"] == {**answers[-1], "steady": steady, "extended": extended}
    assert record["metrics"]["read_iops"] == (7.0 if extended else 5.0)
    # the counters of the other nodes are those of both times, and so are the seconds
    assert record["seconds"]["fio"] == 2.0 * len(answers)


def test_a_job_without_a_clock_has_no_windows(tmp_path):
    calls, record = measure(tmp_path, GOOD)
    assert "windows_of" not in calls[0][1]
    assert "steady" not in record


def test_right_bytes_are_said_to_be_right(tmp_path):
    calls, record = measure(tmp_path, GOOD, {**GOOD, "metrics": {"read_bytes": 4096}}, check="[check]")
    assert calls[1][1]["job"] == "[check]"
    assert record["verified"] == {"what": "4096 bytes read back have the checksums they carry"}
    assert record["seconds"]["check"] == 2.0


@pytest.mark.parametrize(
    ("msg", "status", "reason"),
    [
        ("crc32c: verify failed at file x offset 4096", "corrupt", "Wrong bytes came back: crc32c: verify failed"),
        (
            "fio: file creation disallowed by allow_file_create=0",
            "corrupt",
            "A file is missing or shorter than before: fio: file creation",
        ),
        ("fio ran longer than 60 s", "failed", "The content could not be verified: fio ran longer"),
    ],
)
def test_wrong_bytes_are_not_a_slow_server(tmp_path, msg, status, reason):
    record = measure(tmp_path, GOOD, {"failed": True, "msg": msg}, check="[check]")[1]
    assert record["status"] == status
    assert record["reason"].startswith(reason)
    assert "verified" not in record


def test_a_failed_cell_is_not_checked(tmp_path):
    calls = measure(tmp_path, {"failed": True, "msg": "no"}, check="[check]")[0]
    assert len(calls) == 1


def test_counters_of_all_nodes_are_kept(tmp_path):
    record = measure(tmp_path, GOOD, told={"server": {"cpu_percent": 7.0}})[1]
    assert record["counters"]["server"] == {"cpu_percent": 7.0}
    assert record["counters"]["client"]["network_received_bytes"] == 600
    assert isinstance(record["client_bound"], bool)


def test_what_the_server_counted_itself_is_kept_apart(tmp_path):
    told = {
        "server": {"cpu_percent": 7.0, "server_counters": {'requests_total{op="READ"}': 12.0}},
        "store": {"cpu_percent": 7.0, "server_counters": None},
    }
    record = measure(tmp_path, GOOD, told=told)[1]
    assert record["server_counters"] == {'requests_total{op="READ"}': 12.0}
    assert record["counters"]["server"] == record["counters"]["store"] == {"cpu_percent": 7.0}


def test_a_server_without_metrics_has_none_in_the_record(tmp_path):
    record = measure(tmp_path, GOOD, told={"server": {"cpu_percent": 7.0, "server_counters": None}})[1]
    assert "server_counters" not in record


def test_a_server_that_counted_nothing_is_known_to_have_counted_nothing(tmp_path):
    record = measure(tmp_path, GOOD, told={"server": {"cpu_percent": 7.0, "server_counters": {}}})[1]
    assert record["server_counters"] == {}


@pytest.mark.parametrize("node, served", [("server", {"reads_total": 2.0}), ("store", None)])
def test_only_the_server_is_asked_for_metrics(tmp_path, node, served):
    meeting, counts = Meeting(CELL["id"]), [3, 5]
    meeting.end.write_text("2.0")

    def execute(command):
        metrics = f"== metrics\n# TYPE reads_total counter\nreads_total {counts.pop(0)}\n"
        return {"stdout": BEFORE + (metrics if "127.0.0.1:1/metrics" in command else "")}

    action = action_of(tmp_path, metrics={"url": "http://127.0.0.1:1/metrics"}, time_limit=1)
    action._low_level_execute_command = execute
    action.run(task_vars={"inventory_hostname": node, "ansible_play_hosts": ["client", node], "ansible_forks": 5})
    assert meeting.told([node])[node]["server_counters"] == served


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(_metrics, "MISSING", "No module named 'prometheus_client'")
    with pytest.raises(AnsibleActionFail, match=r"prometheus_client'\. Install what requirements\.txt lists"):
        measure(tmp_path, metrics={"url": "http://127.0.0.1:1/metrics"})


AWAY = {"cpu_percent": 7.0, "interrupted": ["netfs-object-store.service ended and was started again"]}
SAID = "During the measurement, netfs-object-store.service ended and was started again on store"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (GOOD, f"{SAID}, so the figures are not those of the system"),
        ({"failed": True, "msg": "fio ran longer than 60 s"}, f"{SAID}. fio ran longer than 60 s"),
    ],
)
def test_a_cell_without_one_of_its_services_has_failed(tmp_path, answer, reason):
    record = measure(tmp_path, answer, told={"store": dict(AWAY)})[1]
    assert (record["status"], record["reason"]) == ("failed", reason)
    assert record["counters"]["store"] == {"cpu_percent": 7.0}


def test_wrong_bytes_stay_wrong_without_a_service(tmp_path):
    record = measure(tmp_path, GOOD, {"failed": True, "msg": "verify failed"}, check="[c]", told={"store": AWAY})[1]
    assert (record["status"], record["reason"]) == ("corrupt", f"{SAID}. Wrong bytes came back: verify failed")


def test_more_nodes_than_forks_are_not_waited_for(tmp_path):
    nodes = ["client", "server"]
    record = measure(tmp_path, GOOD, task_vars={"ansible_play_hosts": nodes, "ansible_forks": 1})[1]
    assert list(record["counters"]) == ["client"]


def test_of_several_machines_only_the_nodes_of_the_turn_are_waited_for(tmp_path):
    told = {"server-2": {"cpu_percent": 7.0}}
    nodes = {"ansible_play_hosts": ["client", "server-1", "server-2"]}
    record = measure(tmp_path, GOOD, told=told, task_vars=nodes, nodes=["client", "server-2"])[1]
    assert set(record["counters"]) == {"client", "server-2"}


@pytest.mark.parametrize(
    "answers, check, lost",
    [
        ([{"failed": True, "msg": "fio ran longer than 60 s"}], "", True),
        ([GOOD, {"failed": True, "msg": "fio ran longer than 60 s"}], "[check]", True),
        # the counters alone are no reason to fail
        ([GOOD], "", False),
    ],
)
def test_a_cell_that_lost_its_server_says_which_node_it_was(tmp_path, answers, check, lost):
    record = measure(tmp_path, *answers, told={"store": {"cpu_percent": 7.0}, "server": None}, check=check)[1]
    assert (record["status"] == "failed") == lost
    assert record["silent"] == ["server"]
    assert record["reason"].endswith(" (no answer came from node server)") == lost


def never(*_args, **_more):
    """What a node does that takes a command and never ends it; ssh's retries catch every Exception."""
    for _try in range(3):
        with contextlib.suppress(Exception):
            time.sleep(60)


def test_a_client_that_never_answers_fails_its_cell_and_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_cell, "FIO_MODULE_SECONDS", 0.1)
    action = action_of(tmp_path, time_limit=0)
    action._execute_module = never
    record = action.run(task_vars={"inventory_hostname": "client", "ansible_play_hosts": ["client"]})["cell"]
    assert record["reason"] == "The client, node client, did not answer: no answer came within 0.1 s"


@pytest.mark.parametrize("answers_before", [True, False])
def test_a_node_that_never_tells_its_counters_says_so_and_is_not_waited_for(tmp_path, monkeypatch, answers_before):
    monkeypatch.setattr(measure_cell, "COUNTER_SECONDS", 0.1)
    meeting = Meeting(CELL["id"])
    meeting.end.write_text("2.0")
    action, outputs = action_of(tmp_path, time_limit=1), [BEFORE] if answers_before else []
    action._low_level_execute_command = lambda _: {"stdout": outputs.pop()} if outputs else never()
    nodes = {"inventory_hostname": "server", "ansible_play_hosts": ["client", "server"], "ansible_forks": 5}
    assert action.run(task_vars=nodes) == {"changed": False}
    assert json.loads((meeting.place / "server").read_text()) is None
    assert meeting.told(["server"]) == {}


def test_a_client_that_never_tells_its_counters_is_still_asked_for_its_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_cell, "COUNTER_SECONDS", 0.1)
    action = action_of(tmp_path)
    action._low_level_execute_command = never
    action._execute_module = lambda *_, **__: GOOD
    record = action.run(task_vars={"inventory_hostname": "client", "ansible_play_hosts": ["client"]})["cell"]
    assert (record["status"], record.get("counters")) == ("ok", None)


COLD = {**CELL, "id": CELL["id"].replace("warm", "cold"), "pass": "cold"}


@pytest.mark.parametrize(
    ("told", "status", "proof"),
    [
        ({"server": {"disk_read_bytes": 960}}, "ok", 0.96),
        ({"server": {"disk_read_bytes": 0, "network_received_bytes": 990}}, "ok", 0.99),
        ({"server": {"disk_read_bytes": 940}}, "not-cold", 0.94),
        ({"server": {}}, "not-cold", None),
    ],
)
def test_a_cold_pass_is_proven_by_what_disks_and_stores_delivered(tmp_path, monkeypatch, told, status, proof):
    monkeypatch.setitem(CELL, "id", COLD["id"])
    answer = {**GOOD, "metrics": {"read_iops": 5.0, "read_bytes": 1000}}
    record = measure(tmp_path, answer, told=told, cell=COLD)[1]
    assert record["status"] == status
    assert record.get("cold", {}).get("proof") == proof


def test_where_the_disks_of_all_stores_are_seen_the_network_proves_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(CELL, "id", COLD["id"])
    answer = {**GOOD, "metrics": {"read_iops": 5.0, "read_bytes": 1000}}
    told = {"server": {"disk_read_bytes": 0, "network_received_bytes": 990}}
    record = measure(tmp_path, answer, told=told, cell=COLD, network_is_proof=False)[1]
    assert (record["status"], record["cold"]["proof"]) == ("not-cold", 0.0)


def test_the_conditions_of_a_topology_are_recorded(tmp_path):
    assert measure(tmp_path, GOOD, place={"site": "a"})[1]["provenance"]["place"] == {"site": "a"}
    assert "place" not in measure(tmp_path, GOOD)[1]["provenance"]


def test_a_node_beside_the_client_leaves_its_counters(tmp_path):
    meeting = Meeting(CELL["id"])
    meeting.end.write_text("2.0")
    action = action_of(tmp_path, time_limit=1)
    nodes = {"inventory_hostname": "server", "ansible_play_hosts": ["client", "server"], "ansible_forks": 5}
    assert action.run(task_vars=nodes) == {"changed": False}
    counters = meeting.told(["server"])["server"]
    assert counters["interrupted"] == []
    assert (counters["cpu_percent"], counters["disk_read_bytes"], counters["network_received_bytes"]) == (
        95.0,
        102400,
        600,
    )
    assert not meeting.place.exists()


def test_a_node_that_was_lost_and_answers_after_the_meeting_fails_nothing(tmp_path):
    """Else it would be out of the play, and the cells after this one would have no server."""
    meeting = Meeting(CELL["id"])
    meeting.end.write_text("2.0")
    action = action_of(tmp_path, time_limit=1)
    outputs = [BEFORE, AFTER]

    def late(_command):
        if len(outputs) == 1:
            meeting.told([])
        return {"stdout": outputs.pop(0)}

    action._low_level_execute_command = late
    nodes = {"inventory_hostname": "server", "ansible_play_hosts": ["client", "server"], "ansible_forks": 5}
    assert action.run(task_vars=nodes) == {"changed": False}
    assert outputs == []
    assert not meeting.place.exists()
