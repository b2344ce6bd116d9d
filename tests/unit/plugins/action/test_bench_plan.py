# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
import suites
import synthetic
from acting import run_action
from ansible.errors import AnsibleActionFail

from ansible_collections.netfs.bench.plugins.action import bench_plan
from ansible_collections.netfs.bench.plugins.action.bench_grow import ActionModule as Grow
from ansible_collections.netfs.bench.plugins.action.bench_open import ActionModule as Open
from ansible_collections.netfs.bench.plugins.action.bench_plan import ActionModule as Plan
from ansible_collections.netfs.bench.plugins.plugin_utils import _catalog
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import Machine

CATALOG = Path(__file__).parents[4] / "playbooks"
PLAN_SCHEMA = json.loads((CATALOG.parent / "schemas/plan.schema.json").read_text(encoding="utf-8"))


def run(results, **args):
    """What the action answers for a small plan."""
    small = {"system": "ganesha", "effort": "smoke", "node_kind": "docker"}
    return run_action(Plan, **{**small, "catalog": str(CATALOG), "results": str(results), **args})


def keep(results, plan):
    """Lay a plan where its run has it."""
    (results / plan["run"]).mkdir()
    (results / plan["run"] / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_shipped_catalog_can_be_planned(tmp_path, check_mode):
    answer = run(tmp_path, check_mode=check_mode)
    assert answer["changed"] is False
    assert answer["plan"]["seed"]
    assert answer["run_directory"] == str(tmp_path / answer["plan"]["run"])
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_suites_can_be_planned(tmp_path):
    plan = run(tmp_path, system="ganesha,samba", suite="all", reference="kernel-nfs,local")["plan"]
    assert {"fsx", "fsx-calls", "pjdfstest", "smbtorture"} <= set(plan["workloads"])
    assert "-ganesha-samba-suites-smoke" in plan["run"]


def test_a_suite_of_one_s_own_is_named_by_its_path(tmp_path):
    own = tmp_path / "mine.yml"
    own.write_text((CATALOG / "suites/fsx.yml").read_text(encoding="utf-8"), encoding="utf-8")
    plan = run(tmp_path, suite=f"{own},pjdfstest", reference="none")["plan"]
    assert set(plan["workloads"]) == {"mine", "pjdfstest"}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("none.yml", None, "cannot be read"),
        ("rubbish.yml", "a: [", "is no YAML"),
        ("list.yml", "[]", "the suite is not a dictionary"),
        ("fsx.yml", "{}", "has the name of a suite that is in the catalog"),
    ],
)
def test_a_suite_of_one_s_own_that_cannot_be_run(tmp_path, name, text, why):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match=why):
        run(tmp_path, suite=str(tmp_path / name), reference="none")


def test_a_run_that_exists_is_taken_up_with_its_own_plan(tmp_path):
    plan = run(tmp_path, run="mine", trials=2)["plan"]
    keep(tmp_path, plan)
    assert run(tmp_path, run="mine", effort="full", system="nonsense")["plan"] == plan


def test_a_run_that_is_taken_up_deploys_what_was_planned_whatever_became_of_the_profile(tmp_path):
    catalog = tmp_path / "collection/playbooks"
    shutil.copytree(CATALOG, catalog)
    answer = run(tmp_path, run="mine", system="rclone", catalog=str(catalog))
    run_action(Open, run_directory=answer["run_directory"], plan=answer["plan"])
    services = Path(answer["run_directory"]) / "services"
    before = {path.name: path.read_text(encoding="utf-8") for path in services.iterdir()}
    assert set(before) == {"object_store@object_store.yml", "rclone@server.yml"}
    profile = catalog / "systems/rclone.yml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("netfs-bench-rclone", "edited"), encoding="utf-8")
    for path in services.iterdir():
        path.write_text("edited", encoding="utf-8")
    again = run(tmp_path, run="mine", system="rclone", catalog=str(catalog))
    run_action(Open, run_directory=again["run_directory"], plan=again["plan"])
    assert {path.name: path.read_text(encoding="utf-8") for path in services.iterdir()} == before


def test_a_run_of_before_plans_said_what_they_deploy_is_refused(tmp_path):
    plan = run(tmp_path, run="old")["plan"]
    del plan["deployment"]
    keep(tmp_path, plan)
    for words in ({}, {"rerun": "failed"}):
        with pytest.raises(AnsibleActionFail, match=r"^Run old was planned before .* can be reported and compared"):
            run(tmp_path, run="old", **words)


def test_a_plan_that_is_damaged_is_named(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "plan.json").write_text("{", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match="is not JSON"):
        run(tmp_path, run="mine")


def test_an_unknown_system_fails_with_what_exists(tmp_path):
    with pytest.raises(AnsibleActionFail, match=r"Did you mean 'ganesha'\?"):
        run(tmp_path, system="ganehsa")


def test_packages_that_the_report_needs_are_looked_for_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(_catalog, "REPORT_PACKAGES", ("plotly", "no_such_package"))
    with pytest.raises(AnsibleActionFail, match=r"lacks what the report of a run needs: no_such_package\. Install"):
        run(tmp_path)


def test_a_disk_that_is_too_small_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1 << 29))
    with pytest.raises(AnsibleActionFail, match=r"The disk is too small.* 512 MiB are free"):
        run(tmp_path)


def test_what_failed_is_measured_again_in_the_run_that_is_named_or_the_latest(tmp_path):
    first, latest = "20261124T060000Z-ganesha-smoke", "20261124T070000Z-ganesha-smoke"
    plans = {}
    for name in (first, latest):
        plans[name] = run(tmp_path, run=name)["plan"]
        keep(tmp_path, plans[name])
    assert run(tmp_path, rerun="failed")["plan"] == plans[latest]
    assert run(tmp_path, rerun="failed", run=first)["plan"] == plans[first]


@pytest.mark.parametrize("args", [{}, {"run": "other"}])
def test_what_failed_cannot_be_measured_again_where_there_is_no_run(tmp_path, args):
    with pytest.raises(AnsibleActionFail, match="rerun=failed needs an existing run"):
        run(tmp_path, rerun="failed", **args)


def test_only_what_failed_can_be_measured_again(tmp_path):
    with pytest.raises(AnsibleActionFail, match="value of rerun must be one of"):
        run(tmp_path, rerun="all")


def growing(directory, *, cv):
    """A run of two systems whose plan asks for more trials where the intervals are wide."""
    workload = {"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]}
    shape = synthetic.Shape({"ganesha": 1.0, "rclone": 0.5}, ["nfs3"], workload, ["warm"], 6, cv=cv)
    synthetic.write_run(directory, shape)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    plan["grow"] = True
    (directory / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    return plan


def test_a_trial_is_added_where_intervals_are_wide_but_not_in_check_mode(tmp_path):
    plan = growing(tmp_path / "r", cv=0.2)
    answer = run_action(Grow, check_mode=True, run_directory=str(tmp_path / "r"))
    assert (answer["changed"], answer["plan"]["trials"]) == (True, 7)
    assert json.loads((tmp_path / "r/plan.json").read_text(encoding="utf-8")) == plan
    assert run_action(Grow, run_directory=str(tmp_path / "r"))["why"] == answer["why"] != []
    assert json.loads((tmp_path / "r/plan.json").read_text(encoding="utf-8")) == answer["plan"]


def test_no_trial_is_added_where_intervals_are_narrow_and_none_to_what_is_no_run(tmp_path):
    plan = growing(tmp_path / "r", cv=0.001)
    answer = run_action(Grow, run_directory=str(tmp_path / "r"))
    assert (answer["changed"], answer["plan"], answer["why"]) == (False, plan, [])
    with pytest.raises(AnsibleActionFail, match="does not exist"):
        run_action(Grow, run_directory=str(tmp_path / "none"))


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """A machine as the shipped topologies are made for, whose kernel knows no NFS."""
    made = Machine(memory=24 << 30, free_disk=40 << 30, cpus=2, features=frozenset(), image=3 << 30)
    monkeypatch.setattr(bench_plan, "this_machine", lambda: made)


@pytest.mark.parametrize(
    ("topology", "system", "protocols"),
    [
        ("mini", "cephfs", {"fuse"}),
        ("phase2", "cephfs", {"fuse", "nfs4.2", "smb3"}),
        ("phase2", "cephfs,kernel-nfs", {"fuse", "nfs3", "nfs4.2", "smb3"}),
        ("phase2", "kernel-nfs", {"nfs3", "nfs4.2"}),
    ],
)
def test_the_shipped_systems_can_be_measured_on_the_shipped_topologies(tmp_path, topology, system, protocols):
    plan = run(tmp_path, system=system, topology=topology)["plan"]
    assert {turn["protocol"] for turn in plan["turns"]} == protocols
    lags = [cell["protocol"] for cell in plan["cells"] if cell["workload"] == "replication-lag"]
    assert lags == (["fuse"] if "cephfs" in system else [])
    run_action(Open, run_directory=str(tmp_path / "r"), plan=plan)
    written = {path.stem for path in (tmp_path / "r/services").glob("*.yml")}
    for profile in plan["systems"].values():
        for places in [*profile.get("serving", []), *profile.get("replicating", [])]:
            assert "+".join(places) in written


def test_nodes_that_need_no_kernel_of_their_own_get_none(tmp_path):
    nodes = run(tmp_path, system="cephfs,kernel-nfs", topology="phase2")["plan"]["topology"]["nodes"]
    own = {name for name, node in nodes.items() if node["kernel"] == "own"}
    assert own == {"nfs-client", "jepsen"}
    elsewhere = run(tmp_path, system="cephfs,kernel-nfs", topology="phase2", server_group="storage_a")["plan"]
    own = {name for name, node in elsewhere["topology"]["nodes"].items() if node["kernel"] == "own"}
    assert own == {"nfs-client", "storage-a-1"}


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"topology": "phase3"}, r"Unknown topology 'phase3'\. Did you mean 'phase2'\?"),
        ({"topology": "nowhere.yml"}, r"The topology nowhere\.yml cannot be read"),
        (
            {},
            r"^cephfs stands on the nodes of a topology, and none was named\. Add topology=NAME; known: mini, phase2\.",
        ),
        ({"topology": "mini", "protocol": "nfs4.2"}, r"^Topology mini has no client for nfs4\.2, over which cephfs"),
    ],
)
def test_a_topology_that_cannot_be_is_refused(tmp_path, args, said):
    with pytest.raises(AnsibleActionFail, match=said):
        run(tmp_path, system="cephfs", **args)


def test_a_topology_of_ones_own_that_is_faulty_is_refused(tmp_path):
    path = tmp_path / "own.yml"
    path.write_text("description: None.\nsites: [a]\nnodes: []\n", encoding="utf-8")
    with pytest.raises(AnsibleActionFail, match=r"^Topology own cannot be used\. 'nodes' is empty"):
        run(tmp_path, system="cephfs", topology=str(path))


def test_the_proofs_of_another_run_are_part_of_the_plan(tmp_path):
    cut = run(tmp_path, suite="power-cut", reference="none", run="cut")["plan"]
    keep(tmp_path, cut)
    record = suites.cut_record([suites.power_cut()])
    record |= {"id": "ganesha~nfs3~power-cut~warm~1"}
    (tmp_path / "cut/cells").mkdir()
    (tmp_path / f"cut/cells/{record['id']}.json").write_text(json.dumps(record), encoding="utf-8")
    answer = run(tmp_path, durability_run="cut")
    assert answer["plan"]["durability_proofs"]["ganesha"]["state"] == "proven"
    assert answer["lines"][-1].startswith("  durability of ganesha: proven: over nfs3 0 lost")
    jsonschema.validate(answer["plan"], PLAN_SCHEMA)
    with pytest.raises(AnsibleActionFail, match="did not cut the power of samba"):
        run(tmp_path, system="samba", durability_run="cut")
    with pytest.raises(AnsibleActionFail, match=r"nothing/plan\.json"):
        run(tmp_path, durability_run="nothing")
