# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""On which ports services are reached: each role's table of ports, with the values that a deployment gives it."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.module_utils._files import Json

PORT_MAX = 65535


def number_of(value: t.Any) -> int | None:
    """A port as a number; None for what is none, such as a template."""
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        return None
    return int(value) if int(value) <= PORT_MAX else None


def ports_of(
    services: t.Iterable[Json], tables: t.Mapping[str, t.Sequence[Json]], defaults: t.Mapping[str, Json]
) -> tuple[list[Json], list[str]]:
    """Every port on which a service of a deployment is reached from other nodes, and which cannot be known.

    :param services: each with ``name``, ``role``, ``node`` and ``variables``.
    :param tables: by role, the entries of its ``meta/ports.yml``: ``port`` or ``variable``, ``last`` for a range,
        ``protocol`` unless it is tcp, and ``loopback`` for what no other node reaches.
    :param defaults: by role, what its variables are by default.
    :returns: ``{"service", "group", "protocol", "port", "last"}`` for each port, and sentences. 0 stands for a port
        that is not used.
    """
    ports: list[Json] = []
    faults = []
    for service in services:
        for entry in tables.get(service["role"], ()):
            if entry.get("loopback"):
                continue
            variable = entry.get("variable", "")
            given = {**defaults.get(service["role"], {}), **service["variables"]}
            value = given.get(variable) if variable else entry["port"]
            port = number_of(value)
            if port is None:
                faults.append(
                    f"'{variable}' of {service['name']} on {service['node']} is {value!r}, and which port that opens "
                    f"has to be known beforehand: write a number from 1 to {PORT_MAX}."
                )
            elif port:
                found = {
                    "service": service["name"],
                    "group": service["node"],
                    "protocol": entry.get("protocol", "tcp"),
                    "port": port,
                    "last": entry.get("last", port),
                }
                ports += [found] if found not in ports else []
    return ports, faults
