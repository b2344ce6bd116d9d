# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ganesha.conf: what is written, what is refused, and how what Ganesha says is compared. Ganesha itself is asked in
tests/testinfra/test_ganesha.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._ganesha_conf import (
    ganesha_differences,
    ganesha_table,
    to_ganesha_conf,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize(
    "value, form, written",
    [
        ("/srv/media old", "string", '"/srv/media old"'),
        ('/srv/a "b" \\c', "string", '"/srv/a \\"b\\" \\\\c"'),
        (["192.0.2.7/24", "2001:DB8::/32", "*.example.org", "@grp", "nas"], "clients",
         "192.0.2.0/24, 2001:db8::/32, *.example.org, @grp, nas"),
        (["krb5", "sys"], "parameter", "krb5, sys"),
        ({"Anonymous_uid": -2, "Filesystem_Id": 10.1, "Trust_Readdir": True, "Tag": "it is"}, "parameters",
         'Anonymous_uid = -2;\nFilesystem_Id = 10.1;\nTrust_Readdir = true;\nTag = "it is";'),
        ({"Protocols_Extra": "3, 4"}, "parameters", "Protocols_Extra = 3, 4;"),
    ],
)  # fmt: skip
def test_values(value: object, form: str, written: str) -> None:
    assert to_ganesha_conf(value, "ganesha_exports", form) == written


@pytest.mark.parametrize(
    "value, form, reason",
    [
        ("a\nb", "string", "control character"),
        ("/srv/a\\", "string", "ends with a backslash"),
        ([], "clients", "at least one entry"),
        (["0.0.0.0/0"], "clients", "write \\* for everybody"),
        (["yes"], "clients", "not a boolean such as yes"),
        (["3com.example"], "clients", "begins with a letter"),
        ({"Squash": "none"}, "parameters", "set it with the key squash of the export"),
        ({"access_type": "RW"}, "parameters", "set it with the key access of the export"),
        ({"Export_Id": 1}, "parameters", "the role sets it itself"),
        ({"A = 1; B": 1}, "parameters", "only letters"),
        ({"Tag": {}}, "parameters", "not a dictionary"),
        (["x"], "parameters", "not a list"),
    ],
)
def test_what_its_grammar_lacks_is_refused(value: object, form: str, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        to_ganesha_conf(value, "ganesha_exports", form)


@pytest.mark.parametrize(
    "export, access, clients",
    [
        ({}, "rw", {}),
        ({"clients": ["*"], "access": "ro"}, "ro", {}),
        ({"clients": []}, "none", {"127.0.0.1": "rw"}),
        ({"clients": ["192.0.2.1"], "access": "ro"}, "none", {"192.0.2.1": "ro", "127.0.0.1": "ro"}),
        ({"clients": ["127.0.0.0/8"]}, "none", {"127.0.0.0/8": "rw"}),
    ],
)
def test_who_may_do_what(export: dict[str, Any], access: str, clients: dict[str, str]) -> None:
    (entry,) = ganesha_table([{"path": "/srv", **export}])
    assert (entry["access"], entry["clients"]) == (access, clients)


def test_two_exports_of_one_name_are_refused() -> None:
    with pytest.raises(RefusedValueError, match="two exports have this pseudo path"):
        ganesha_table([{"path": "/srv/a"}, {"path": "/srv/b", "pseudo": "/srv/a"}])


@pytest.mark.parametrize(
    "key, value", [("owner", "daemon"), ("mode", "0700"), ("fsal_options", {"fsid_type": "Major"})]
)
def test_what_a_directory_in_cephfs_has_not_is_refused(key: str, value: object) -> None:
    with pytest.raises(RefusedValueError, match=rf"ganesha_exports\.{key}: .* cannot be used: /data is in CephFS"):
        ganesha_table([{"path": "/data", "ceph_client": "nfs", key: value}])


LINE = "29/11/2026 21:09:00 : epoch 6b0c : nas : nfs-ganesha-1[main] ReadExports :EXPORT :INFO :"
EXPORT = (
    LINE + "Export 0x5603     1 pseudo (/m (old)) with path (/srv/m) and tag ((null)) perms (options=03/01 {}, {}, )"
)
CLIENT = LINE + "   NETWORK_CLIENT: {} (options=033031e2/000001e0               , {},    , )"
ROOT = (
    LINE + "Export 0x5604     0 pseudo (/) with path (/) and tag ((null)) perms (options=02/07 no_root_squash, --r-, )"
)


@pytest.mark.parametrize(
    "lines, difference",
    [
        ([EXPORT.format("root_squash   ", "----"), CLIENT.format("192.0.2.7/24", "RWrw")], ""),
        ([EXPORT.format("root_squash   ", "RWrw"), CLIENT.format("192.0.2.7/24", "RWrw")], "requested access is none"),
        (
            [EXPORT.format("all_squash", "----"), CLIENT.format("192.0.2.7/24", "RWrw")],
            "requested squash is root_squash",
        ),
        ([EXPORT.format("root_squash", "----"), CLIENT.format("192.0.2.7/24", "R-r-")], "asked is rw, given is ro"),
        ([EXPORT.format("root_squash", "----")], "for 192.0.2.0/24: asked is rw, given is nothing"),
        ([], "/m (old) is not exported"),
    ],
)
def test_another_access_than_was_asked_is_found(lines: list[str], difference: str) -> None:
    said = "\n".join([*lines, CLIENT.format("127.0.0.1/32", "RWrw"), ROOT])
    exports = [{"path": "/srv/m", "pseudo": "/m (old)", "clients": ["192.0.2.7/24"]}]
    found = "; ".join(ganesha_differences(exports, said))
    assert difference in found
    assert bool(difference) == bool(found)
