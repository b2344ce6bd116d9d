# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entry point absent of any server role: nothing that its specification names is left on the node."""

from __future__ import annotations

from typing import Any

from testinfra.host import Host


def test_no_file_is_left(node: Host, spec: dict[str, Any]) -> None:
    paths = [entry["dest"] for entry in spec.get("files", []) + spec.get("binaries", [])]
    paths += [entry["path"] for entry in spec.get("directories", []) if not entry.get("data")]
    paths += [f"/etc/systemd/system/{unit['name']}.d" for unit in spec["units"]]
    paths += [f"/etc/systemd/system/{unit['name']}" for unit in spec["units"] if "src" in unit]
    assert [path for path in paths if node.file(path).exists] == []
    assert node.check_output("find /run /etc /var/lib /usr/local -xdev -path %s", f"*netfs-bench.{spec['name']}*") == ""


def test_data_is_gone(node: Host, spec: dict[str, Any]) -> None:
    data = [entry["path"] for entry in spec.get("directories", []) if entry.get("data")]
    assert [path for path in data if node.file(path).exists and node.file(path).listdir()] == []


def test_no_unit_is_left(node: Host, spec: dict[str, Any]) -> None:
    units = [unit["name"] for unit in spec["units"]] + spec.get("masks", []) + spec.get("companions", [])
    assert [unit for unit in units if node.service(unit).is_running] == []
    own = [unit["name"] for unit in spec["units"] if "src" in unit]
    states = node.check_output("systemctl list-units --all --no-legend --plain")
    assert [unit for unit in own if unit in states] == []
    assert [unit for unit in spec.get("masks", []) if node.service(unit).is_masked] == []


def test_no_account_is_left(node: Host, spec: dict[str, Any]) -> None:
    if "user" in spec:
        assert not node.user(spec["user"]["name"]).exists
        assert not node.group(spec["user"]["name"]).exists


def test_no_port_is_left(node: Host, spec: dict[str, Any]) -> None:
    listening = node.check_output("ss -Hltun").splitlines()
    ports = [str(entry["port"]) for entry in spec.get("ports", [])]
    assert [line for line in listening if line.split()[4].rpartition(":")[2] in ports] == []
