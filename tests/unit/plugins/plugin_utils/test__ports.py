# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._ports import ports_of

TABLE = [
    {"variable": "nas_port"},
    {"port": 111, "protocol": "udp"},
    {"port": 6800, "last": 7568},
    {"variable": "nas_admin_port", "loopback": True},
]
SERVICE = {"name": "nas", "role": "nas", "node": "storage_a", "variables": {}}


def found(*services, port=2049):
    return ports_of(services, {"nas": TABLE}, {"nas": {"nas_port": port}})


def test_the_table_of_a_role_with_its_defaults():
    ports, faults = found(SERVICE, {**SERVICE, "role": "unheard"})
    place = {"service": "nas", "group": "storage_a"}
    assert ports == [
        {**place, "protocol": "tcp", "port": 2049, "last": 2049},
        {**place, "protocol": "udp", "port": 111, "last": 111},
        {**place, "protocol": "tcp", "port": 6800, "last": 7568},
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("value", "numbers"), [(2050, [2050, 111, 6800]), ("2050", [2050, 111, 6800]), (0, [111, 6800])]
)
def test_what_a_deployment_sets_counts(value, numbers):
    ports, faults = found({**SERVICE, "variables": {"nas_port": value}})
    assert ([entry["port"] for entry in ports], faults) == (numbers, [])


@pytest.mark.parametrize("value", ["{{ mine }}", None, True, 70000, -1, [1]])
def test_a_port_that_is_no_number_is_told(value):
    (fault,) = found({**SERVICE, "variables": {"nas_port": value}})[1]
    assert fault.startswith(f"'nas_port' of nas on storage_a is {value!r}, and which port that opens")


def test_two_services_of_a_name_and_group_open_a_port_once():
    assert len(found(SERVICE, SERVICE)[0]) == 3
