# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What make starts keeps its bytecode, whatever the shell says: a run starts thousands of Python programs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SHOW = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"


def test_programs_keep_their_bytecode(program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    play, check = program("play"), program("check")
    for environment, root in (
        (play.with_bytecode(dict(os.environ), tmp_path), tmp_path),
        (check.environment(), check.ROOT),
    ):
        said = subprocess.check_output([sys.executable, "-c", SHOW], env=environment, text=True)
        assert said.split() == ["False", str(root / ".cache/bytecode")]


def test_who_writes_bytecode_anyway_keeps_it_where_it_is(program, tmp_path: Path) -> None:
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    assert program("play").with_bytecode(given, tmp_path) == given


def test_archives_are_compiled_once_on_this_machine(tmp_path: Path) -> None:
    """As on nodes, where tests/testinfra/test_nodes_docker.py looks: set-up gives the environment the same hook."""
    kept = Path(sys.prefix) / "zipimport" / str(sys.implementation.cache_tag)
    text = f"def where(): raise RuntimeError\nvalue = {str(tmp_path)!r}\n"
    before = set(kept.glob("*"))
    for name in ("one", "two"):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            archive.writestr("part.py", text)
        said = subprocess.check_output(
            [sys.executable, "-c", "import part; print(part.value, part.where.__code__.co_filename)"],
            env={**os.environ, "PYTHONPATH": str(tmp_path / f"{name}.zip")},
            text=True,
        )
        assert said.split() == [str(tmp_path), f"{tmp_path}/{name}.zip/part.py"]
    (code,) = set(kept.glob("*")) - before
    code.unlink()
