# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checklist by table: what makes a line fail, what keeps it from passing; nothing passes without evidence."""

from __future__ import annotations

import json

import jsonschema
import pytest
import suites
from acting import run_action
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.yaml import yaml_load
from clusters import groups_of, hosts_of, plan_of
from collection import ROOT

from ansible_collections.netfs.bench.plugins.action.acceptance_report import ActionModule
from ansible_collections.netfs.bench.plugins.plugin_utils import _acceptance, _acceptance_report
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError

PLAN = plan_of()
TARGETS = yaml_load((ROOT / "playbooks/targets.yml").read_text(encoding="utf-8"))
PASS, FAIL, NOT_MEASURED, NOT_APPLICABLE = "pass", "fail", "not-measured", "not-applicable"
LIVE = ("provisioned", "unchanged", "storage-a", "storage-b", "conduit", "conduit-refuses", "mounts")
"""The lines that nodes answer."""
UNASKED = {
    "phase-1-tests": NOT_APPLICABLE,
    "builders-ready": NOT_APPLICABLE,
    "security-audit": NOT_APPLICABLE,
    "supervision": NOT_MEASURED,
    "metrics": NOT_MEASURED,
    "controller": NOT_MEASURED,
    "posix": NOT_MEASURED,
    "target-metadata-latency": NOT_MEASURED,
    "target-client-throughput": NOT_MEASURED,
    "target-replication-lag": NOT_MEASURED,
    "target-consistency": NOT_MEASURED,
    "target-suites-time": NOT_MEASURED,
    "target-cost": NOT_APPLICABLE,
    "target-cost-baseline": NOT_APPLICABLE,
}


def accept(results, hosts, plan=PLAN, *, check_mode=False, groups=None, **more):
    """What the action answers to what hosts said, and what it wrote."""
    known = {"groups": groups or groups_of(plan), "hostvars": hosts}
    arguments = {"plan": plan, "targets": TARGETS, "results": str(results), "version": "0.2.0", **more}
    answer = run_action(ActionModule, check_mode=check_mode, task_vars=known, **arguments)
    path = results / "acceptance/acceptance.json"
    return answer, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def line(document, name):
    (found,) = [one for one in document["lines"] if one["name"] == name]
    return found


def test_a_cluster_as_it_should_be_passes_what_its_nodes_answer(tmp_path):
    answer, document = accept(tmp_path, hosts_of(PLAN))
    assert answer["states"] == {**UNASKED, **dict.fromkeys(LIVE, PASS)}
    assert (answer["exit_code"], document["exit_code"]) == (21, 21)
    schema = json.loads((ROOT / "schemas/acceptance.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    for one in document["lines"]:
        assert bool(one["evidence"]) or one["state"] != PASS, one["name"]
        assert bool(one["reason"]) == (one["state"] != PASS), one["name"]
        assert bool(one["remedy"]) == (one["state"] not in (PASS, NOT_APPLICABLE)), one["name"]
    assert len(line(document, "provisioned")["evidence"]) == 10


def test_the_lines_stand_in_the_order_of_the_checklist(tmp_path):
    names = [one["name"] for one in accept(tmp_path, hosts_of(PLAN))[1]["lines"]]
    assert names[:13] == [
        "phase-1-tests",
        "builders-ready",
        "provisioned",
        "unchanged",
        "supervision",
        "storage-a",
        "storage-b",
        "conduit",
        "conduit-refuses",
        "mounts",
        "controller",
        "posix",
        "security-audit",
    ]
    assert names[13:] == ["metrics", *(f"target-{name}" for name in TARGETS)]


def stopped(hosts):
    hosts["nb-fuse-client"].update(node_running=False, bench_answers=False)


def silent(hosts):
    hosts["nb-storage-a-2"] = {"node_name": "storage-a-2", "group_names": PLAN["nodes"]["storage-a-2"]["groups"]}


def silent_client(hosts):
    silenced = hosts["nb-fuse-client"]
    hosts["nb-fuse-client"] = {name: silenced[name] for name in ("node_name", "group_names", "node_running")}
    (read,) = [one for one in hosts["nb-nfs-client"]["cluster_read"]["results"] if one["mount"]["protocol"] == "nfs4.2"]
    read["faults"] = ["/mnt/netfs/netfs-validate-nb-fuse-client_mnt_netfs cannot be read: no such file."]


def absent(hosts):
    del hosts["nb-jepsen"]


def mislabelled(hosts):
    hosts["nb-jepsen"]["group_names"] = []


def another_site(hosts):
    hosts["nb-storage-b-1"]["bootstrap_compared"]["record"]["site"] = "a"


def never_set_up(hosts):
    hosts["nb-orchestrator"]["bootstrap_compared"] = {"record": {}, "differences": ["It was never set up to the end."]}


def unit_stopped(hosts):
    hosts["nb-conduit-1"]["bootstrap_compared"]["differences"] = ["netfs-ceph-mirror.service: it does not run."]
    hosts["nb-conduit-1"]["service_healths"]["ceph-mirror"] = {"healthy": False, "faults": ["no snapshot arrives"]}


def not_compared(hosts):
    del hosts["nb-orchestrator"]["bootstrap_compared"]
    hosts["nb-orchestrator"]["acceptance_failures"] = {"comparison": "Compare the node: systemd cannot list its units."}


def health_unasked(hosts):
    hosts["nb-storage-b-2"]["service_healths"] = {}


def quorum_lost(hosts):
    hosts["nb-storage-a-3"]["acceptance_members"]["ceph"]["faults"] = ["monitors out of quorum: nb-storage-a-1"]


def without_a_key(hosts):
    told = hosts["nb-storage-a-3"]["acceptance_members"]["ceph"]
    told.update(answered=False, reason="no key", faults=["it does not answer"], cluster={})


def no_monitor_asked(hosts):
    hosts["nb-storage-b-1"]["acceptance_members"]["ceph"]["daemons"]["mon"] = []


def corrupt(hosts):
    hosts["nb-nfs-client"]["cluster_read"]["results"][0]["faults"] = [
        "/mnt/netfs/x cannot be read: it has other bytes."
    ]


def not_arrived(hosts):
    hosts["nb-storage-b-1"]["cluster_read"]["results"][0]["faults"] = ["/mnt/replica/x cannot be read: no such file."]


def writable_copy(hosts):
    hosts["nb-storage-b-1"]["cluster_written"]["results"][0]["faults"] = []


def files_unasked(hosts):
    del hosts["nb-fuse-client"]["cluster_read"]


def stranger_let_in(hosts):
    hosts["nb-conduit-1"]["acceptance_strangers"]["ceph on storage_b"]["answer"] = "accepted"


def stranger_unanswered(hosts):
    told = {"source": "module ceph_stranger_info", "answer": "unknown", "reason": "timed out"}
    hosts["nb-conduit-1"]["acceptance_strangers"]["ceph on storage_b"] = told


def strangers_unasked(hosts):
    del hosts["nb-conduit-1"]["acceptance_strangers"]


def mount_lost(hosts):
    hosts["nb-fuse-client"]["acceptance_mounts"]["results"] = [
        {**one, "faults": ["Nothing is mounted at /mnt/netfs."]}
        for one in hosts["nb-fuse-client"]["acceptance_mounts"]["results"]
    ]


def mounts_failed(hosts):
    hosts["nb-fuse-client"]["acceptance_mounts"] = {"results": [{"failed": True, "msg": "no Python"}], "failed": True}
    hosts["nb-fuse-client"]["acceptance_failures"] = {"mounts": "Probe every mount: no Python"}


@pytest.mark.parametrize(
    ("change", "changed", "said"),
    [
        (
            stopped,
            {
                "provisioned": FAIL,
                "unchanged": NOT_MEASURED,
                "storage-a": NOT_MEASURED,
                "mounts": NOT_MEASURED,
            },
            "fuse-client is stopped.",
        ),
        (
            silent,
            {"provisioned": FAIL, "unchanged": NOT_MEASURED, "storage-a": NOT_MEASURED},
            "storage-a-2 is there and does not answer.",
        ),
        (
            silent_client,
            {"provisioned": FAIL, "unchanged": NOT_MEASURED, "storage-a": NOT_MEASURED, "mounts": NOT_MEASURED},
            "fuse-client is there and does not answer.",
        ),
        (
            absent,
            {"provisioned": FAIL, "unchanged": NOT_MEASURED, "controller": FAIL},
            "jepsen is not there.",
        ),
        (mislabelled, {"provisioned": FAIL}, "jepsen is not in jepsen, jepsen_a, site_a."),
        (another_site, {"provisioned": FAIL}, "storage-b-1 says that it is storage-b-1 at site a."),
        (never_set_up, {"provisioned": FAIL, "unchanged": FAIL}, "orchestrator was never set up to the end."),
        (unit_stopped, {"unchanged": FAIL, "conduit": FAIL}, "netfs-ceph-mirror.service: it does not run."),
        (
            not_compared,
            {"provisioned": NOT_MEASURED, "unchanged": NOT_MEASURED},
            "orchestrator: Compare the node: systemd cannot list its units.",
        ),
        (health_unasked, {"storage-b": NOT_MEASURED}, "ceph: storage-b-2: it was not asked."),
        (quorum_lost, {"storage-a": FAIL}, "storage-a-3 says of ceph: monitors out of quorum: nb-storage-a-1."),
        (without_a_key, {"storage-a": NOT_MEASURED}, "storage-a-3 does not know the members of ceph: no key."),
        (no_monitor_asked, {"storage-b": NOT_MEASURED}, "No monitor of ceph says who its members are."),
        (corrupt, {"storage-a": FAIL}, "nfs-client: /mnt/netfs/x cannot be read: it has other bytes."),
        (
            not_arrived,
            {"storage-b": FAIL, "conduit": FAIL},
            "storage-b-1: /mnt/replica/x cannot be read: no such file.",
        ),
        (
            writable_copy,
            {"storage-b": FAIL, "conduit": FAIL},
            "/mnt/replica of storage-b-1 takes files, and is a copy that should take none.",
        ),
        (files_unasked, {"storage-a": NOT_MEASURED}, "/mnt/netfs: fuse-client: it was not asked."),
        (stranger_let_in, {"conduit-refuses": FAIL}, "ceph on storage_b let conduit-1 in with a key that was made up."),
        (
            stranger_unanswered,
            {"conduit-refuses": NOT_MEASURED},
            "ceph on storage_b did not answer conduit-1: timed out.",
        ),
        (
            strangers_unasked,
            {"conduit-refuses": NOT_MEASURED},
            "Whether strangers are refused: conduit-1: it was not asked.",
        ),
        (mount_lost, {"mounts": FAIL}, "fuse-client: Nothing is mounted at /mnt/netfs."),
        (mounts_failed, {"mounts": NOT_MEASURED}, "/mnt/netfs: fuse-client: Probe every mount: no Python."),
    ],
)
def test_one_thing_that_is_wrong_or_unknown_changes_its_lines_and_no_others(tmp_path, change, changed, said):
    hosts = hosts_of(PLAN)
    change(hosts)
    groups = {group: [host for host in names if host in hosts] for group, names in groups_of(PLAN).items()}
    answer, document = accept(tmp_path, hosts, groups=groups)
    states = {**UNASKED, **dict.fromkeys(LIVE, PASS)}
    assert {name: state for name, state in answer["states"].items() if state != states[name]} == changed
    assert said in line(document, next(iter(changed)))["reason"]
    assert answer["exit_code"] == (20 if FAIL in changed.values() else 21)


def test_a_cluster_that_answers_nothing_passes_nothing(tmp_path):
    states = accept(tmp_path, {host: {"node_name": host.removeprefix("nb-")} for host in hosts_of(PLAN)})[0]["states"]
    assert PASS not in states.values()
    assert {states[name] for name in LIVE if name != "provisioned"} == {NOT_MEASURED}


def test_a_topology_without_a_node_for_histories_needs_none(tmp_path):
    plan = plan_of("mini")
    answer, document = accept(tmp_path, hosts_of(plan), plan)
    assert answer["states"]["controller"] == NOT_APPLICABLE
    assert line(document, "controller")["reason"] == "Topology mini has no group jepsen."
    assert {answer["states"][name] for name in LIVE} == {PASS}


@pytest.mark.parametrize(
    ("outcomes", "state", "said"),
    [
        ("pps", PASS, ""),
        ("ppf", FAIL, "fail; 2 passed, 1 failed, 0 skipped"),
        (None, NOT_MEASURED, "Hung: it did nothing for 60 s"),
    ],
)
def test_the_suite_for_posix_counts_by_its_word(tmp_path, outcomes, state, said):
    directory = suites.write_run(tmp_path / "r1", [suites.record("cephfs", "fuse", outcomes, "pjdfstest")])
    path = directory / "plan.json"
    plan = {**json.loads(path.read_text(encoding="utf-8")), "topology": {"topology": "phase2"}}
    path.write_text(json.dumps(plan), encoding="utf-8")
    record = {"nodes": {"nb-fuse-client": {"node": "client_fuse", "kind": "docker"}}}
    (directory / "run.json").write_text(json.dumps(record), encoding="utf-8")
    document = accept(tmp_path, hosts_of(PLAN))[1]
    found = line(document, "posix")
    assert (found["state"], said in found["reason"]) == (state, True), found
    hosts = hosts_of(PLAN)
    hosts["nb-jepsen"]["bootstrap_compared"]["record"]["completed"] = "2026-12-01T00:00:00Z"
    found = line(accept(tmp_path, hosts)[1], "posix")
    assert (found["state"], "before the cluster was set up as it is now" in found["reason"]) == (NOT_MEASURED, True)


def test_only_a_whole_checklist_ends_well():
    cluster = _acceptance.Cluster(PLAN, {}, [], "2026-12-01T00:00:00Z")
    codes = {
        (PASS, NOT_APPLICABLE): 0,
        (PASS, NOT_MEASURED): 21,
        (FAIL, NOT_MEASURED, PASS): 20,
    }
    for states, code in codes.items():
        lines = [_acceptance.Line(str(number), "x", state) for number, state in enumerate(states)]
        assert _acceptance.Acceptance(cluster, lines).code == code


def test_check_mode_judges_and_writes_nothing(tmp_path):
    answer, document = accept(tmp_path, hosts_of(PLAN), check_mode=True)
    assert (answer["changed"], document, answer["exit_code"]) == (False, None, 21)


def test_targets_that_cannot_be_judged_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(AnsibleActionFail, match="target 'one' is not a dictionary"):
        accept(tmp_path, hosts_of(PLAN), targets={"one": 1})
    assert list(tmp_path.iterdir()) == []


def test_markdown_has_a_row_for_each_line_whatever_is_said(tmp_path):
    hosts = hosts_of(PLAN)
    hosts["nb-fuse-client"]["acceptance_mounts"]["results"][0]["faults"] = ["a | b\n<script> c"]
    _answer, document = accept(tmp_path, hosts)
    text = (tmp_path / "acceptance/acceptance.md").read_text(encoding="utf-8")
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    assert len(rows) == len(document["lines"]) + 1
    assert "a \\| b &lt;script> c" in text
    page = (tmp_path / "acceptance/acceptance.html").read_text(encoding="utf-8")
    assert "&lt;script&gt; c" in page


def test_what_is_no_acceptance_is_not_read(tmp_path):
    with pytest.raises(RunError, match=r"Run acceptance\.yml first"):
        _acceptance_report.read(tmp_path)
    (tmp_path / "acceptance").mkdir()
    (tmp_path / "acceptance/acceptance.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match="is no acceptance"):
        _acceptance_report.read(tmp_path)
