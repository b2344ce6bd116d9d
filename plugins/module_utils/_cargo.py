# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build programs from crates: what identifies a build, where it is kept, how cargo is called."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._build import BuildError, keep, kept
from ansible_collections.netfs.bench.plugins.module_utils._files import Json, digest

# cargo(arguments) returns what cargo printed
Cargo = Callable[[list[str]], str]


@dataclass(frozen=True)
class Recipe:
    """All that decides what comes out of a build."""

    name: str
    crate: str
    version: str
    architecture: str

    def path(self, cache: Path) -> Path:
        """Return where the program is kept."""
        return cache / "cargo" / f"{self.crate}-{self.version}-{self.architecture}" / self.name


def find(recipe: Recipe, cache: Path) -> Json | None:
    """Return the note of an earlier build if its program is whole."""
    note = kept(recipe.path(cache))
    return note and {name: note.get(name, "unknown") for name in ("sha256", "built_with")}


def build(recipe: Recipe, cache: Path, cargo: Cargo) -> Json:
    """Fetch, build, note. The crate's own lock file says what it stands on, so that every build has the same parts."""
    path = recipe.path(cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    built_with = cargo(["--version"]).strip()
    with tempfile.TemporaryDirectory(prefix="build-", dir=path.parent) as folder:
        words = ["install", recipe.crate, "--version", f"={recipe.version}", "--locked", "--no-track"]
        place = Path(folder)
        cargo([*words, "--root", folder, "--target-dir", str(place / "target"), "--bin", recipe.name])
        partial = place / "bin" / recipe.name
        if not partial.is_file():
            raise BuildError(["cargo", *words], 0, f"it made no program {recipe.name}")
        note = {"sha256": digest(partial), "built_with": built_with}
        keep(partial, path, {**asdict(recipe), **note})
    return note
