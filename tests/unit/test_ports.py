# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ports that nodes on EC2 let in by default are those of the roles' tables, and where the network is measured."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._catalog import read_catalog
from ansible_collections.netfs.bench.plugins.plugin_utils._ports import ports_of

ROOT = Path(__file__).resolve().parents[2]


def test_nodes_let_in_what_the_roles_listen_on() -> None:
    roles = read_catalog(ROOT / "playbooks").roles
    ports, faults = ports_of(
        [{"name": name, "role": name, "node": "", "variables": {}} for name in roles],
        {name: role.ports for name, role in roles.items()},
        {name: role.defaults for name, role in roles.items()},
    )
    assert faults == []
    options = yaml.safe_load((ROOT / "playbooks/options.yml").read_text(encoding="utf-8"))
    wanted = {(entry["protocol"], entry["port"], entry["last"]) for entry in ports}
    wanted.add(("tcp", options["ceilings_port"]["default"], options["ceilings_port"]["default"]))
    given = roles["nodes_ec2"].defaults["nodes_ec2_ports"]
    assert {(entry["protocol"], entry["port"], entry.get("last", entry["port"])) for entry in given} == wanted
