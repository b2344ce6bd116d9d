# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""systemd itself reads back what is written for it: its unit files' reader, and the one of its environment files."""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nasty import PATHS, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import (
    ARGUMENT_BYTES,
    to_environment_file,
    to_systemd_exec,
    to_systemd_line,
    to_systemd_word,
)

# One start of systemd reads the units of many values.
AT_ONCE = 30
# where distributions keep the library with most of systemd's own code
SHARED = [f"{lib}/systemd/libsystemd-shared-*.so" for lib in ("lib/*-linux-gnu*", "lib", "lib64")]
MANY = settings(THOROUGH, max_examples=10)


def read_units(bodies: list[str]) -> list[list[str]]:
    """Return what systemd understood of each unit: the lines of its own dump."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"unit{number}.service") for number in range(len(bodies))]
        for path, body in zip(paths, bodies, strict=True):
            path.write_bytes(body.encode())
        answer = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, paths)],
            env={**os.environ, "SYSTEMD_LOG_LEVEL": "debug", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=False,
            timeout=60,
        )
    dumps: dict[str, list[str]] = {}
    lines: list[str] = []
    # a dump breaks its lines at newlines alone; Unicode knows more of them
    for line in answer.stdout.decode().split("\n"):
        if line.startswith("\t-> Unit "):
            lines = dumps.setdefault(line.removeprefix("\t-> Unit ").removesuffix(":"), [])
        lines.append(line.lstrip("\t"))
    assert len(dumps) >= len(bodies), answer.stderr.decode()
    return [dumps[path.name] for path in paths]


def unit(service: str = "", section: str = "") -> str:
    return f"[Unit]\nDefaultDependencies=no\n{section}\n[Service]\nType=oneshot\n{service}\nExecStart=/bin/true after\n"


def written(writer: Callable[[Any], str], values: list[Any]) -> tuple[list[Any], list[str]]:
    """Return the values that the language holds, and what is written for each."""
    held, texts = [], []
    for value in values:
        try:
            texts.append(writer(value))
        except RefusedValueError:
            continue
        held.append(value)
    return held, texts


def decoded(shown: str) -> list[str]:
    """Return the words of a command that systemd's dump shows, quoted for a shell that knows C escapes."""
    words: list[str] = []
    word: bytearray | None = None
    quoted = False
    rest = iter(shown.encode())
    named = {ord("t"): 9, ord("n"): 10, ord("r"): 13, ord("a"): 7, ord("b"): 8, ord("f"): 12, ord("v"): 11}
    for byte in rest:
        if byte == ord(" ") and not quoted:
            words.append((word or bytearray()).decode())
            word = None
            continue
        word = word if word is not None else bytearray()
        if byte == ord('"'):
            quoted = not quoted
        elif byte == ord("\\"):
            escaped = next(rest)
            if chr(escaped).isdigit():
                word.append(int(bytes([escaped, next(rest), next(rest)]), 8))
            else:
                word.append(named.get(escaped, escaped))
        else:
            word.append(byte)
    return [*words, (word or bytearray()).decode()]


@MANY
@given(st.lists(TEXTS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_environment_setting_holds_any_word(values: list[str]) -> None:
    held, texts = written(lambda value: to_systemd_word(f"NAME={value}"), values)
    dumps = read_units([unit(f"Environment={word} LAST=1") for word in texts])
    for value, dump in zip(held, dumps, strict=True):
        assert [line for line in dump if line.startswith("Environment: ")] == [
            f"Environment: NAME={value}",
            "Environment: LAST=1",
        ]


@MANY
@given(st.lists(PATHS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_lists_of_paths_hold_any_path(paths: list[str]) -> None:
    held, texts = written(to_systemd_word, paths)
    dumps = read_units(
        [unit(f"ReadWritePaths={word}\nInaccessiblePaths=-{word}", f"RequiresMountsFor={word} /last") for word in texts]
    )
    for path, dump in zip(held, dumps, strict=True):
        assert f"ReadWritePaths: {path}" in dump
        assert f"InaccessiblePaths: -{path}" in dump
        # in the order of their names
        assert {line for line in dump if line.startswith("RequiresMountsFor: ")} == {
            f"RequiresMountsFor: {path} (origin-file)",
            "RequiresMountsFor: /last (origin-file)",
        }


@MANY
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=3), min_size=AT_ONCE, max_size=AT_ONCE))
def test_exec_lines_hold_any_arguments(commands: list[list[str]]) -> None:
    held, texts = written(to_systemd_exec, commands)
    dumps = read_units([unit(f"ExecStart=/bin/echo {words} last") for words in texts])
    for words, dump in zip(held, dumps, strict=True):
        first = next(line for line in dump if line.startswith("Command Line: "))
        program, *arguments, last = decoded(first.removeprefix("Command Line: "))
        assert (program, last) == ("/bin/echo", "last")
        # the dump shows the words before variables are filled in: each $ is a pair
        assert [argument.replace("$$", "$") for argument in arguments] == words
        assert all("$" not in argument.replace("$$", "") for argument in arguments)


@MANY
@given(st.lists(TEXTS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_lines_hold_any_text(values: list[str]) -> None:
    held, texts = written(to_systemd_line, values)
    for value, dump in zip(held, read_units([unit(section=f"Description={line}") for line in texts]), strict=True):
        assert f"Description: {value}" in dump


@MANY
@given(st.lists(PATHS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_lines_hold_any_path(paths: list[str]) -> None:
    held, texts = written(to_systemd_line, paths)
    bodies = [
        unit(f"WorkingDirectory={line}\nEnvironmentFile={line}", f"AssertPathIsMountPoint={line}") for line in texts
    ]
    for path, dump in zip(held, read_units(bodies), strict=True):
        assert f"WorkingDirectory: {path}" in dump
        assert f"EnvironmentFile: {path}" in dump
        assert f"AssertPathIsMountPoint: {path} untested" in dump


@pytest.mark.parametrize("value", ["", " x", "x\t", "was C:\\", "a\nUser=root", "\ufffe"])
def test_what_a_line_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(RefusedValueError, match=r"Description: .* cannot be used: "):
        to_systemd_line(value, "Description")


@pytest.mark.parametrize(
    "writer, value, wanted",
    [
        (to_systemd_word, "/srv/plain", "/srv/plain"),
        (to_systemd_word, "", '""'),
        (to_systemd_word, ["/srv/100% old", "/srv/$HOME"], '"/srv/100%% old" "/srv/$HOME"'),
        (to_systemd_word, 4096, "4096"),
        (to_systemd_exec, ["/srv/$HOME", True, ";"], '"/srv/$$HOME" true ";"'),
        (to_systemd_line, "/srv/media old", "/srv/media old"),
        (to_environment_file, 'a"b$c`d\\e', '"a\\"b\\$c\\`d\\\\e"'),
    ],
)
def test_what_is_written(writer: Callable[[Any], str], value: Any, wanted: str) -> None:
    assert writer(value) == wanted


@pytest.mark.parametrize("writer", [to_systemd_word, to_systemd_exec, to_systemd_line, to_environment_file])
@pytest.mark.parametrize("value", [None, {"a": 1}, "\0", "\ud800", "\ufdd0"])
def test_what_nothing_of_systemd_holds_is_refused(writer: Callable[[Any], str], value: Any) -> None:
    with pytest.raises(RefusedValueError):
        writer(value)


@pytest.mark.parametrize("writer", [to_systemd_exec, to_environment_file])
def test_what_the_kernel_does_not_take_is_refused(writer: Callable[[Any], str]) -> None:
    with pytest.raises(RefusedValueError, match=str(ARGUMENT_BYTES)):
        writer("é" * ARGUMENT_BYTES)


def test_refusal_of_a_secret_does_not_show_it() -> None:
    with pytest.raises(RefusedValueError, match=r"^password: this secret cannot be used: ") as refusal:
        to_environment_file("hidden\0", "password", secret=True)
    assert "hidden" not in str(refusal.value)


def load_environment_file(path: Path) -> list[str]:
    """Return the variables that systemd's own reader finds in a file."""
    library = ctypes.CDLL(str(next(path for pattern in SHARED for path in Path("/usr").glob(pattern))))
    found = ctypes.POINTER(ctypes.c_char_p)()
    code = library.load_env_file(None, os.fsencode(path), ctypes.byref(found))
    assert code == 0, os.strerror(-code)
    variables = []
    while found and (entry := found[len(variables)]):
        variables.append(entry.decode())
    return variables


@THOROUGH
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_environment_file_holds_any_text(values: list[str]) -> None:
    held, texts = written(to_environment_file, values)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "environment")
        path.write_bytes("".join(f"NAME{n}={text}\n" for n, text in enumerate(texts)).encode())
        assert load_environment_file(path) == [f"NAME{n}={value}" for n, value in enumerate(held)]
        names = " ".join(f'"$NAME{n}"' for n in range(len(held)))
        shown = subprocess.run(
            ["sh", "-c", f". '{path}' && printf '%s\\0' {names}"], capture_output=True, check=True, timeout=60
        )
    assert shown.stdout.decode().split("\0")[:-1] == held or not held
