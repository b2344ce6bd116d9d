# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rights in a Ceph cluster."""

from __future__ import annotations


def ceph_client_caps(filesystem: str, path: str, access: str) -> dict[str, str]:
    """Return the least rights of a client by service, as ``ceph fs authorize`` gives them. access is "rw" or "r"."""
    below = "" if path == "/" else f" path={path}"
    return {
        "mds": f"allow {access} fsname={filesystem}{below}",
        "mon": f"allow r fsname={filesystem}",
        "osd": f"allow {access} tag cephfs data={filesystem}",
    }
