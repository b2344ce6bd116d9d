# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a test of any SMB server needs: passwords, a mount by the kernel of the client, and Samba's own client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import secrets_of
from testinfra.backend.base import CommandResult
from testinfra.host import Host

DIRECTORY = "/mnt/netfs-bench-smb"
LOGIN = "/run/netfs-bench-test.login"


def secret_file(endpoint: dict[str, Any]) -> Path:
    """Return the file on the controller that the endpoint names."""
    return secrets_of.kept() / str(endpoint["secret"])


def log_in(host: Host, user: str, password: str) -> None:
    """Write a login where both clients read it."""
    host.check_output("umask 077 && printf '%%s\\n' %s %s > %s", f"username={user}", f"password={password}", LOGIN)


def ask(node: Host, port: int, share: str, *options: str) -> CommandResult:
    """List a share with smbclient on the server itself."""
    words = " ".join(options).replace("%", "%%") or f"--authentication-file={LOGIN}"
    ask = f"timeout 60 smbclient --configfile=/dev/null --port={port} {words}"
    return node.run(f"{ask} %s -c ls 2>&1", f"//127.0.0.1/{share}")


def listed(node: Host, port: int) -> str:
    """Return what the server lists, a line ``TYPE|NAME|COMMENT`` each; log in first."""
    ask = f"timeout 120 smbclient --configfile=/dev/null --port={port} --authentication-file={LOGIN} --timeout=60"
    said = node.check_output(f"{ask} --grepable --list=127.0.0.1")
    assert "IPC|IPC$" in said, "smbclient succeeds also when the server lists nothing"
    return str(said)


def shares(node: Host, port: int) -> set[str]:
    """Return the names of the shares that the server lists; log in first."""
    return {line.split("|")[1] for line in listed(node, port).splitlines() if line.startswith("Disk|")}


def mount(client: Host, endpoint: dict[str, Any], share: str, version: str = "3.1.1") -> CommandResult:
    """Mount a share by the kernel of the client; log in first. It takes passwords for Latin 1 unless it is told."""
    options = f"vers={version},port={endpoint['port']},credentials={LOGIN},soft,iocharset=utf8"
    source = f"//{endpoint['host']}/{share}"
    return client.run("mkdir -p %s && timeout 60 mount -t cifs -o %s %s %s", DIRECTORY, options, source, DIRECTORY)


@contextmanager
def mounted(client: Host, endpoint: dict[str, Any], share: str) -> Iterator[str]:
    """Mount a share on the client, and unmount it whatever happens."""
    try:
        answer = mount(client, endpoint, share)
        assert answer.rc == 0, answer
        yield DIRECTORY
    finally:
        client.run("umount %s || umount -l %s; rmdir %s; rm -f %s", DIRECTORY, DIRECTORY, DIRECTORY, LOGIN)
