# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rights of a client. Ceph itself is asked in tests/testinfra/test_ceph.py."""

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_caps import ceph_client_caps


def test_rights_of_a_client() -> None:
    assert ceph_client_caps("fs", "/data", "rw") == {
        "mds": "allow rw fsname=fs path=/data",
        "mon": "allow r fsname=fs",
        "osd": "allow rw tag cephfs data=fs",
    }
    assert ceph_client_caps("fs", "/", "r")["mds"] == "allow r fsname=fs"
