# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""curl and Python themselves read back what is written for them."""

from __future__ import annotations

import base64
import netrc
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._netrc import to_netrc
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


class Mirror(BaseHTTPRequestHandler):
    """Answers with the login it was sent."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(base64.b64decode(self.headers.get("Authorization", "Basic ").split(" ", 1)[1]))

    def log_request(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@THOROUGH
@given(TEXTS)
def test_curl_and_python_read_back_the_same_password(
    url: str, tmp_path_factory: pytest.TempPathFactory, password: str
) -> None:
    try:
        word = to_netrc(password)
    except RefusedValueError:
        return
    file = tmp_path_factory.getbasetemp() / "netrc"
    file.write_text(f"# a comment\nmachine 127.0.0.1 login bench password {word}\n", encoding="utf-8")
    argv = ["curl", "--silent", "--fail", "--netrc-file", str(file), "--noproxy", "*", "--max-time", "10", url]
    said = subprocess.run(argv, capture_output=True, check=True, timeout=20).stdout
    assert said.decode() == f"bench:{password}"
    login = netrc.netrc(file).authenticators("127.0.0.1")
    assert login is not None
    assert login[2] == password


def test_most_of_it_is_not_refused() -> None:
    assert to_netrc('a b"c\\d#e$f') == '"a b\\"c\\\\d#e$f"'


@pytest.mark.parametrize("value", ["", "a\nb", "a\0b", "a" * 1001])
def test_what_no_word_can_hold_is_refused(value: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^password: this secret cannot be used: "):
        to_netrc(value, "password", secret=True)
