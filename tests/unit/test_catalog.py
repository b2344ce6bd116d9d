# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every profile and workload that is shipped can be planned, so that a new one is checked by being there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._plan import head_of_job

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
PROFILES = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "playbooks" / "systems").glob("*.yml"))
}
README = (ROOT / "playbooks/workloads/README.md").read_text(encoding="utf-8")
WORKLOADS = sorted((ROOT / "playbooks" / "workloads").glob("*.fio"))


def test_there_is_a_catalog():
    assert PROFILES
    assert len(WORKLOADS) >= 8


@pytest.mark.parametrize("name", PROFILES)
def test_profile(name):
    profile = PROFILES[name]
    jsonschema.validate(profile, {**SCHEMA["$defs"]["profile"], "$defs": SCHEMA["$defs"]})
    assert set(profile.get("measured", [])) <= set(profile["protocols"])
    nodes = {service["node"] for service in profile["services"]}
    assert set(profile.get("requires", {})) <= nodes
    for service in profile["services"]:
        assert (ROOT / "roles" / service["role"] / "vars" / "main.yml").exists()


def test_profiles_that_share_a_role_set_the_same_variables():
    """Playbooks hand a profile's variables over as facts, which outlive the system: the next must set each again."""
    variables: dict[str, dict[str, list[str]]] = {}
    for name, profile in PROFILES.items():
        for service in profile["services"]:
            variables.setdefault(service["role"], {})[name] = sorted(service.get("variables", {}))
    for role, by_profile in variables.items():
        assert len({tuple(names) for names in by_profile.values()}) == 1, f"{role}: {by_profile}"


def test_profiles_that_share_a_service_want_the_same_of_it():
    """One run deploys them all on one node, one after the other: what the last one lacks, the others would lose."""
    variables: dict[str, dict[str, object]] = {}
    for name, profile in PROFILES.items():
        for service in profile["services"][:-1]:
            variables.setdefault(service["role"], {})[name] = service.get("variables", {})
    assert len(variables["postgresql"]) > 1
    for role, by_profile in variables.items():
        first, *others = by_profile.values()
        assert all(other == first for other in others), f"{role}: {by_profile}"


@pytest.mark.parametrize("path", WORKLOADS, ids=lambda path: path.stem)
def test_workload(path):
    text = path.read_text(encoding="utf-8")
    head = head_of_job(path.stem, text)
    assert head["question"].endswith("?")
    assert re.fullmatch(r"(read|write)_(bandwidth_bytes_per_s|iops)", head["metric"])
    # the latency of a buffered write is that of a copy in memory
    buffered = "direct=1" not in head["job"] and "filecreate" not in head["job"]
    assert not (buffered and "write" in head["latency"])
    assert ("fsync" in head["latency"]) == ("\nfsync=1\n" in head["job"])
    row = next(line for line in README.splitlines() if line.startswith(f"| `{path.stem}` |"))
    assert row.split(" | ")[2:] == [f"`{head['metric']}`", ", ".join(head["latency"]) or "none", f"{head['layout']} |"]
    if head["layout"] != "none":
        assert (path.parent / "layouts" / f"{head['layout']}.fio").exists()
    assert "directory" not in re.findall(r"^(\w+)=", text, re.MULTILINE), "the directory comes from the caller"
