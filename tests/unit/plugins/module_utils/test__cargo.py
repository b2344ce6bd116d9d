# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds of crates, with a cargo that only pretends."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _cargo
from ansible_collections.netfs.bench.plugins.module_utils._build import BuildError

RECIPE = _cargo.Recipe(name="tool", crate="tool-cli", version="1.2.3", architecture="x86_64")


class FakeCargo:
    """Says what cargo says, and writes what cargo writes."""

    def __init__(self, program: str = "tool") -> None:
        self.program = program
        self.calls: list[list[str]] = []

    def __call__(self, arguments: list[str]) -> str:
        self.calls.append(arguments)
        if arguments == ["--version"]:
            return "cargo 1.85.0\n"
        made = Path(arguments[arguments.index("--root") + 1]) / "bin" / self.program
        made.parent.mkdir()
        made.write_bytes(b"program")
        return ""


def test_second_request_finds_the_first(tmp_path: Path) -> None:
    assert _cargo.find(RECIPE, tmp_path) is None
    cargo = FakeCargo()
    note = _cargo.build(RECIPE, tmp_path, cargo)
    assert note["built_with"] == "cargo 1.85.0"
    assert _cargo.find(RECIPE, tmp_path) == note
    words = cargo.calls[1]
    assert words[:2] == ["install", "tool-cli"]
    assert words[words.index("--version") + 1] == "=1.2.3"
    assert "--locked" in words
    path = RECIPE.path(tmp_path)
    assert path.stat().st_mode & stat.S_IXOTH
    # what it was built in is gone
    assert sorted(one.name for one in path.parent.iterdir()) == ["build.json", "tool"]


@pytest.mark.parametrize(("field", "value"), [("version", "1.2.4"), ("architecture", "aarch64"), ("crate", "other")])
def test_another_recipe_is_another_program(tmp_path: Path, field: str, value: str) -> None:
    _cargo.build(RECIPE, tmp_path, FakeCargo())
    assert _cargo.find(dataclasses.replace(RECIPE, **{field: value}), tmp_path) is None


def test_a_damaged_program_is_built_again(tmp_path: Path) -> None:
    _cargo.build(RECIPE, tmp_path, FakeCargo())
    RECIPE.path(tmp_path).write_bytes(b"half")
    assert _cargo.find(RECIPE, tmp_path) is None


def test_a_crate_without_the_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="it made no program tool"):
        _cargo.build(RECIPE, tmp_path, FakeCargo("another"))
    assert _cargo.find(RECIPE, tmp_path) is None
