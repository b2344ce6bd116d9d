# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tests of nodes on which a role was applied; molecule/shared/verify.yml starts them and says where the nodes are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import testinfra
from testinfra.host import Host


@pytest.fixture(scope="session")
def sockets() -> Iterator[str]:
    """Return where ssh keeps shared connections: without one every command takes a handshake, 0.3 s for 0.01."""
    with TemporaryDirectory(prefix="ssh-") as directory:  # a short path, as sockets want it
        yield directory


def reach(variable: str, sockets: str) -> Host:
    """Return the node that a variable of the environment names, or say that it is not there."""
    where = os.environ[variable]
    # testinfra reads these only as arguments, not from the address
    extra = {key: value for key, value in parse_qsl(urlsplit(where).query) if key == "ssh_extra_args"}
    if where.startswith("ssh:"):
        extra["controlpath"] = f"{sockets}/%%C"
    host = testinfra.get_host(where, **extra)
    answer = host.run("true")
    assert answer.rc == 0, f"{variable}={where} cannot be reached: {answer.stderr}"
    return host


@pytest.fixture(scope="session")
def node(sockets: str) -> Host:
    """Return the node that serves."""
    return reach("NETFS_NODE", sockets)


@pytest.fixture(scope="session")
def client(sockets: str) -> Host:
    """Return the node that mounts, with the kernel's own client."""
    return reach("NETFS_CLIENT", sockets)


@pytest.fixture(scope="session")
def endpoint() -> dict[str, Any]:
    """Return service_endpoint, as the role published it."""
    published: dict[str, Any] = json.loads(os.environ["NETFS_ENDPOINT"])
    return published


@pytest.fixture(scope="session")
def database_unit(node: Host) -> str:
    """Return the unit of PostgreSQL, which is named after the version that the release of Debian has."""
    (line,) = node.check_output("systemctl list-units --plain --no-legend 'postgresql@*-netfs.service'").splitlines()
    return line.split()[0]


@pytest.fixture(scope="session")
def spec() -> dict[str, Any]:
    """Return the specification of the service that was removed."""
    known: dict[str, Any] = json.loads(os.environ["NETFS_SPEC"])
    return known
