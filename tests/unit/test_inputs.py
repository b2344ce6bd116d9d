# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every check says which files it looks at; what it leaves out cannot make it fail."""

from __future__ import annotations

import pytest

FILES = {
    "molecule/shop/vars.yml": "",
    "roles/shop/tasks/main.yml": "netfs.bench.till: {}\nnetfs.bench.cellar",
    "roles/shop/README.md": "beside netfs.bench.museum",
    "roles/cellar/tasks/main.yml": "{{ wine | netfs.bench.to_label }}",
    "roles/museum/tasks/main.yml": "",
    "plugins/modules/till.py": "from ansible_collections.netfs.bench.plugins.module_utils._coin import pay",
    "plugins/action/till.py": "from ansible_collections.netfs.bench.plugins.plugin_utils._count import count",
    "plugins/module_utils/_coin.py": "from ansible_collections.netfs.bench.plugins.module_utils._metal import gold",
    "plugins/module_utils/_metal.py": "",
    "plugins/plugin_utils/_count.py": "",
    "plugins/plugin_utils/_other.py": "",
    "plugins/filter/to_label.py": "",
}


@pytest.fixture
def check(program):
    return program("check")


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["plugins/filter/"], ["plugins/filter/to_label.py"]),
        (
            ["*.yml"],
            ["molecule/shop/vars.yml", *(f"roles/{name}/tasks/main.yml" for name in ("cellar", "museum", "shop"))],
        ),
        (["roles/shop/[!R]*"], ["roles/shop/tasks/main.yml"]),
        (["plugins/modules/till.py", "none"], ["plugins/modules/till.py"]),
        ([], []),
    ],
)
def test_patterns(check, patterns: list[str], names: list[str]) -> None:
    assert check.inputs.chosen(FILES, patterns) == names


def test_a_file_leads_to_the_roles_and_plugins_it_names_and_to_what_these_import(check) -> None:
    found = check.inputs.reached(["roles/shop/tasks/main.yml"], FILES, FILES.__getitem__)
    assert set(FILES) - found == {
        "molecule/shop/vars.yml",
        "roles/shop/README.md",
        "roles/museum/tasks/main.yml",
        "plugins/plugin_utils/_other.py",
    }


def test_a_hash_tells_content_names_and_words(check, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check.inputs, "ROOT", tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).write_text("the same")
    digest = check.inputs.digest
    first = digest(["one"])
    assert first == digest(["one"])
    assert len({first, digest(["two"]), digest(["one", "two"]), digest(["one"], ["word"])}) == 4
    (tmp_path / "one").write_text("another")
    assert digest(["one"]) != first


# What a change of one file makes run: parts that must, and parts that must not.
@pytest.mark.parametrize(
    ("changed", "runs", "rests"),
    [
        (
            "roles/samba/templates/smb.conf.j2",
            {"role:samba", "role:kernel_nfs", "role:ceph"},
            {"role:rclone", "integration", "smoke"},
        ),
        ("roles/rclone/tasks/main.yml", {"role:rclone", "smoke"}, {"role:samba", "validation"}),
        ("tests/support/misbehaving/main.go", {"validation"}, {"role:ganesha"}),
        ("roles/nodes_docker/tasks/nodes.yml", {"role:default", "smoke"}, {"integration"}),
        ("roles/service/tasks/run.yml", {"role:samba", "role:juicefs", "role:reuse", "smoke"}, {"browser", "sanity"}),
        ("roles/rclone/README.md", {"role:reuse", "site", "unit"}, {"role:rclone", "role:samba", "smoke"}),
        ("docs/nodes.md", {"site", "docs", "unit"}, {"smoke", "role:default", "ansible-lint", "mypy"}),
        ("plugins/modules/dfsctl_share.py", {"role:dittofs", "integration", "sanity"}, {"role:samba", "browser"}),
        ("tests/testinfra/test_samba.py", {"role:samba", "role:kernel_nfs"}, {"role:ganesha", "smoke"}),
        ("tests/testinfra/conftest.py", {"role:samba", "role:ganesha", "role:default"}, {"smoke"}),
        ("playbooks/workloads/metadata.fio", {"smoke", "browser", "tarball"}, {"role:ganesha", "integration"}),
        ("molecule/juicefs/vars.yml", {"role:juicefs"}, {"role:rclone", "role:reuse"}),
        ("requirements-test.txt", {"yaml", "unit", "smoke", "role:default", "integration"}, set()),
        ("tools/check.py", {"yaml", "unit", "smoke", "role:default", "integration"}, set()),
    ],
)
def test_a_change_runs_what_looks_at_it(check, changed: str, runs: set[str], rests: set[str]) -> None:
    memory = check.Memory()
    assert changed in memory.names
    looking = {part.name for part in check.parts() if changed in memory.looked_at(part)}
    assert runs <= looking
    assert not rests & looking


def test_every_file_of_the_collection_is_looked_at_by_more_than_the_unit_tests(check) -> None:
    memory = check.Memory()
    seen = {name for part in check.parts() if part.name != "unit" for name in memory.looked_at(part)}
    kept = check.inputs.chosen(memory.names, ["plugins/", "roles/", "playbooks/", "molecule/", "inventories/", "docs/"])
    assert [name for name in kept if name not in seen] == []


def test_quick_parts_begin_and_no_long_one_is_left_for_the_end(check) -> None:
    parts = [check.Part(f"{minutes}", print, print, minutes=minutes) for minutes in (5, 10, 40, 5, 60)]
    assert [part.minutes for part in check.Queue(parts, check.Memory()).waiting] == [5, 5, 60, 40, 10]
