# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The handler of spot interruptions against a metadata service that answers as badly as it can, then gives notice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HANDLER = Path(__file__).resolve().parents[2] / "roles/nodes_ec2/files/interruption.py"
TOKEN = "made-up"


class Metadata(ThreadingHTTPServer):
    """Gives one answer of a list after the other, the last one for ever."""

    def __init__(self, answers: list[object]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers = answers
        self.asked: list[str] = []


class Answer(BaseHTTPRequestHandler):
    server: Metadata

    def say(self, code: int, text: str = "") -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self) -> None:
        self.server.asked.append("token")
        good = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.say(200, TOKEN) if good else self.say(400)

    def do_GET(self) -> None:
        self.server.asked.append("action")
        if self.headers["X-aws-ec2-metadata-token"] != TOKEN:
            self.say(401)
            return
        assert self.path == "/latest/meta-data/spot/instance-action"
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == "hang":
            time.sleep(1)
            self.close_connection = True
        elif isinstance(answer, int):
            self.say(answer)
        else:
            self.say(200, str(answer))

    def log_message(self, *words: object) -> None:
        """Keep quiet."""


def notice(seconds: float) -> str:
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return json.dumps({"action": "terminate", "time": f"{ends:%Y-%m-%dT%H:%M:%SZ}"})


@pytest.fixture
def handle(tmp_path: Path):
    """Run the handler against answers; return its exit code, what it did in order, what it said, and the server."""
    done = tmp_path / "done"
    systemctl = tmp_path / "bin/systemctl"
    systemctl.parent.mkdir()
    systemctl.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = list-units ]; then echo "netfs-a.service loaded active"; echo "netfs-b.service loaded"; exit; fi\n'
        f'echo "$@" >> {done}\n[ "$2" != netfs-a.service ]\n'
    )
    systemctl.chmod(0o755)

    def run(answers: list[object], drain: str = "") -> tuple[int, list[str], str, Metadata]:
        program = tmp_path / "drain"
        if drain:
            program.write_text(f"#!/bin/sh\necho drain >> {done}\n{drain}\n")
            program.chmod(0o755)
        server = Metadata(answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            said = subprocess.run(
                [sys.executable, HANDLER],
                env={
                    **os.environ,
                    "PATH": f"{systemctl.parent}:{os.environ['PATH']}",
                    "NETFS_METADATA": f"http://127.0.0.1:{server.server_port}",
                    "NETFS_METADATA_EVERY": "0.02",
                    "NETFS_METADATA_ANSWER": "0.3",
                    "NETFS_DRAIN": str(program),
                    "no_proxy": "*",
                },
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
        finally:
            server.shutdown()
            server.server_close()
        steps = done.read_text().splitlines() if done.exists() else []
        return said.returncode, steps, said.stdout + said.stderr, server

    return run


STOPPED = ["stop netfs-a.service", "stop netfs-b.service"]


def test_nothing_but_the_notice_ends_it(handle):
    odd: list[object] = [404, 401, 500, 503, "hang", "", "no json", "{}", '{"time": 7}', '{"time": "soon"}', "[]", 404]
    code, steps, said, server = handle([*odd, notice(120)], drain="exit 0")
    assert code == 0, said
    assert steps == ["drain", *STOPPED]
    assert "notice: terminate" in said
    assert server.asked.count("token") == 2, "a token that is refused is renewed, and no other"
    assert server.asked.count("action") == len(odd) + 1


def test_a_drain_that_fails_does_not_keep_units_running(handle):
    code, steps, said, _server = handle([notice(120)], drain="exit 3")
    assert (code, steps) == (0, ["drain", *STOPPED])
    assert "exit code 3" in said


def test_a_drain_that_hangs_is_left_in_time_to_stop(handle):
    code, steps, said, _server = handle([notice(16)], drain="exec sleep 50")
    assert (code, steps) == (0, ["drain", *STOPPED])
    assert "timed out" in said


def test_without_a_drain_the_units_are_stopped(handle):
    assert handle([notice(120)])[:2] == (0, STOPPED)


def test_a_notice_that_comes_late_still_stops(handle):
    assert handle([notice(-5)], drain="exit 0")[:2] == (0, ["drain", *STOPPED])
