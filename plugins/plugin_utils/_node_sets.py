# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of an inventory stand for the nodes of a plan.

Several hosts in the groups of a plan are several node sets: the first host of each group, by name, is in the first one,
and so on; a group with a single host takes part in all.
"""

from __future__ import annotations

import typing as t


def node_set(nodes: t.Iterable[str], groups: t.Mapping[str, t.Sequence[str]], number: int | str) -> dict[str, str]:
    """The host of each node of one node set, counted from 0; after the last one comes the first again."""
    return {node: sorted(groups[node])[int(number) % len(groups[node])] for node in nodes}


def identities(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    """What each host is, by its name: one that was made anew under its old name is another machine."""
    return {host: str(hostvars[host].get("node_machine") or host) for host in hosts}
