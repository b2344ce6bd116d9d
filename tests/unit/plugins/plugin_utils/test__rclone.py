# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rclone itself reads back what is written for it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._rclone import to_rclone_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

PROGRAM = Path(sys.executable).with_name("rclone")
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


class Reader:
    """One rclone for all examples, which reads its file again when that has changed."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.file = folder / "rclone.conf"
        self.file.touch()
        argv = [str(PROGRAM), "rcd", "--rc-no-auth", "--rc-addr", self.address, "--config", str(self.file)]
        self.process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr
        assert "Serving remote control" in self.process.stderr.readline()

    def read_back(self, text: str) -> dict[str, str]:
        self.file.write_text(f"[store]\n{text}\n", encoding="utf-8")
        request = urllib.request.Request(f"http://{self.address}/config/dump", method="POST")
        remote: dict[str, str] = json.load(urllib.request.urlopen(request, timeout=10))["store"]
        return remote


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    found = Reader(tmp_path_factory.mktemp("rclone"))
    yield found
    found.process.kill()
    found.process.communicate()


@THOROUGH
@given(st.dictionaries(NAMES, TEXTS, min_size=1, max_size=3))
def test_rclone_reads_back_the_same_options(reader: Reader, options: dict[str, str]) -> None:
    kept = {}
    for name, value in options.items():
        try:
            to_rclone_conf(value)
        except RefusedValueError:
            continue
        kept[name] = value
    assert reader.read_back(to_rclone_conf(kept)) == {name: value for name, value in kept.items() if value}


@pytest.mark.parametrize(
    "value, written",
    [(True, "true"), (0, "0"), ("plain", "plain"), ("blank ", "`blank `"), ("`x", "``x`"), ("#;'\"", "#;'\"")],
)
def test_a_value_is_quoted_where_it_has_to_be(value: object, written: str) -> None:
    assert to_rclone_conf(value) == written


@pytest.mark.parametrize(
    "options", [{"a b": "x"}, {"": "x"}, {"x]\n[y": "z"}, {"key": "a\nb"}, {"key": "%(type)s"}, {"key": ["a"]}]
)
def test_what_no_line_can_hold_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(RefusedValueError, match=r"^rclone_remote"):
        to_rclone_conf(options, "rclone_remote")


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(RefusedValueError) as error:
        to_rclone_conf({"pass": "hidden\nword"}, "rclone_remote_secrets", secret=True)
    assert "hidden" not in str(error.value)
    assert str(error.value).startswith("rclone_remote_secrets.pass: this secret cannot be used: ")
