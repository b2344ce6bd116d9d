# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""exports(5): what is written, what is refused, and how what exportfs says is compared. Exportfs itself is asked in
tests/testinfra/test_kernel_nfs.py."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from nasty import PATHS, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import (
    client_name,
    covers_node,
    differences,
    export_path,
    foreign,
    from_exports,
    table,
    to_exports,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

OPTIONS = "rw,root_squash,sync,no_subtree_check,sec=sys"
OWN = "127.0.0.1(rw,no_root_squash,sync,no_subtree_check,sec=sys)"


@THOROUGH
@given(PATHS)
def test_a_path_is_read_back_or_refused(path: str) -> None:
    try:
        wanted = export_path(path)
    except RefusedValueError:
        return
    line = to_exports([{"path": path}])
    assert line.isascii()
    assert from_exports(line) == [(wanted, "*", OPTIONS.split(","))]


@THOROUGH
@given(TEXTS)
def test_a_client_is_one_word_or_refused(text: str) -> None:
    try:
        client = client_name(text)
    except RefusedValueError:
        return
    assert not set(client) & set(" \t\n()\"'#\\,=")
    assert client_name(client) == client


@pytest.mark.parametrize(
    "given_client, written",
    [
        ("*", "*"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("10.1.2.3/255.255.0.0", "10.1.0.0/16"),
        ("2001:DB8::0/32", "2001:db8::/32"),
        ("::1", "::1"),
        ("*.example.org", "*.example.org"),
        ("@trusted", "@trusted"),
        ("nas-2.example.org", "nas-2.example.org"),
    ],
)
def test_clients(given_client: str, written: str) -> None:
    assert client_name(given_client) == written


@pytest.mark.parametrize(
    "client, reason",
    [
        ("", "a client must be an address"),
        ("a b", "a client must be an address"),
        ("host(rw)", "a client must be an address"),
        ("gss/krb5", "a client must be an address"),
        ("fe80::1%eth0", "a client must be an address"),
        ("*.*", "it would match everybody"),
        ("-sync", "neither a complete address nor a host name"),
        ("10", "neither a complete address nor a host name"),
        ("192.0.2", "neither a complete address nor a host name"),
        ("192.0.2.*", "neither a complete address nor a host name"),
        ("0x7f000001", "neither a complete address nor a host name"),
        ("host\n", "control character"),
        (["host"], "not a list"),
    ],
)
def test_a_client_that_servers_misread_is_refused(client: object, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        client_name(client, "kernel_nfs_exports.clients")


@pytest.mark.parametrize(
    "client, covered",
    [
        ("*", True),
        ("127.0.0.1", True),
        ("127.0.0.0/8", True),
        ("0.0.0.0/0", True),
        ("localhost", True),
        ("::1", False),
        ("192.0.2.0/24", False),
        ("nas.example.org", False),
    ],
)
def test_which_clients_are_the_node_itself(client: str, covered: bool) -> None:
    assert covers_node(client) is covered


@pytest.mark.parametrize(
    "path, reason",
    [
        ("srv", "must be absolute"),
        ("/", "root directory of the host"),
        ("//", "root directory of the host"),
        ("/srv/../etc", "the component"),
        ("/srv/a?b", "question mark"),
        ("/srv/50%dev", "before two hex digits"),
        ("/srv/$HOME", "environment variable"),
        ("/srv/a\nb", "control character"),
        ("/" + "a" * 1000, "at most 1000 bytes"),
    ],
)
def test_a_path_that_cannot_be_served_is_refused(path: str, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        to_exports([{"path": path}])


@pytest.mark.parametrize(
    "exports, lines",
    [
        ([{"path": "/srv/a/"}], [f"/srv/a *({OPTIONS})"]),
        ([{"path": "/srv/media old"}], [f"/srv/media\\040old *({OPTIONS})"]),
        ([{"path": "/srv/a", "clients": []}], [f"/srv/a {OWN}"]),
        ([{"path": "/srv/a", "clients": ["192.0.2.1"]}], [f"/srv/a 192.0.2.1({OPTIONS}) {OWN}"]),
        ([{"path": "/srv/a", "clients": ["127.0.0.1"]}], [f"/srv/a 127.0.0.1({OPTIONS})"]),
        ([{"path": "/srv/a", "clients": ["localhost"]}], [f"/srv/a localhost({OPTIONS})"]),
        ([{"path": "/srv/a", "clients": ["127.0.0.0/8"]}], [f"/srv/a 127.0.0.0/8({OPTIONS})"]),
        (
            [
                {"path": "/srv/a", "clients": ["192.0.2.1"]},
                {"path": "/srv/b"},
                {"path": "/srv/a", "clients": ["192.0.2.2"], "access": "ro"},
            ],
            [
                f"/srv/a 192.0.2.1({OPTIONS}) 192.0.2.2({OPTIONS.replace('rw', 'ro')}) {OWN}",
                f"/srv/b *({OPTIONS})",
            ],
        ),
        (
            [{"path": "/srv/a", "security": ["krb5", "sys"], "fsid": 3, "options": ["insecure"], "sync": False}],
            ["/srv/a *(rw,root_squash,async,no_subtree_check,sec=krb5:sys,fsid=3,insecure)"],
        ),
    ],
)
def test_lines(exports: list[dict[str, Any]], lines: list[str]) -> None:
    assert to_exports(exports).splitlines() == lines


@pytest.mark.parametrize(
    "exports, reason",
    [
        ([{"path": "/srv", "clients": ["192.0.2.1", "192.0.2.1"]}], "listed twice for /srv"),
        ([{"path": "/srv"}, {"path": "/srv/", "access": "ro"}], "listed twice for /srv"),
        ([{"path": "/srv", "owner": "a"}, {"path": "/srv", "clients": ["host"]}], "another export of /srv has 'a'"),
        ([{"path": "/srv", "options": ["async"]}], "set it with the key sync of the export"),
        ([{"path": "/srv", "options": ["insecure,async"]}], "each one by itself"),
        ([{"path": "/srv", "options": ["no_root_squash"]}], "the key squash"),
        ([{"path": "/srv", "options": ["rw) *(rw"]}], "each one by itself"),
        ([{"path": "/srv", "fsid": "1,rw"}], "a number, a UUID or root"),
    ],
)
def test_exports_that_contradict_themselves_are_refused(exports: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        to_exports(exports)


@pytest.mark.parametrize(
    "clients, probe",
    [
        (None, ("rw", "root_squash")),
        ([], ("rw", "no_root_squash")),
        (["192.0.2.1"], ("rw", "no_root_squash")),
        (["127.0.0.1", "192.0.2.1"], ("rw", "root_squash")),
    ],
)
def test_what_the_probe_may_do(clients: list[str] | None, probe: tuple[str, str]) -> None:
    (entry,) = table([{"path": "/srv"} | ({} if clients is None else {"clients": clients})])
    assert (entry["probe"]["access"], entry["probe"]["squash"]) == probe
    assert entry["probe"]["sys"] is True


def test_files_of_others_are_read_as_exportfs_reads_them() -> None:
    text = '# "/no"\n"/srv/media old" *(rw) # mine\n/srv/a\\040b 192.0.2.1(ro) \\\n    192.0.2.2\n\n/alone\n'
    assert from_exports(text) == [
        ("/srv/media old", "*", ["rw"]),
        ("/srv/a b", "192.0.2.1", ["ro"]),
        ("/srv/a b", "192.0.2.2", []),
        ("/alone", "*", []),
    ]
    assert foreign([{"path": "/srv/a b"}], [("/etc/exports", text)]) == ["/srv/a b is also exported in /etc/exports"]
    assert foreign([{"path": "/srv/a"}], [("/etc/exports", text)]) == []


SAID = "/srv/a\\040b  {client}({sync},wdelay,hide,no_subtree_check,sec=sys,{access},secure,{squash},no_all_squash)\n"


def said(client: str = "192.0.2.0/24", sync: str = "sync", access: str = "rw", squash: str = "root_squash") -> str:
    return SAID.format(client=client, sync=sync, access=access, squash=squash)


@pytest.mark.parametrize(
    "text, difference",
    [
        (said(), ""),
        (said().replace("root_squash,no_all_squash", "root_squash,all_squash"), "asked is root_squash"),
        (said(access="ro"), "given is root_squash,sec=sys,ro"),
        (said(sync="async"), "given is root_squash,sec=sys,rw,async"),
        (said(squash="no_root_squash"), "given is no_root_squash"),
        (said() + said("*"), "for *: asked is nothing"),
        ("", "for 192.0.2.0/24: asked is root_squash,sec=sys,rw,sync,secure, given is nothing"),
    ],
)
def test_another_access_than_was_asked_is_found(text: str, difference: str) -> None:
    exports = [{"path": "/srv/link", "clients": ["192.0.2.0/24"]}]
    found = "; ".join(
        differences(exports, text + said("127.0.0.1", squash="no_root_squash"), {"/srv/link": "/srv/a b"})
    )
    assert difference in found
    assert bool(difference) == bool(found)


def test_a_host_may_be_given_by_its_address() -> None:
    exports = [{"path": "/srv/a b", "clients": ["localhost", "nas"]}]
    assert differences(exports, said("127.0.0.1") + said("nas.example.org"), {}) == []
