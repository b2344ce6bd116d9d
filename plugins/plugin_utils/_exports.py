# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports of NFS servers: who may mount what, how exports(5) says it, and what `exportfs -s` says back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from posixpath import normpath
from typing import Any

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import expanded, refuse, single_line

EVERYBODY = "*"
NODE = "127.0.0.1"  # the node itself, as its own probe reaches the server
LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip4-localhost", "ip4-loopback")
PATH_BYTES = 1000  # MNTPATHLEN of the NFSv3 mount protocol is 1024, and the probe adds the name of a file
CLIENT_BYTES = 255  # of a host name
# What a key of an export says, so that no option says it a second time and otherwise
KEYS = {
    **dict.fromkeys(("ro", "rw"), "access"),
    **dict.fromkeys(("root_squash", "no_root_squash", "all_squash", "no_all_squash"), "squash"),
    **dict.fromkeys(("sync", "async"), "sync"),
    "sec": "security",
    "fsid": "fsid",
}
FILE_KEYS = ("owner", "group", "mode", "fsid")  # of a directory there is one


def export_path(value: object, variable: str = "", *, named: bool = True) -> str:
    """Return a path as NFS servers and their clients name it: absolute, without "//" and without "/" at its end.

    `named` says whether clients name it. libnfs, the client of the roles' probes, cuts a URL at a question mark, also
    at one that is escaped; version 5.0 decodes escapes, 4.0 does not, and where 5.0 meets one it may lose the port.
    """
    path = single_line(value, variable, language="an export")
    if not path.startswith("/"):
        refuse(value, "the path of an export must be absolute", variable)
    if {".", ".."} & set(path.split("/")):
        refuse(value, "it contains the component . or .., which clients and servers resolve differently", variable)
    if reason := expanded(path):
        refuse(value, reason, variable)
    if named and re.search(r"[?]|%[0-9A-Fa-f]{2}", path):
        reason = "libnfs, the client that checks each export, accepts no question mark, and no % before two hex digits"
        refuse(value, reason, variable)
    if len(path.encode()) > PATH_BYTES:
        refuse(value, f"clients accept at most {PATH_BYTES} bytes", variable)
    path = "/" + normpath(path).lstrip("/")
    if path == "/":
        refuse(value, "it is the root directory of the host", variable)
    return path


def network_of(client: str) -> IPv4Network | IPv6Network | None:
    """Return the network that a client names by its address, prefix or netmask, or None for any other client."""
    try:
        return ip_network(client, strict=False) if "%" not in client else None
    except ValueError:
        return None


def client_name(value: object, variable: str = "") -> str:
    """Return one client as both NFS servers understand it: `*`, an address, a network, `@netgroup`, a name or pattern.

    Addresses and networks get their shortest form, without host bits.
    """
    client = single_line(value, variable, language="a list of clients")
    if client == EVERYBODY:
        return client
    if network_of(client):
        return shortest(client)
    if len(client.encode()) > CLIENT_BYTES or not re.fullmatch(r"@[A-Za-z0-9_.-]+|[A-Za-z0-9_.*?\[\]!-]+", client):
        refuse(
            value,
            "a client must be an address, a network such as 192.0.2.0/24, a host name, a pattern such as "
            "*.example.org, @netgroup, or * for everybody",
            variable,
        )
    if not re.search(r"[^*?.]", client):
        refuse(value, "it would match everybody; write * for that", variable)
    # The resolver takes 10 for 0.0.0.10 and 0x7f000001 for 127.0.0.1; a pattern is compared with names alone.
    if client.startswith("-") or re.fullmatch(r"[\d.*?\[\]!-]+|(.*\.)?0[xX][0-9a-fA-F]*|(.*\.)?\d+", client):
        refuse(value, "it is neither a complete address nor a host name", variable)
    return client


def covers_node(client: str) -> bool:
    """Return whether a client that was named (see `client_name`) is, or contains, the node itself."""
    network = network_of(client)
    if network:
        return network.version == 4 and ip_address(NODE) in network
    return client == EVERYBODY or client.lower() in LOOPBACK_NAMES


def option(value: object, variable: str = "") -> str:
    """Return one option of exports(5), `name` or `name=value`."""
    text = single_line(value, variable, language="exports(5)")
    if not re.fullmatch(r"[a-z_]+(=[A-Za-z0-9_@:+/.-]+)?", text):
        refuse(
            value,
            "an option must be name or name=value without spaces, quotes and commas; give each one by itself",
            variable,
        )
    key = KEYS.get(text.partition("=")[0])
    if key:
        refuse(value, f"set it with the key {key} of the export", variable)
    return text


def table(exports: Sequence[Mapping[str, Any]], variable: str = "kernel_nfs_exports") -> list[dict[str, Any]]:
    """Return what each path is exported as, in the order of first mention.

    Several exports of one path are one entry. It has `path`, `owner` (of the directory), `clients` (a mapping of client
    to its options in the order they are written) and `probe`, what root of the node itself may do: `access` (`rw` or
    `ro`), `squash`, and whether it needs no Kerberos (`sys`).
    Raises RefusedValueError for what exports(5) cannot hold and for what contradicts itself.
    """
    found: dict[str, dict[str, Any]] = {}
    for export in exports:
        path = export_path(export["path"], f"{variable}.path")
        entry = found.setdefault(path, {"path": path, "clients": {}, "exports": []})
        clients = entry["clients"]
        for given in export.get("clients", [EVERYBODY]):
            client = client_name(given, f"{variable}.clients")
            if client in clients:
                refuse(given, f"it is listed twice for {path}", f"{variable}.clients")
            clients[client] = _options(export, export.get("squash", "root_squash"), variable)
        for key in FILE_KEYS:
            values = [one.get(key) for one in (*entry["exports"], export)]
            if values.count(values[0]) != len(values):
                refuse(export.get(key), f"another export of {path} has {values[0]!r}", f"{variable}.{key}")
        entry["exports"].append(export)
    for entry in found.values():
        entry["owner"] = entry["exports"][0].get("owner", "root")
        entry["probe"] = _probe(entry, variable)
    return [{key: entry[key] for key in ("path", "owner", "clients", "probe")} for entry in found.values()]


def _options(export: Mapping[str, Any], squash: str, variable: str, access: str = "") -> list[str]:
    """Return the options of an export for one client."""
    return [
        access or export.get("access", "rw"),
        squash,
        "sync" if export.get("sync", True) else "async",
        "no_subtree_check",
        "sec=" + ":".join(export.get("security", ["sys"])),
        *([f"fsid={_fsid(export['fsid'], variable)}"] if "fsid" in export else []),
        *(option(one, f"{variable}.options") for one in export.get("options", [])),
    ]


def _fsid(value: object, variable: str) -> str:
    text = single_line(value, f"{variable}.fsid", language="exports(5)")
    if not re.fullmatch(r"[0-9A-Za-z:-]{1,40}", text):
        refuse(value, "it must be a number, a UUID or root", f"{variable}.fsid")
    return text


def _probe(entry: dict[str, Any], variable: str) -> dict[str, Any]:
    """Return what the node itself may do; add it to the clients unless it is among them already."""
    clients = entry["clients"]
    covering = [client for client in clients if covers_node(client)]
    if not covering:
        access = "rw" if any(export.get("access", "rw") == "rw" for export in entry["exports"]) else "ro"
        clients[NODE] = _options(entry["exports"][0], "no_root_squash", variable, access)
        covering = [NODE]
    # mountd asks names before networks, and networks before everybody; of several networks it takes any.
    ranks = {client: 2 if client == EVERYBODY else int(network_of(client) is not None) for client in covering}
    deciding = [clients[client] for client in covering if ranks[client] == min(ranks.values())]
    squashes = {options[1] for options in deciding}
    return {
        "access": "rw" if all(options[0] == "rw" for options in deciding) else "ro",
        "squash": squashes.pop() if len(squashes) == 1 else "all_squash",
        "sys": all("sys" in options[4].removeprefix("sec=").split(":") for options in deciding),
    }


def to_exports(exports: Sequence[Mapping[str, Any]], variable: str = "kernel_nfs_exports") -> str:
    """Return the lines of a file of exports(5), one for each path.

    Every byte of a path that is not plain is written as a backslash and three octal digits: that is the one form that
    exportfs and mountd read alike.
    """
    return "\n".join(
        " ".join((_octal(entry["path"]), *(f"{client}({','.join(opts)})" for client, opts in entry["clients"].items())))
        for entry in table(exports, variable)
    )


def _octal(path: str) -> str:
    return "".join(
        chr(byte) if re.match(rb"[A-Za-z0-9/._+@:-]", bytes([byte])) else f"\\{byte:03o}" for byte in path.encode()
    )


def from_exports(text: str) -> list[tuple[str, str, list[str]]]:
    """Return path, client and options of each entry of a file of exports(5)."""
    entries = []
    for line in re.sub(r"\\\n[ \t]*", " ", text).splitlines():
        words = re.findall(r'(?:"[^"]*"|[^\s"])+', re.sub(r'^((?:"[^"]*"|[^"#])*)#.*$', r"\1", line))
        entries += [_entry(words[0].replace('"', ""), word) for word in words[1:] or [EVERYBODY] * len(words)]
    return entries


def from_exportfs(text: str) -> list[tuple[str, str, list[str]]]:
    """Return path, client and options of each line of `exportfs -s`, where quotes and # of a path stand as they are."""
    return [_entry(*line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def _entry(path: str, word: str) -> tuple[str, str, list[str]]:
    client, *options = word.rstrip(")").split("(", 1)
    return _from_octal(path), client or EVERYBODY, "".join(options).split(",") if any(options) else []


def _from_octal(word: str) -> str:
    raw = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8) & 255]), word.encode())
    return raw.decode(errors="surrogateescape")


def foreign(exports: Sequence[Mapping[str, Any]], files: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for each path that one of these files, pairs of name and text, exports already."""
    ours = {entry["path"] for entry in table(exports)}
    return sorted(
        f"{path} is also exported in {name}"
        for name, text in files
        for path in {"/" + normpath(path).lstrip("/") for path, _client, _options in from_exports(text)} & ours
    )


def differences(exports: Sequence[Mapping[str, Any]], said: str, real: Mapping[str, str]) -> list[str]:
    """Return how what `exportfs -s` said differs from what was asked, a clause each; nothing where it does not.

    `real` maps each path to what it is without symbolic links, which is what exportfs names.
    """
    entries = from_exportfs(said)
    found = []
    for entry in table(exports):
        path = real.get(entry["path"], entry["path"])
        wanted = {client: access(options) for client, options in entry["clients"].items()}
        given = {shortest(client): access(options) for name, client, options in entries if name == path}
        found += [f"{path} for {client}: {how}" for client, how in compared(wanted, given)]
    return found


def compared(wanted: Mapping[str, str], given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return each client whose access is another than what was wanted, and how.

    A host that was asked for by its name may be given by another name or by its addresses, as the resolver has it.
    """
    named = {client for client in wanted if client not in given and _is_host(client)}
    resolved = {client for client in given if client not in wanted and not _is_many(client)}
    resolved = {client for client in resolved if given[client] in {wanted[name] for name in named}}
    return [
        (client, f"asked is {wanted.get(client, 'nothing')}, given is {given.get(client, 'nothing')}")
        for client in sorted({*wanted, *given} - named - resolved)
        if wanted.get(client) != given.get(client)
    ]


def access(options: Iterable[str]) -> str:
    """Return what options of exports(5) let a client do, in one fixed form."""
    options = list(options)
    squash = next((name for name in ("all_squash", "no_root_squash") if name in options), "root_squash")
    flavours = next((one for one in options if one.startswith("sec=")), "sec=sys")
    pairs = (("rw", "ro"), ("async", "sync"), ("insecure", "secure"))
    return ",".join([squash, flavours, *(one if one in options else other for one, other in pairs)])


def _is_host(client: str) -> bool:
    return not network_of(client) and not _is_many(client)


def _is_many(client: str) -> bool:
    network = network_of(client)
    return network.num_addresses > 1 if network else bool(re.search(r"[@*?\[]", client))


def shortest(client: str) -> str:
    """Return an address or a network in its shortest form, without host bits; any other client as it is."""
    network = network_of(client)
    return str(network.network_address if network.num_addresses == 1 else network) if network else client
