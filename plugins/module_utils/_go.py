# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build programs from Go modules: what identifies a build, where it is kept, how Go is called."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._build import BuildError, keep, kept
from ansible_collections.netfs.bench.plugins.module_utils._files import digest

# go(arguments, directory) returns what Go printed
Go = Callable[[list[str], Path], str]
# run(argv) returns exit status, output, error output
Run = Callable[[list[str]], tuple[int, str, str]]

# What of the environment says where modules come from; a container gets it too
HANDED_ON = (
    "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
TRUSTED = "/var/lib/controller-certificates.crt"


@dataclass(frozen=True)
class Recipe:
    """All that decides what comes out of a build."""

    name: str
    module: str
    version: str
    package: str
    tags: tuple[str, ...]
    ldflags: str
    cgo: bool
    architecture: str
    sum: str = ""
    directory: str = ""
    """Where the module lies on this host; its version is then what identifies its files."""

    @property
    def key(self) -> str:
        """A hash of everything but the sum, which checks a build and does not change it, and where a module lies."""
        facts = {name: value for name, value in asdict(self).items() if name not in ("sum", "directory")}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def path(self, cache: Path) -> Path:
        """Return where the program is kept."""
        return cache / "go" / f"{self.name}-{self.version}-{self.key}" / self.name


def version_of(directory: Path) -> str:
    """What identifies the files of a module that lies on this host."""
    files = {path.name: digest(path) for path in module_files(directory)}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]


def module_files(directory: Path) -> list[Path]:
    """The files of a module of one package, but for its tests."""
    found = sorted([*directory.glob("*.go"), directory / "go.mod", directory / "go.sum"])
    return [path for path in found if not path.name.endswith("_test.go")]


def new_enough(said: str) -> bool:
    """Say whether this is the answer of a Go that can fetch the toolchain that a module asks for."""
    found = re.search(r"\bgo(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= (1, 21)


def settings(recipe: Recipe) -> dict[str, str]:
    """Return the environment of a build: it overrides the user's settings, and writes none of them.

    A module whose sum is pinned, or that lies here, needs no database: its own go.sum then vouches for all that it
    stands on.
    """
    known = {
        "CGO_ENABLED": "1" if recipe.cgo else "0",
        "GOARCH": recipe.architecture,
        "GOFLAGS": "-mod=readonly",
        "GOOS": "linux",
        "GOTOOLCHAIN": "auto",
        "GOWORK": "off",
        "LC_ALL": "C",
    }
    if recipe.directory:
        known["GONOSUMDB"] = "*"
    elif recipe.sum:
        known["GONOSUMDB"] = ",".join(filter(None, [os.environ.get("GONOSUMDB", ""), recipe.module]))
    return known


def find(recipe: Recipe, cache: Path) -> dict[str, str] | None:
    """Return the note of an earlier build if its program is whole and comes from the sum that is wanted."""
    note = kept(recipe.path(cache))
    if note is None or (recipe.sum and recipe.sum != note.get("sum")):
        return None
    return {name: note.get(name, "unknown") for name in ("sha256", "sum", "built_with")}


def build(recipe: Recipe, cache: Path, go: Go) -> dict[str, str]:
    """Fetch, check, build, note. The program appears whole or not at all."""
    path = recipe.path(cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = copied(recipe, path.parent) if recipe.directory else downloaded(recipe, path.parent, go)
    partial = path.with_name(f".{recipe.name}.part")
    arguments = ["build", "-trimpath", "-buildvcs=false", "-o", str(partial), "-ldflags", recipe.ldflags]
    if recipe.tags:
        arguments += ["-tags", ",".join(recipe.tags)]
    go([*arguments, recipe.package], Path(answer["Dir"]))
    made = re.search(r": (go\S+)", go(["version", str(partial)], path.parent))
    note = {"sha256": digest(partial), "sum": answer["Sum"], "built_with": made[1] if made else "unknown"}
    keep(partial, path, {**asdict(recipe), **note})
    return note


def downloaded(recipe: Recipe, folder: Path, go: Go) -> dict[str, str]:
    """Fetch a module and check its sum; return that as ``Sum``, and where it lies as ``Dir``."""
    answer = json.loads(go(["mod", "download", "-json", f"{recipe.module}@{recipe.version}"], folder))
    if recipe.sum and answer["Sum"] != recipe.sum:
        said = f"the checksum is {answer['Sum']} and not the pinned {recipe.sum}"
        raise BuildError(["go", "mod", "download"], 1, said)
    return {name: answer[name] for name in ("Sum", "Dir")}


def copied(recipe: Recipe, folder: Path) -> dict[str, str]:
    """Copy a module of this host to where it is built, which a container shares; its go.sum vouches for the rest."""
    into = folder / "source"
    into.mkdir(exist_ok=True)
    for path in module_files(Path(recipe.directory)):
        shutil.copyfile(path, into / path.name)
    return {"Sum": "", "Dir": str(into)}


class Container:
    """A container of ours with a distribution's Go, for a controller that has none. They share the cache only."""

    def __init__(
        self,
        run: Run,
        docker: str,
        *,
        image: str,
        label: str,
        cache: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.run = run
        self.docker = docker
        self.image = image
        self.label = label
        self.cache = cache.absolute()
        self.environment = os.environ if environment is None else environment
        self.id = ""

    def call(self, *words: str) -> str:
        """Call docker."""
        argv = [self.docker, *words]
        code, out, err = self.run(argv)
        if code:
            raise BuildError(argv, code, err or out)
        return out

    def start(self) -> None:
        """Start it and give it Go."""
        (self.cache / "go/modules").mkdir(parents=True, exist_ok=True)
        mounts = ["--volume", f"{self.cache}:{self.cache}"]
        if Path(CERTIFICATES).exists():
            # Beside the container's own, which its package will write
            mounts += ["--volume", f"{CERTIFICATES}:{TRUSTED}:ro", f"--env=SSL_CERT_FILE={TRUSTED}"]
        handed_on = [f"--env={name}" for name in HANDED_ON if self.environment.get(name)]
        # It ends by itself, should nobody be left to remove it.
        last = ["--entrypoint", "sleep", self.image, "3600"]
        self.id = self.call("run", "--detach", "--rm", "--label", self.label, *mounts, *handed_on, *last).strip()
        try:
            apt = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends"
            self.call("exec", self.id, "sh", "-c", f"{apt} --yes golang-go ca-certificates >/dev/null")
        except BuildError:
            self.remove()
            raise

    def go(self, recipe: Recipe) -> Go:
        """Return what runs go inside."""
        known = {
            **settings(recipe),
            "GOMODCACHE": str(self.cache / "go/modules"),
            "GOCACHE": "/var/tmp/go-build",
            "HOME": "/root",
        }
        words = [f"--env={name}={value}" for name, value in known.items()]

        def go(arguments: list[str], folder: Path) -> str:
            return self.call("exec", *words, "--workdir", str(folder), self.id, "go", *arguments)

        return go

    def remove(self) -> None:
        """Remove it; what it has made stays in the cache and belongs to whoever owns that."""
        owner = self.cache.stat()
        made = str(self.cache / "go")
        self.run([self.docker, "exec", self.id, "chown", "-R", f"{owner.st_uid}:{owner.st_gid}", made])
        self.run([self.docker, "rm", "--force", self.id])
