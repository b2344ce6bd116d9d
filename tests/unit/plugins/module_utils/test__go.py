"""Builds of Go modules, with a Go and a Docker that only pretend."""

from __future__ import annotations

import dataclasses
import json
import stat
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _go

RECIPE = _go.Recipe(
    name="tool",
    module="example.org/tool",
    version="v1.2.3",
    package="./cmd/tool",
    tags=("small", "fast"),
    ldflags="-s -w -X main.Version=v1.2.3",
    cgo=False,
    architecture="amd64",
)


class FakeGo:
    """Says what Go says, and writes what Go writes."""

    def __init__(self, folder: Path, total: str = "h1:abc=") -> None:
        self.folder = folder
        self.total = total
        self.calls: list[tuple[list[str], Path]] = []

    def __call__(self, arguments: list[str], folder: Path) -> str:
        self.calls.append((arguments, folder))
        if arguments[0] == "mod":
            return json.dumps({"Dir": str(self.folder), "Sum": self.total})
        if arguments[0] == "build":
            Path(arguments[arguments.index("-o") + 1]).write_bytes(b"program")
            return ""
        return f"{arguments[1]}: go1.99.1\n"


def test_second_request_finds_the_first(tmp_path: Path) -> None:
    assert _go.find(RECIPE, tmp_path) is None
    go = FakeGo(tmp_path / "source")
    note = _go.build(RECIPE, tmp_path, go)
    assert note["built_with"] == "go1.99.1"
    assert _go.find(RECIPE, tmp_path) == note
    arguments, folder = go.calls[1]
    assert folder == tmp_path / "source"
    assert arguments[-3:] == ["-tags", "small,fast", "./cmd/tool"]
    assert RECIPE.ldflags in arguments
    assert RECIPE.path(tmp_path).stat().st_mode & stat.S_IXOTH


@pytest.mark.parametrize(
    "field, value",
    [("version", "v1.2.4"), ("tags", ()), ("ldflags", ""), ("cgo", True), ("architecture", "arm64"), ("package", ".")],
)
def test_whatever_changes_the_program_changes_its_place(field: str, value: object) -> None:
    other = dataclasses.replace(RECIPE, **{field: value})  # type: ignore[arg-type]
    assert other.path(Path("/c")) != RECIPE.path(Path("/c"))


def test_pin_that_is_added_later_rebuilds_nothing(tmp_path: Path) -> None:
    _go.build(RECIPE, tmp_path, FakeGo(tmp_path))
    assert _go.find(dataclasses.replace(RECIPE, sum="h1:abc="), tmp_path)
    assert _go.find(dataclasses.replace(RECIPE, sum="h1:other="), tmp_path) is None


def test_damaged_program_is_built_again(tmp_path: Path) -> None:
    _go.build(RECIPE, tmp_path, FakeGo(tmp_path))
    RECIPE.path(tmp_path).write_bytes(b"progr")
    assert _go.find(RECIPE, tmp_path) is None


def test_wrong_sum_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    go = FakeGo(tmp_path)
    with pytest.raises(_go.BuildError, match="h1:abc= and not the pinned h1:pinned="):
        _go.build(dataclasses.replace(RECIPE, sum="h1:pinned="), tmp_path, go)
    assert len(go.calls) == 1
    assert not RECIPE.path(tmp_path).exists()


def local_module(folder: Path) -> Path:
    """A module of one package that lies here."""
    folder.mkdir()
    for name, text in {"go.mod": "module m\n", "go.sum": "", "main.go": "package main\n", "main_test.go": ""}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_module_that_lies_here_is_copied_and_built(tmp_path: Path) -> None:
    source = local_module(tmp_path / "source")
    version = _go.version_of(source)
    recipe = dataclasses.replace(RECIPE, module="", version=version, directory=str(source), package=".", tags=())
    go = FakeGo(tmp_path)
    note = _go.build(recipe, tmp_path / "cache", go)
    assert note["sum"] == ""
    arguments, folder = go.calls[0]
    assert arguments[0] == "build"
    # where a container sees it
    assert (tmp_path / "cache") in folder.parents
    assert sorted(path.name for path in folder.iterdir()) == ["go.mod", "go.sum", "main.go"]
    assert _go.settings(recipe)["GONOSUMDB"] == "*"


def test_place_of_a_module_that_lies_here_is_by_its_files_and_not_by_its_directory(tmp_path: Path) -> None:
    one, two = local_module(tmp_path / "one"), local_module(tmp_path / "two")
    assert _go.version_of(one) == _go.version_of(two)
    (two / "main_test.go").write_text("package main\n", encoding="utf-8")
    assert _go.version_of(one) == _go.version_of(two)
    (two / "main.go").write_text("package main // other\n", encoding="utf-8")
    assert _go.version_of(one) != _go.version_of(two)
    here = dataclasses.replace(RECIPE, directory="/one")
    assert here.path(tmp_path) == dataclasses.replace(here, directory="/two").path(tmp_path)


@pytest.mark.parametrize(
    "said, enough",
    [
        ("go version go1.26.8 linux/amd64", True),
        ("go version go1.21 linux/amd64", True),
        ("go version go1.19.8 linux/amd64", False),
        ("go version go2.0 linux/amd64", True),
        ("", False),
    ],
)
def test_new_enough(said: str, enough: bool) -> None:
    assert _go.new_enough(said) is enough


def test_pinned_module_needs_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONOSUMDB", "corp.example")
    assert "GONOSUMDB" not in _go.settings(RECIPE)
    pinned = dataclasses.replace(RECIPE, sum="h1:abc=")
    assert _go.settings(pinned)["GONOSUMDB"] == "corp.example,example.org/tool"


class FakeDocker:
    """Remembers what it was asked, and fails when it is told to."""

    def __init__(self, fails: str = "nothing") -> None:
        self.fails = fails
        self.calls: list[list[str]] = []

    def __call__(self, argv: list[str]) -> tuple[int, str, str]:
        self.calls.append(argv)
        return int(self.fails in " ".join(argv)), "c0ffee\n", "no network"


def container(docker: FakeDocker, cache: Path) -> _go.Container:
    environment = {"GOPROXY": "somewhere", "SECRET": "x"}
    return _go.Container(docker, "docker", image="base", label="a=b", cache=cache, environment=environment)


def test_container_builds_and_goes(tmp_path: Path) -> None:
    docker = FakeDocker()
    ours = container(docker, tmp_path)
    ours.start()
    ours.go(RECIPE)(["version"], tmp_path)
    ours.remove()
    started, _installed, built, _owned, removed = docker.calls
    assert {"--label", "a=b", "--env=GOPROXY", "--rm"} <= set(started)
    assert "SECRET" not in str(started)
    assert "--env=GOTOOLCHAIN=auto" in built
    assert removed == ["docker", "rm", "--force", "c0ffee"]


def test_container_that_gets_no_go_is_removed(tmp_path: Path) -> None:
    docker = FakeDocker("apt-get")
    with pytest.raises(_go.BuildError, match="no network"):
        container(docker, tmp_path).start()
    assert docker.calls[-1] == ["docker", "rm", "--force", "c0ffee"]
