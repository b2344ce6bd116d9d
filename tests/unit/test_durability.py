# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an acknowledged write promises, as a role says it of the variables it is given: never more than is kept."""

from __future__ import annotations

from typing import Any

import pytest
from rendering import rendered

IN_CEPH = {"path": "/x", "ceph_client": "nas"}
CEPH = {"durability": "remote-durable"}
BUCKET = {"juicefs_storage": "s3", "juicefs_meta_url": "postgres://db/juicefs"}


@pytest.mark.parametrize(
    "role, variables, promise",
    [
        ("dittofs", {}, "local-durable"),
        ("dittofs", {"dittofs_durability": "writeback"}, "volatile"),
        ("dittofs", {"dittofs_durability": "remote"}, "remote-durable"),
        ("dittofs", {"dittofs_metadata": {"type": "badger", "relaxed_durability": True}}, "volatile"),
        ("dittofs", {"dittofs_metadata": {"type": "memory"}}, "volatile"),
        ("ganesha", {}, "local-durable"),
        ("ganesha", {"ganesha_exports": [IN_CEPH], "ganesha_ceph_endpoint": CEPH}, "remote-durable"),
        ("ganesha", {"ganesha_exports": [IN_CEPH], "ganesha_ceph_endpoint": {}}, "local-durable"),
        ("ganesha", {"ganesha_exports": [{"path": "/y"}, IN_CEPH], "ganesha_ceph_endpoint": CEPH}, "local-durable"),
        ("juicefs", {**BUCKET, "juicefs_writeback": False}, "remote-durable"),
        ("juicefs", {**BUCKET, "juicefs_writeback": True}, "volatile"),
        ("kernel_nfs", {}, "local-durable"),
        ("kernel_nfs", {"kernel_nfs_exports": [{"path": "/x", "sync": False}]}, "volatile"),
        ("postgresql", {"postgresql_durability": "fast"}, "volatile"),
        ("rclone", {}, "volatile"),
        ("samba", {}, "local-durable"),
        ("samba", {"samba_strict_sync": False}, "volatile"),
        ("samba", {"samba_options": {"Strict Sync": False}}, "volatile"),
        ("samba", {"samba_shares": [{"name": "x", "path": "/x", "options": {"strictsync": "no"}}]}, "volatile"),
        ("samba", {"samba_shares": [{"name": "x", **IN_CEPH}], "samba_ceph_endpoint": CEPH}, "remote-durable"),
        (
            "samba",
            {"samba_shares": [{"name": "x", **IN_CEPH}], "samba_ceph_endpoint": CEPH, "samba_strict_sync": False},
            "volatile",
        ),
        (
            "samba",
            {
                "samba_options": {"strict sync": False},
                "samba_shares": [{"name": "x", "path": "/x", "options": {"strict sync": True}}],
            },
            "local-durable",
        ),
    ],
)
def test_a_promise_is_never_more_than_is_kept(role: str, variables: dict[str, Any], promise: str) -> None:
    said = rendered("{{ __" + role + "_service.durability }}", role, **variables)
    assert said.strip() == promise
