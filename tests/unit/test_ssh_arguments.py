# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How inventories and roles reach their nodes, with a home directory that has what directories may have."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import rendered

INVENTORIES = Path(__file__).resolve().parents[2] / "inventories"
PLAIN_HOME = "/home/a b"
HOMES = [PLAIN_HOME, '/home/it\'s "a" 100%n b\\c#d', "/home/" + "long" * 20]


def understood(arguments: str) -> dict[str, str]:
    """Return what ssh takes from ansible_ssh_common_args: {option in lower case: value}."""
    command = ["ssh", "-F", "none", *shlex.split(arguments), "-G", "198.18.0.10"]
    answer = subprocess.run(command, capture_output=True, check=True, text=True, timeout=10).stdout
    return {name: value for name, _blank, value in (line.partition(" ") for line in answer.splitlines())}


def of_docker_inventory(state: str) -> str:
    plugin = yaml.safe_load((INVENTORIES / "docker/nodes.docker.yml").read_text(encoding="utf-8"))
    labels = {"netfs.bench.state": f"{state}/netfs-bench"}
    expression = plugin["compose"]["ansible_ssh_common_args"]
    return str(rendered(f"{{{{ {expression} }}}}", docker_config={"Labels": labels}))


def of_ec2_inventory(_state: str) -> str:
    variables = yaml.safe_load((INVENTORIES / "ec2/group_vars/netfs_nodes.yml").read_text(encoding="utf-8"))
    return str(rendered(variables["ansible_ssh_common_args"], ec2_state=rendered(variables["ec2_state"])))


def of_role(role: str) -> Any:
    return lambda _state: rendered(f"{{{{ __{role}_ssh_arguments }}}}", role)


WAYS = {
    "inventories/docker": (of_docker_inventory, "netfs-bench"),
    "inventories/ec2": (of_ec2_inventory, "ec2-netfs-bench"),
    "nodes_docker": (of_role("nodes_docker"), "netfs-bench"),
    "nodes_ec2": (of_role("nodes_ec2"), "ec2-netfs-bench"),
}


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("way", WAYS)
def test_every_path_reaches_ssh_whole(way: str, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", home)
    for variable in ("XDG_STATE_HOME", "NETFS_BENCH_INSTALLATION"):
        monkeypatch.delenv(variable, raising=False)
    state = f"{home}/.local/state/netfs.bench"
    arguments, installation = WAYS[way]
    known = understood(arguments(state))
    assert known["userknownhostsfile"] == f"{state}/{installation}/known_hosts"
    assert known["identityfile"] == f"{state}/{installation}/id_ed25519".replace("%", "%%")  # before it is expanded
    # Ansible's own name for a socket lies below HOME and is not escaped: none where ssh would misread it
    assert ("ControlPath=none" in arguments(state)) == (home != PLAIN_HOME)


@pytest.mark.parametrize("way", WAYS)
def test_a_node_that_died_ends_a_command(way: str) -> None:
    known = understood(WAYS[way][0]("/home/a/.local/state/netfs.bench"))
    assert int(known["serveraliveinterval"]) * int(known["serveralivecountmax"]) <= 30


def test_a_host_of_somebody_that_died_ends_a_command() -> None:
    variables = yaml.safe_load((INVENTORIES / "existing/group_vars/all.yml").read_text(encoding="utf-8"))
    known = understood(variables["ansible_ssh_common_args"])
    assert int(known["serveraliveinterval"]) * int(known["serveralivecountmax"]) <= 30
