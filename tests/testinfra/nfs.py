# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a test of any NFS server needs: a mount by the kernel of the client, and bytes that are compared."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from hypothesis import given
from hypothesis.strategies import SearchStrategy
from nasty import THOROUGH
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

Value = TypeVar("Value")

DIRECTORY = "/mnt/netfs-bench-test"


@contextmanager
def mounted(
    client: Host, endpoint: dict[str, Any], protocol: str, patience: str = "soft,timeo=100,retrans=1"
) -> Iterator[str]:
    """Mount the endpoint on the client by its kernel, and unmount it whatever happens."""
    options = f"vers={protocol.removeprefix('nfs')},proto=tcp,port={endpoint['port']},{patience}"
    if protocol == "nfs3":
        options += f",mountport={endpoint['mount_port']},mountproto=tcp,nolock"
    source = f"{endpoint['host']}:{endpoint['path']}"
    client.check_output("mkdir -p %s && timeout 60 mount -t nfs -o %s %s %s", DIRECTORY, options, source, DIRECTORY)
    try:
        yield DIRECTORY
    finally:
        client.run("umount -f %s || umount -l %s; rmdir %s", DIRECTORY, DIRECTORY, DIRECTORY)


def write(client: Host, path: str, megabytes: int = 4, how: str = "fsync") -> str:
    """Write random bytes and force them to stable storage, as dd calls it; return the checksum of the file."""
    command = "dd if=/dev/urandom of=%s bs=1M count=%s conv=%s status=none"
    client.check_output(command, path, str(megabytes), how)
    return checksum(client, path)


def checksum(host: Host, path: str) -> str:
    """Return the SHA-256 of a file."""
    return str(host.check_output("sha256sum < %s", path).split()[0])  # it escapes names with a backslash


def journal(node: Host, unit: str) -> str:
    """Return what a unit said last, for the message of a test that failed."""
    return str(node.run("journalctl --no-pager --lines=50 --output=cat --unit=%s", unit).stdout)


def accepted(values: SearchStrategy[Value], write: Callable[[Value], object]) -> list[Value]:
    """Return the values of a property test that can be written; all go to the node at once, since each call costs."""
    found: list[Value] = []

    def collect(value: Value) -> None:
        try:
            write(value)
        except RefusedValueError:
            return
        if value not in found:
            found.append(value)

    THOROUGH(given(values)(collect))()
    assert len(found) > 50
    return found


def put(node: Host, path: str, text: str) -> None:
    """Write a text to a file of the node, in parts that a command line holds."""
    whole = base64.b64encode(text.encode()).decode()
    node.check_output("rm -f %s", path)
    for start in range(0, len(whole), 60000):
        node.check_output("printf %%s %s | base64 -d >> %s", whole[start : start + 60000], path)


def sibling_survives(node: Host, probe: str) -> None:
    """See that the probe of an export /export/media old leaves /export/media alone, and nothing of its own."""
    node.check_output("mkdir -p /export/media /export/old && echo precious > /export/media/file")
    before = node.check_output("find /export -xdev | sort")
    node.check_output(probe)
    assert node.file("/export/media/file").content_string == "precious\n"
    assert node.check_output("find /export -xdev | sort") == before
    node.check_output("rm -r /export/media /export/old")
