# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of NFS-Ganesha, and what Ganesha says that it understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import (
    EVERYBODY,
    NODE,
    client_name,
    compared,
    covers_node,
    export_path,
    network_of,
    shortest,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line

LANGUAGE = "ganesha.conf"
WORD = r"[A-Za-z_][A-Za-z0-9_.-]*|0[xX][0-9a-fA-F]+|-?\d+(\.\d+)?"
BOOLEANS = ("yes", "true", "on", "no", "false", "off")
# Parameters of an EXPORT block that a key of an export, or the role, writes
KEYS = {
    "path": "path",
    "pseudo": "pseudo",
    "protocols": "versions",
    "sectype": "security",
    "squash": "squash",
    "access_type": "access",
    "client": "clients",
    "clients": "clients",
    "export_id": "",
    "transports": "",
    "fsal": "",
    "name": "",
}
# What a key of an export says about a directory of the host
DIRECTORY_KEYS = ("owner", "group", "mode", "fsal_options")


def to_ganesha_conf(value: object, variable: str = "", form: str = "string") -> str:
    """Return a value as ganesha.conf takes it, in one of these forms.

    `string`: in double quotes, where a backslash escapes. `clients`: a list of clients as the roles of NFS servers take
    them. `parameter`: a value of any type, or a list; a text that could be a word or a number of Ganesha's grammar is
    one, since Ganesha takes no number and no name of a choice in quotes. `parameters`: a mapping of names to such
    values, a line each, without those that a key of an export writes. Raises RefusedValueError for what its grammar
    lacks.
    """
    if form == "parameters":
        return "\n".join(_parameters(value, variable))
    if form == "clients":
        return ", ".join(_client(client, variable) for client in _list(value, variable))
    if form == "parameter" and isinstance(value, list | tuple):
        return ", ".join(to_ganesha_conf(entry, variable, form) for entry in _list(value, variable))
    if isinstance(value, bool):
        return "true" if value else "false"
    text = single_line(value, variable, language=LANGUAGE)
    if form == "parameter" and re.fullmatch(rf"({WORD})(, *({WORD}))*", text):
        return text
    return _quoted(text, variable)


def _quoted(text: str, variable: str) -> str:
    """Return a text in quotes, of which the lexer takes the longest: it would go on after a backslash at the end."""
    if text.endswith("\\"):
        refuse(text, "Ganesha cannot read a string that ends with a backslash", variable)
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def _parameters(parameters: object, variable: str) -> list[str]:
    if not isinstance(parameters, Mapping):
        refuse(parameters, f"parameters must be a dictionary, not a {kind(parameters)}", variable)
    lines = []
    for name, value in parameters.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", str(name)):
            refuse(name, "the name of a parameter may contain only letters, digits and underscores", variable)
        if str(name).lower() in KEYS:
            key = KEYS[str(name).lower()]
            refuse(name, f"set it with the key {key} of the export" if key else "the role sets it itself", variable)
        lines.append(f"{name} = {to_ganesha_conf(value, f'{variable}.{name}', 'parameter')};")
    return lines


def _list(value: object, variable: str) -> Sequence[object]:
    if not isinstance(value, list | tuple) or not value:
        refuse(value, "ganesha.conf needs a list with at least one entry here", variable)
    return value


def _client(value: object, variable: str) -> str:
    client = client_name(value, variable)
    network = network_of(client)
    if network and network.prefixlen == 0:
        refuse(value, "write * for everybody", variable)
    if network or client == EVERYBODY or client.startswith("@") or re.search(r"[*?\[]", client):
        return client
    if not re.fullmatch(WORD, client) or client.lower() in BOOLEANS:
        refuse(
            value,
            "Ganesha accepts a host name only if it begins with a letter and is not a boolean such as yes",
            variable,
        )
    return client


def ganesha_table(exports: Sequence[Mapping[str, Any]], variable: str = "ganesha_exports") -> list[dict[str, Any]]:
    """Return what each export lets its clients do: `path`, `pseudo`, `access` of everybody, `squash` and `clients`.

    `clients` maps each client to its access. `node` says whether the node itself has to be added, so that a probe on it
    can prove the export. `ceph_client` is the client of CephFS that reaches the path there; empty where the path is a
    directory of the host. Raises RefusedValueError for what ganesha.conf cannot hold.
    """
    entries: list[dict[str, Any]] = []
    for export in exports:
        path = export_path(export["path"], f"{variable}.path", named="pseudo" not in export)
        ceph_client = export.get("ceph_client", "")
        for key in [key for key in DIRECTORY_KEYS if ceph_client and key in export]:
            refuse(export[key], f"{path} is in CephFS, and not a directory of this host", f"{variable}.{key}")
        pseudo = export_path(export.get("pseudo", path), f"{variable}.pseudo")
        if pseudo in [entry["pseudo"] for entry in entries]:
            refuse(pseudo, "two exports have this pseudo path; set another pseudo", f"{variable}.pseudo")
        access = export.get("access", "rw")
        clients = [_client(client, f"{variable}.clients") for client in export.get("clients", [EVERYBODY])]
        for client in clients:
            if clients.count(client) > 1:
                refuse(client, f"it is listed twice for {path}", f"{variable}.clients")
        everybody = EVERYBODY in clients
        node = not any(map(covers_node, clients))
        entries.append(
            {
                "path": path,
                "pseudo": pseudo,
                "squash": export.get("squash", "root_squash"),
                "access": access if everybody else "none",
                "clients": {} if everybody else dict.fromkeys([*clients, *([NODE] if node else [])], access),
                "node": node,
                "ceph_client": ceph_client,
            }
        )
    return entries


EXPORT = re.compile(r" :Export 0x\w+ +\d+ pseudo \((.*)\) with path \((.*)\) and tag \(.*?\) perms \((.*)")
CLIENT = re.compile(r" :   [A-Z_]+_CLIENT: (\S+) \((.*)")


def from_ganesha_log(log: str) -> list[dict[str, Any]]:
    """Return what Ganesha logged at level INFO about its exports, in the form of `ganesha_table`."""
    found: list[dict[str, Any]] = []
    for line in log.splitlines():
        export, client = EXPORT.search(line), CLIENT.search(line)
        if export:
            found.append({"path": export[2], "pseudo": export[1], "clients": {}, **_permissions(export[3])})
        elif client and found:
            found[-1]["clients"].setdefault(shortest(client[1]), _permissions(client[2])["access"])
    return [entry for entry in found if entry["pseudo"] != "/" or entry["path"] != "/"]


def _permissions(options: str) -> dict[str, str]:
    """Return access and squash of a list of options as Ganesha prints it."""
    words = [word.strip() for word in re.sub(r"^options=\w+/\w+", "", options).split(",")]
    accesses = {"RWrw": "rw", "R-r-": "ro", "----": "none"}
    return {"squash": words[0], "access": next((accesses[word] for word in words if word in accesses), words[1])}


def ganesha_differences(exports: Sequence[Mapping[str, Any]], said: str) -> list[str]:
    """Return how what Ganesha logged differs from what was asked, a clause each; nothing where it does not."""
    wanted = {entry["pseudo"]: entry for entry in ganesha_table(exports)}
    given = {entry["pseudo"]: entry for entry in from_ganesha_log(said)}
    found = []
    for pseudo in sorted({*wanted, *given}):
        asked, got = wanted.get(pseudo), given.get(pseudo)
        if not asked or not got:
            found.append(f"{pseudo} is {'not exported' if asked else 'exported but was not requested'}")
            continue
        keys = [key for key in ("path", "squash", "access") if asked[key] != got[key]]
        found += [f"{pseudo}: requested {key} is {asked[key]}, found is {got[key]}" for key in keys]
        found += [f"{pseudo} for {client}: {how}" for client, how in compared(_shown(asked["clients"]), got["clients"])]
    return found


def _shown(clients: Mapping[str, str]) -> dict[str, str]:
    """Return clients as Ganesha prints them, netgroups without their @."""
    return {client.removeprefix("@"): access for client, access in clients.items()}
