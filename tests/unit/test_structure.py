# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two wings of the plugins: what travels to nodes, what the controller alone runs, and who may import whom."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "ansible_collections.netfs.bench.plugins."

MAY_IMPORT = {
    "action": {"plugin_utils", "module_utils"},
    "callback": {"plugin_utils", "module_utils"},
    "filter": {"plugin_utils"},
    "lookup": {"plugin_utils"},
    "plugin_utils": {"plugin_utils", "module_utils"},
    "modules": {"module_utils"},
    "module_utils": {"module_utils"},
    "doc_fragments": set(),
}
"""By folder of plugins, the folders that its files may import from: a module brings its imports to a node."""


def sources(tree: Path) -> list[Path]:
    return sorted((tree / "plugins").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the files of the collection that a file imports, such as ``module_utils._fio``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # "from plugins.module_utils import _fio" names the file last, "from plugins.module_utils._fio import x" not
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if f"{node.module}.".removeprefix(PREFIX).count(".") == 1 else {node.module}
    return {name.removeprefix(PREFIX) for name in found if name.startswith(PREFIX)}


def wrong_arrows(tree: Path) -> list[str]:
    """Return a line for every import that leads where it must not."""
    return [
        f"{path.parent.name}/{path.name} imports {name}"
        for path in sources(tree)
        for name in sorted(imported(path))
        if name.partition(".")[0] not in MAY_IMPORT[path.parent.name]
    ]


def circle(tree: Path) -> list[str]:
    """Return the files of a circle of imports, nothing when there is none."""
    graph = {f"{path.parent.name}.{path.stem}": imported(path) for path in sources(tree)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_arrow_leads_where_it_must_not_and_none_leads_back() -> None:
    assert {path.parent.name for path in sources(ROOT)} == set(MAY_IMPORT)
    assert wrong_arrows(ROOT) == []
    assert circle(ROOT) == []


@pytest.mark.parametrize(
    "name, line, what",
    [
        ("modules/a.py", f"from {PREFIX}plugin_utils._x import f", "modules/a.py imports plugin_utils._x"),
        ("modules/a.py", f"from {PREFIX}plugin_utils import _x", "modules/a.py imports plugin_utils._x"),
        ("module_utils/_a.py", f"import {PREFIX}plugin_utils._x", "module_utils/_a.py imports plugin_utils._x"),
        ("plugin_utils/_a.py", f"from {PREFIX}action.x import f", "plugin_utils/_a.py imports action.x"),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path: Path, name: str, line: str, what: str) -> None:
    path = tmp_path / "plugins" / name
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\n", encoding="utf-8")
    assert wrong_arrows(tmp_path) == [what]


def test_a_circle_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "plugins/plugin_utils"
    folder.mkdir(parents=True)
    for name, other in (("_a", "_b"), ("_b", "_c"), ("_c", "_a")):
        (folder / f"{name}.py").write_text(f"from {PREFIX}plugin_utils import {other}\n", encoding="utf-8")
    assert set(circle(tmp_path)) == {"plugin_utils._a", "plugin_utils._b", "plugin_utils._c"}


def test_the_first_line_of_a_file_says_what_it_is_for() -> None:
    """The underscore in its name says already that it is private."""
    for path in (path for path in sources(ROOT) if path.parent.name.endswith("_utils")):
        first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        assert len(first) > 20, path
        assert "private" not in first.lower(), path


def test_every_action_is_documented_in_a_module_of_its_name() -> None:
    """What runs on the controller alone has a module that does nothing; some actions have one that works on nodes."""
    names = {path.stem for path in (ROOT / "plugins/action").glob("*.py")}
    modules = {name: (ROOT / f"plugins/modules/{name}.py").read_text(encoding="utf-8") for name in names}
    stubs = [name for name, text in modules.items() if "def main" not in text]
    assert {"bench_plan", "bench_open", "bench_grow", "bench_report", "bench_compare"} <= set(stubs)
    for name in stubs:
        assert {type(part) for part in ast.parse(modules[name]).body} == {ast.ImportFrom, ast.Assign}, name
