# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A new server is new files and nothing else: what `make system` writes, and what docs/adding-a-server.md shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import test_role_contract as contract
import yaml
from acting import run_action

from ansible_collections.netfs.bench.plugins.action import bench_plan

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/adding-a-server.md"


def contents(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what a new system is written into and judged by."""
    for name in ("tools", "roles/service", "playbooks"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def new_system(tree: Path, name: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(tree / "tools/system.py"), name]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def broken_rules(tree: Path, role: str) -> list[str]:
    rules = contract.SERVER_RULES + contract.ROLE_RULES
    return [line for rule in rules for line in rule(tree, role)]


def plan(tree: Path, system: str) -> dict[str, Any]:
    """Plan systems as the main job does."""
    answer = run_action(
        bench_plan.ActionModule,
        system=system,
        effort="smoke",
        node_kind="docker",
        catalog=str(tree / "playbooks"),
        results=str(tree / "results"),
    )
    planned: dict[str, Any] = answer["plan"]
    return planned


def cells(tree: Path, system: str) -> list[str]:
    """Plan a system, and return the systems of the cells."""
    return [cell["system"] for cell in plan(tree, system)["cells"]]


def test_what_is_written_keeps_the_contract_and_can_be_planned(tree: Path) -> None:
    before = contents(tree)
    done = new_system(tree, "nfs_x")
    assert done.returncode == 0, done.stderr
    after = contents(tree)
    assert {name: after[name] for name in before} == before
    new = set(after) - set(before)
    assert set(done.stdout.splitlines()) >= new
    assert len(new) > 10
    assert [name for name in new if b"sample" in after[name].lower()] == []
    assert broken_rules(tree, "nfs_x") == []
    assert set(cells(tree, "nfs_x")) == {"nfs_x"}


def on_a_store(profile: str) -> str:
    """The profile of a new system that keeps its data in a bucket of the object store."""
    store = "{role: object_store, node: object_store, variables: {object_store_buckets: [of-nas]}}"
    path = "{{ endpoints.object_store.object_store.url }}/of-nas"
    return profile.replace("services:\n", f"services:\n  - {store}\n").replace("/export/nas", f'"{path}"')


def in_memory(profile: str) -> str:
    """The profile of a new system that forgets everything when it stops."""
    return f"{profile}passes: [warm]\n"


@pytest.mark.parametrize("described", [on_a_store, in_memory])
def test_a_system_is_one_file_of_its_own_also_where_others_stand_on_the_same(
    tree: Path, described: Callable[[str], str]
) -> None:
    before = contents(tree)
    alone = plan(tree, "all")
    assert new_system(tree, "nas").returncode == 0
    profile = tree / "playbooks/systems/nas.yml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(described(text), encoding="utf-8")
    assert profile.read_text(encoding="utf-8") != text
    assert {name: content for name, content in contents(tree).items() if name in before} == before
    assert broken_rules(tree, "nas") == []
    together = plan(tree, "all")
    assert set(together["systems"]) == {*alone["systems"], "nas"}
    assert {step["name"] for step in together["deployment"]["steps"]} >= {"nas", "object_store", "postgresql"}
    stores = [
        next(service for service in one["deployment"]["services"] if service["role"] == "object_store")["variables"]
        for one in (alone, together)
    ]
    added = {"of-nas"} if described is on_a_store else set()
    buckets = [set(store["object_store_buckets"]) for store in stores]
    assert buckets[1] - buckets[0] == added
    assert buckets[0] < buckets[1] or not added


@pytest.mark.parametrize("name", ["", "Nfs", "a-b", "../x", "1st"])
def test_a_name_that_no_role_can_have_is_refused(tree: Path, name: str) -> None:
    before = contents(tree)
    done = new_system(tree, name)
    assert done.returncode != 0
    assert "starts with a letter" in done.stderr
    assert contents(tree) == before


def test_what_is_there_is_never_overwritten(tree: Path) -> None:
    assert new_system(tree, "twice").returncode == 0
    before = contents(tree)
    done = new_system(tree, "twice")
    assert done.returncode != 0
    assert "playbooks/systems/twice.yml" in done.stderr
    assert contents(tree) == before


def test_the_guide_can_be_followed_word_for_word(tree: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    spec, tasks, profile = shown
    assert new_system(tree, "sample").returncode == 0
    role = tree / "roles/sample"
    (role / "vars/main.yml").write_text(spec, encoding="utf-8")
    (role / "tasks/main.yml").write_text(tasks, encoding="utf-8")
    (tree / "playbooks/systems/sample.yml").write_text(profile, encoding="utf-8")
    for item in yaml.safe_load(spec)["__sample_service"]["files"]:
        (role / "templates" / item["src"]).touch()
    assert broken_rules(tree, "sample") == []
    assert set(cells(tree, "sample")) == {"sample"}


def test_the_guide_names_every_file_that_is_written(tree: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    block = re.search(r"^```text\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    assert block
    shown = block[1].replace("NAME", "sample").replace("SYSTEM", "sample")
    folders = ("tasks/", "templates/")
    for path in (tree / "tools/skeleton").rglob("*"):
        name = str(path.relative_to(tree / "tools/skeleton")).removeprefix("roles/sample/")
        if path.is_file() and not name.startswith(folders):
            assert name in shown
