# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real DittoFS server on the loopback interface of this machine, and the modules run against it.

NETFS_DFS names the directory with dfs and dfsctl; without it, the programs are looked for where the role keeps them.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from running import call

PASSWORD = "first-password-of-admin"
SECRET = "secret-that-signs-the-tokens-0123456789"


def program(name: str) -> Path:
    """Where dfs or dfsctl is."""
    given = os.environ.get("NETFS_DFS")
    if given:
        return Path(given) / name
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netfs.bench"
    found = max(cache.glob(f"go/**/{name}"), default=None)
    assert found, "set NETFS_DFS to the directory with dfs and dfsctl"
    return found


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for index in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Server:
    """One dfs process."""

    def __init__(self, home: Path, program: Path) -> None:
        self.home = home
        self.program = program
        self.api, self.nfs, self.smb = free_ports(3)
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self.api}"
        self.log = home / "log"
        (home / "config.yaml").write_text(
            json.dumps(
                {
                    "logging": {"level": "INFO", "format": "text", "output": "stdout"},
                    "database": {"type": "sqlite", "sqlite": {"path": str(home / "controlplane.db")}},
                    "controlplane": {"host": "127.0.0.1", "port": self.api},
                    "gc": {"auto_enabled": False},
                }
            )
        )

    def start(self) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "DITTOFS_CONTROLPLANE_SECRET": SECRET,
            "DITTOFS_ADMIN_INITIAL_PASSWORD": PASSWORD,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "start", "--foreground", "--config", self.home / "config.yaml"],
                env=environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.api), 1):
                return
            time.sleep(0.1)
        pytest.fail(self.log.read_text()[-3000:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("dittofs")
    running = Server(home, program("dfs"))
    running.start()
    yield running
    running.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory):
    """A real object store with one bucket, as the options of a remote store name it."""
    home = tmp_path_factory.mktemp("s3")
    (home / "nas").mkdir()
    (port,) = free_ports(1)
    keys = {"access_key_id": "AKINTEGRATION", "secret_access_key": "s3-secret-of-the-integration-tests"}
    with subprocess.Popen(
        [program("versitygw"), "--port", f"127.0.0.1:{port}", "--quiet", "posix", home],
        env={
            "PATH": os.environ["PATH"],
            "ROOT_ACCESS_KEY": keys["access_key_id"],
            "ROOT_SECRET_KEY": keys["secret_access_key"],
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as store:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield {"type": "s3", "bucket": "nas", "endpoint": f"http://127.0.0.1:{port}", "force_path_style": True, **keys}
        store.terminate()


@pytest.fixture
def run(server: Server):
    def ask(module_name: str, /, *, check: bool = False, **params) -> dict:
        connection = {"api_url": server.url, "api_password": PASSWORD}
        if {"api_token", "api_token_file", "api_password_file"} & set(params):
            connection.pop("api_password")
        return call(module_name, check=check, **{**connection, **params})

    return ask


@pytest.fixture
def both(run):
    """Run in check mode, then for real, and hold the two to telling the same; then again, which changes nothing."""

    def ask(module_name: str, /, *, again: bool = True, **params) -> dict:
        foretold = run(module_name, check=True, **params)
        done = run(module_name, **params)
        assert foretold["changed"] == done["changed"]
        assert foretold["diff"] == done["diff"]
        if again:
            second = run(module_name, **params)
            assert not second["changed"], second
            assert second["diff"]["before"] == second["diff"]["after"]
        return done

    return ask
