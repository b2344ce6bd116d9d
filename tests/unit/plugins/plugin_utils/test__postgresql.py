# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written for PostgreSQL, and what it answers; what it reads is asked in tests/testinfra/test_postgresql.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import (
    postgresql_differences,
    to_pg_hba,
    to_pg_hba_address,
    to_postgresql_conf,
    to_postgresql_directory,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize(
    "name",
    [
        "all",
        "sameuser",
        "postgres",
        "template1",
        "pg_x",
        "@file",
        "+role",
        "/regex",
        'a"b',
        "a,b",
        "a\nb",
        "",
        "é" * 32,
    ],
)
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^postgresql_databases\.name: .* cannot be used: "):
        to_pg_hba(name, "postgresql_databases.name")


@pytest.mark.parametrize(
    "name, word",
    [("wiki", "wiki"), ("my wiki", '"my wiki"'), ("é" * 31, f'"{"é" * 31}"'), ("a-b.c+d@e", '"a-b.c+d@e"')],
)
def test_a_name_is_one_word(name: str, word: str) -> None:
    assert to_pg_hba(name) == word


ADDRESSES = {
    "192.0.2.7": "192.0.2.7/32",
    "2001:db8::7": "2001:db8::7/128",
    "192.0.2.0/24": "192.0.2.0/24",
    "192.0.2.0/255.255.255.0": "192.0.2.0/24",
    "*": "all",
    "samenet": "samenet",
    "db.example.org": "db.example.org",
    ".example.org": ".example.org",
}


@pytest.mark.parametrize("given, written", ADDRESSES.items())
def test_an_address_gets_its_mask(given: str, written: str) -> None:
    assert to_pg_hba_address(given) == written


@pytest.mark.parametrize("given", ["192.0.2.0/33", "192.0.2", "fe80::1%eth0", "a b", "a,b", '"all"', "-x", ""])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^postgresql_clients: .* cannot be used: it must be an address"):
        to_pg_hba_address(given, "postgresql_clients")


DATABASES = [{"name": "wiki", "owner": "alice"}]
ADMINISTRATOR = {"type": "local", "database": ["all"], "user_name": ["postgres"], "auth_method": "peer"}
LOCAL = {"type": "local", "database": ["wiki"], "user_name": ["alice"], "auth_method": "scram-sha-256"}
NETWORK = {**LOCAL, "type": "host", "address": "192.0.2.0", "netmask": "255.255.255.0"}


@pytest.mark.parametrize(
    "rules, said",
    [
        ([ADMINISTRATOR, LOCAL, NETWORK], []),
        ([ADMINISTRATOR, LOCAL], ["the rule 'wiki alice from 192.0.2.0/24: scram-sha-256' is missing"]),
        (
            [ADMINISTRATOR, LOCAL, NETWORK, {**NETWORK, "auth_method": "trust"}],
            ["the rule 'wiki alice from 192.0.2.0/24: trust' was not requested"],
        ),
        (
            [ADMINISTRATOR, LOCAL, NETWORK, {"error": "no such method", "line_number": 7}],
            ["line 7 of pg_hba.conf: no such method"],
        ),
    ],
)
def test_other_rules_are_named(rules: list[dict[str, Any]], said: list[str]) -> None:
    answer = {"rules": [{"error": None, **rule} for rule in rules], "settings": {}}
    assert postgresql_differences(answer, DATABASES, ["192.0.2.0/24"], {}) == said


def test_another_setting_is_named() -> None:
    answer = {"rules": [], "settings": {"fsync": "off"}}
    assert "fsync is 'off' and not 'on'" in postgresql_differences(answer, [], [], {"fsync": "on"})


@pytest.mark.parametrize(
    "settings",
    [{"include": "/etc/other"}, {"a b": 1}, {"fsync": ["on"]}, {"x": None}, {"": "x"}, {"netfs.x": "a\0b"}],
)
def test_what_is_no_setting_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(RefusedValueError, match=r"^postgresql_settings.*: .* cannot be used: "):
        to_postgresql_conf(settings, "postgresql_settings")


@pytest.mark.parametrize("value, literal", [(True, "on"), (False, "off"), (7, "'7'"), (0.5, "'0.5'"), ("4MB", "'4MB'")])
def test_numbers_and_booleans_are_those_of_postgresql(value: object, literal: str) -> None:
    assert to_postgresql_conf(value) == literal


def test_a_directory_may_have_blanks_and_percent_signs() -> None:
    assert to_postgresql_directory("/srv/my data/100%ü(#;)") == "/srv/my data/100%ü(#;)"


@pytest.mark.parametrize("path", ["srv", "/srv/it's", '/srv/"', "/srv/$HOME", "/srv/`x`", "/a\\b", "/a\nb", "/a\tb"])
def test_a_directory_that_a_shell_reads_otherwise_is_refused(path: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^postgresql_directory: .* cannot be used: "):
        to_postgresql_directory(path, "postgresql_directory")
