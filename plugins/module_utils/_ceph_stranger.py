# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that no Ceph cluster knows, and what the monitors of one answer to it."""

from __future__ import annotations

import base64
import secrets
import struct
import time
import typing as t

NAME = "client.netfs_stranger"
REFUSED, ACCEPTED, UNKNOWN = "refused", "accepted", "unknown"
DENIED = 13  # EACCES, what monitors tell who is not who he says


def made_up_key() -> str:
    """A key as Ceph writes it: type 1 (AES), when it was made, how long it is, and sixteen bytes that nobody knows."""
    secret = secrets.token_bytes(16)
    return base64.b64encode(struct.pack("<hiih", 1, int(time.time()), 0, len(secret)) + secret).decode()


def answer_of(rados: t.Any, monitors: str, seconds: int) -> tuple[str, str]:
    """What monitors answer to a stranger: one of the three words, and what was said.

    :param rados: Ceph's library for Python; None where the host has none.
    """
    if rados is None:
        return UNKNOWN, "the host has no library to ask with: install python3-rados"
    settings = {
        "mon_host": monitors,
        "key": made_up_key(),
        "auth_client_required": "cephx",
        "client_mount_timeout": str(seconds),
        "log_to_stderr": "false",
        "log_file": "",
    }
    try:
        with rados.Rados(name=NAME, conffile=None, conf=settings):
            return ACCEPTED, ""
    except rados.Error as error:
        return (REFUSED if getattr(error, "errno", 0) == DENIED else UNKNOWN), str(error)
