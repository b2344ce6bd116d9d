# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash of what decides what is deployed changes with each part of it, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._inputs import code_of, options_of, sha256_of

SAME = {
    "deployment": {"system": "cephfs", "services": [{"role": "ceph", "variables": {"ceph_replicas": 3}}]},
    "code": [("roles/ceph/tasks/main.yml", "ab")],
    "variables": {"ceph_replicas": 3},
    "environment": {"BENCH_SMB_USER": "bench", "HOME": "/root"},
}


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"environment": {"BENCH_SMB_USER": "bench", "HOME": "/home/else"}}, True),
        ({"environment": {"BENCH_SMB_USER": "other", "HOME": "/root"}}, False),
        ({"variables": {"ceph_replicas": 2}}, False),
        ({"code": [("roles/ceph/tasks/main.yml", "cd")]}, False),
        ({"deployment": {"system": "cephfs", "services": []}}, False),
    ],
)
def test_the_hash_is_of_all_that_decides(changed, same) -> None:
    assert (sha256_of(**SAME) == sha256_of(**{**SAME, **changed})) is same


def test_code_is_what_is_run(tmp_path: Path) -> None:
    for name in ("roles/ceph/tasks/main.yml", "plugins/modules/__pycache__/fio.pyc", "docs/cluster.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert [name for name, _sum in code_of(tmp_path)] == ["roles/ceph/tasks/main.yml"]


def test_options_are_those_of_all_entry_points() -> None:
    entries = {"main": {"options": {"b": {}, "a": {}}}, "stop": {}, "join": {"options": {"c": {}}}}
    assert options_of([{"argument_specs": entries}]) == ["a", "b", "c"]
