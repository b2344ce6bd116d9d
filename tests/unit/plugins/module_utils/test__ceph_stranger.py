# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import struct
from types import SimpleNamespace

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._ceph_stranger import NAME, answer_of, made_up_key


class Error(Exception):
    """An error of the library, with a number or without one."""

    def __init__(self, message, errno=None):
        super().__init__(message)
        if errno is not None:
            self.errno = errno


def library(error=None):
    """Ceph's library, whose monitors answer with an error or let everybody in; it keeps what it was told."""
    told = {}

    class Rados:
        def __init__(self, name, conffile, conf):
            told.update(name=name, conffile=conffile, conf=conf)

        def __enter__(self):
            if error:
                raise error
            return self

        def __exit__(self, *_args):
            return None

    return SimpleNamespace(Error=Error, Rados=Rados, told=told)


@pytest.mark.parametrize(
    ("error", "answer", "reason"),
    [
        (None, "accepted", ""),
        (Error("permission denied", 13), "refused", "permission denied"),
        (Error("timed out", 110), "unknown", "timed out"),
        (Error("no such configuration"), "unknown", "no such configuration"),
    ],
)
def test_only_a_denial_is_a_refusal(error, answer, reason):
    rados = library(error)
    assert answer_of(rados, "198.18.0.1", 7) == (answer, reason)
    assert (rados.told["name"], rados.told["conffile"]) == (NAME, None)
    assert rados.told["conf"]["mon_host"] == "198.18.0.1"
    assert rados.told["conf"]["client_mount_timeout"] == "7"


def test_a_host_without_the_library_knows_nothing():
    assert answer_of(None, "198.18.0.1", 7)[0] == "unknown"


def test_a_key_is_one_that_nobody_has():
    keys = [base64.b64decode(made_up_key()) for _number in range(2)]
    assert keys[0] != keys[1]
    kind, _made, _nanoseconds, length = struct.unpack("<hiih", keys[0][:12])
    assert (kind, length, len(keys[0])) == (1, 16, 28)
