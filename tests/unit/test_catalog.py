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
from rendering import rendered

from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import read_catalog
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import named, services_of
from ansible_collections.netfs.bench.plugins.plugin_utils._plan import (
    head_of_job,
)

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


def test_all_systems_can_be_deployed_in_one_run():
    """What they share is one service, which has the buckets and the databases of all."""
    catalog = read_catalog(ROOT / "playbooks")
    services = {
        service.name: service
        for service in services_of({name: named(profile) for name, profile in PROFILES.items()}, catalog.roles)
    }
    assert set(services["object_store"].variables["object_store_buckets"]) == {
        bucket
        for profile in PROFILES.values()
        for service in profile["services"]
        for bucket in service["variables"].get("object_store_buckets", [])
    }
    assert len(services["postgresql"].systems) > 1


@pytest.mark.parametrize("name", PROFILES)
def test_a_service_is_called_as_its_endpoint_is(name):
    """Playbooks find the endpoint of a service by the name that the profile has for it."""
    for service in named(PROFILES[name])["services"]:
        variables = {key: value for key, value in service["variables"].items() if key.endswith("_name")}
        assert rendered(f"{{{{ __{service['role']}_service.name }}}}", service["role"], **variables) == service["name"]


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
