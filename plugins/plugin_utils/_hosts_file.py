# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of hosts, as /etc/hosts is one: an address and a name, a line each (hosts(5))."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, plain, refuse

LONGEST = 253
"""Characters of a host name."""


def to_hosts_file(value: object, variable: str = "") -> str:
    """Return the lines that let each name of a dictionary stand for its list of addresses, in their order."""
    if not isinstance(value, Mapping):
        refuse(value, f"it must be a dictionary of names with their addresses, not a {kind(value)}", variable)
    lines = []
    for name, addresses in value.items():
        text = plain(name, variable, language="a file of hosts")
        if len(text) > LONGEST or not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", text):
            refuse(name, "the name of a host may contain only ASCII letters, digits, '-' and '.'", variable)
        if not isinstance(addresses, list | tuple) or not addresses:
            refuse(addresses, f"{text} must have a list of addresses, at least one", variable)
        lines += [f"{address_of(address, variable)} {text}" for address in addresses]
    return "\n".join(lines)


def address_of(value: object, variable: str) -> str:
    """Return an address as a file of hosts has it: without brackets, and without a zone, which few readers know."""
    text = plain(value, variable, language="a file of hosts")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        refuse(value, "it must be an IPv4 or IPv6 address", variable)
    if getattr(address, "scope_id", None):
        refuse(value, "an address with a zone means something on one host alone", variable)
    return str(address)
