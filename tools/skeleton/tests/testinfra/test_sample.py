# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role sample: what only this server promises."""

from __future__ import annotations

from typing import Any

import nfs
from testinfra.host import Host


def test_a_client_gets_back_what_it_wrote(client: Host, endpoint: dict[str, Any]) -> None:
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        written = nfs.write(client, f"{directory}/file")
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        assert nfs.checksum(client, f"{directory}/file") == written
