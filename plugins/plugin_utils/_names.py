# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a node knows by name, and at which address, whoever creates the nodes."""

from __future__ import annotations

import typing as t


def names_at_sites(
    addresses: t.Mapping[str, t.Mapping[str, str]], hostnames: t.Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """The names that each node knows, those of all nodes, with the address at a site that the two share.

    Where they share none it is the first address: what cannot be reached is said to be that, and not to be unknown.

    :param addresses: by node, its address at each site in which it has a leg.
    :param hostnames: what a node is called, where that is not its name.
    """
    called = hostnames or {}

    def address(name: str, other: str) -> str:
        shared = [site for site in addresses[name] if site in addresses[other]]
        return addresses[other][[*shared, *addresses[other]][0]]

    return {name: {called.get(other, other): address(name, other) for other in addresses} for name in addresses}
