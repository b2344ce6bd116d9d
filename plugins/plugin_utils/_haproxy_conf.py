# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""haproxy.cfg: words of a line, and the relays of a conduit as its sections need them."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line

LONGEST = 1000
"""Bytes of a word; HAProxy takes lines of 2048, and a word may grow in quotes."""
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
PORTS = range(1, 65536)


def to_haproxy_conf(value: object, variable: str = "") -> str:
    """Return one word of a line, in quotes where it has to be."""
    text = single_line(value, variable, language="haproxy.cfg")
    if not 0 < len(text.encode()) <= LONGEST:
        refuse(value, f"a word of haproxy.cfg must have from 1 to {LONGEST} bytes", variable)
    if re.fullmatch(r"[A-Za-z0-9_./:@,*+\[\]-]+", text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def bracketed(host: str) -> str:
    """Return a host as it stands before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def target_of(value: object, variable: str) -> str:
    """Return HOST:PORT as it was given; refuse what is none."""
    found = re.fullmatch(r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})", str(value))
    if not found or int(found["port"]) not in PORTS:
        refuse(value, "a target is HOST:PORT, an IPv6 address in brackets", variable)
    if found["six"]:
        address_of(found["six"], variable)
    return str(value)


def address_of(value: object, variable: str) -> str:
    """Return an IP address in its one spelling; refuse what is none."""
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        refuse(value, "it must be an IP address of this host", variable)


def relay_of(relay: t.Any, port: int, variable: str) -> Json:
    """Return one relay with all that may be omitted; refuse one that cannot be."""
    if not re.fullmatch(NAME, str(relay.get("name", ""))):
        refuse(
            relay.get("name", ""),
            "a name begins with a letter or digit and has up to 63 letters, digits, dots, dashes and underscores",
            f"{variable}.name",
        )
    own_port = int(relay.get("port", port))
    if own_port not in PORTS:
        refuse(own_port, "a port is a number from 1 to 65535", f"{variable}.port")
    targets = [target_of(target, f"{variable}.targets") for target in relay.get("targets", [])]
    if not targets:
        refuse(targets, "a relay needs at least one target, such as [storage-b-1:9401]", f"{variable}.targets")
    if len(set(targets)) != len(targets):
        refuse(targets, "a target is named twice", f"{variable}.targets")
    address = address_of(relay["address"], f"{variable}.address") if relay.get("address") else ""
    return {
        "name": str(relay["name"]),
        "address": address,
        "port": own_port,
        "bind": f"{bracketed(address) if address else ''}:{own_port}",
        "targets": targets,
    }


def relays_table(relays: t.Sequence[t.Any], port: int, variable: str = "conduit_relays") -> list[Json]:
    """Return the relays of a conduit: ``name``, ``address`` ("" for all), ``port``, ``bind`` and ``targets`` of each.

    :param relays: what role ``conduit`` takes in ``conduit_relays``.
    :param port: the port of a relay that names none.

    Raises RefusedValueError for a name, address, port or target that is none, for two relays of one name, and for two
    that would take the same connections.
    """
    table = [relay_of(relay, port, f"{variable}[{number}]") for number, relay in enumerate(relays)]
    if not table:
        refuse(relays, "a conduit carries something: name one relay with its targets", variable)
    for number, relay in enumerate(table):
        for other in table[:number]:
            if relay["name"].lower() == other["name"].lower():
                refuse(relay["name"], "two relays have this name", f"{variable}[{number}].name")
            if relay["port"] == other["port"] and (
                relay["address"] == other["address"] or not (relay["address"] and other["address"])
            ):
                refuse(
                    relay["port"],
                    f"{other['name']} takes what comes to this port: give each relay an address or a port of its own",
                    f"{variable}[{number}].port",
                )
    return table
