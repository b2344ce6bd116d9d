# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role load_client: the directory it gives, and the options it promises."""

from __future__ import annotations

from typing import Any

import nfs
from testinfra.host import Host

DIRECTORY = "/mnt/netfs-bench"


def test_is_mounted_as_promised(client: Host, endpoint: dict[str, Any]) -> None:
    mount = client.mount_point(DIRECTORY)
    assert mount.exists
    assert mount.filesystem == "nfs4"
    assert mount.device == f"{endpoint['host']}:{endpoint['path']}"
    options = mount.options
    for option in ("vers=4.2", "proto=tcp", "hard", "rsize=524288", "wsize=524288", f"port={endpoint['port']}"):
        assert option in options, options


def test_bytes_reach_the_server(node: Host, client: Host) -> None:
    wrote = nfs.write(client, f"{DIRECTORY}/molecule-load-client")
    assert nfs.checksum(node, "/export/molecule-load-client") == wrote
    client.check_output("rm %s", f"{DIRECTORY}/molecule-load-client")
