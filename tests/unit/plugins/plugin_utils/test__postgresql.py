# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL itself reads back what is written for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from nasty import NAMES, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import (
    postgresql_differences,
    to_pg_hba,
    to_pg_hba_address,
    to_postgresql_conf,
    to_postgresql_directory,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
needs_server = pytest.mark.skipif(not PROGRAMS, reason="PostgreSQL is not installed")


class Server:
    """A PostgreSQL that listens on a socket alone, and that is asked what it reads in its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # It does not run as root
        self.account = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        if self.account:
            os.chown(folder, 65534, 65534)

    def command(self, program: str, *words: str) -> list[str]:
        return [*self.account, str(PROGRAMS[-1].with_name(program)), *words]

    def run(self, program: str, *words: str) -> None:
        said = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(self.command(program, *words), cwd=self.folder, check=True, timeout=60, **said)

    def start(self) -> None:
        self.run("initdb", "-D", "data", "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
        self.session = subprocess.Popen(
            self.command("psql", "-X", "-qAt", "-h", str(self.folder), "-U", "bench", "postgres"),
            env={**os.environ, "PGCLIENTENCODING": "UTF8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def stop(self) -> None:
        self.session.communicate(timeout=10)
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "stop")

    def ask(self, query: str) -> Any:
        assert self.session.stdin
        assert self.session.stdout
        self.session.stdin.write(f"select coalesce(json_agg(t), '[]') from ({query}) t;\n\\echo that is all\n")
        self.session.stdin.flush()
        return json.loads("".join(iter(self.session.stdout.readline, "that is all\n")))

    def settings(self, text: str) -> dict[str, str]:
        """Return what it reads of ours in postgresql.conf."""
        (self.folder / "data/postgresql.conf").write_text(text, encoding="utf-8")
        rows = self.ask("select name, setting from pg_file_settings where name like 'netfs.%' and error is null")
        return {row["name"]: row["setting"] for row in rows}

    def rules(self, text: str) -> list[dict[str, Any]]:
        """Return what it reads in pg_hba.conf, which it does not obey until it is told to load it."""
        (self.folder / "data/pg_hba.conf").write_text(text, encoding="utf-8")
        rules: list[dict[str, Any]] = self.ask("select * from pg_hba_file_rules")
        return rules


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="netfs-bench-"))  # the path of a socket is short
    found = Server(folder)
    try:
        found.start()
        yield found
        found.stop()
    finally:
        shutil.rmtree(folder)


@needs_server
@THOROUGH
@given(TEXTS)
def test_a_setting_is_read_back(server: Server, value: str) -> None:
    try:
        written = to_postgresql_conf({"netfs.value": value, "netfs.after": "there"})
    except RefusedValueError:
        assert "\0" in value or not value.isprintable()
        return
    assert server.settings(f"# comment\n{written}\n") == {"netfs.value": value, "netfs.after": "there"}


@needs_server
@THOROUGH
@given(NAMES, NAMES)
def test_a_database_and_its_owner_are_read_back(server: Server, database: str, owner: str) -> None:
    try:
        line = f"host {to_pg_hba(database)} {to_pg_hba(owner)} samehost scram-sha-256\n"
    except RefusedValueError:
        return
    (rule,) = server.rules(line)
    assert (rule["error"], rule["database"], rule["user_name"]) == (None, [database], [owner])


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
    with pytest.raises(RefusedValueError, match=r"^postgresql_clients: .* cannot be used: it is no address"):
        to_pg_hba_address(given, "postgresql_clients")


DATABASES = [{"name": "wiki", "owner": "wiki"}, {"name": "my notes", "owner": "alice"}]


def written(databases: list[dict[str, str]], clients: list[str]) -> str:
    lines = ["local all postgres peer map=netfs"]
    for entry in databases:
        words = f"{to_pg_hba(entry['name'])} {to_pg_hba(entry['owner'])}"
        lines += [f"local {words} scram-sha-256"]
        lines += [f"host {words} {to_pg_hba_address(client)} scram-sha-256" for client in clients]
    return "\n".join(lines) + "\n"


@needs_server
@pytest.mark.parametrize("clients", [[], list(ADDRESSES)])
def test_rules_as_asked_are_no_difference(server: Server, clients: list[str]) -> None:
    answer = {"rules": server.rules(written(DATABASES, clients)), "settings": {"fsync": "on"}}
    assert postgresql_differences(answer, DATABASES, clients, {"fsync": "on"}) == []


@needs_server
@pytest.mark.parametrize(
    "before, more, difference",
    [
        ("", "host all all 0.0.0.0/0 trust", "nobody asked for the rule 'all all from 0.0.0.0/0: trust'"),
        ("", "host wiki wiki samenet trust", "nobody asked for the rule 'wiki wiki from samenet: trust'"),
        ("", "host wiki wiki samenet nonsense", 'line 6 of pg_hba.conf: invalid authentication method "nonsense"'),
        ("host wiki", "# host wiki", "nobody is let in by the rule 'wiki wiki from samenet: scram-sha-256'"),
    ],
)
def test_other_rules_are_named(server: Server, before: str, more: str, difference: str) -> None:
    text = written(DATABASES, ["samenet"])
    text = text.replace(before, more) if before else text + more
    answer = {"rules": server.rules(text), "settings": {}}
    assert postgresql_differences(answer, DATABASES, ["samenet"], {}) == [difference]


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


@pytest.mark.parametrize(
    "path", ["srv", "/srv/it's", '/srv/"', "/srv/$HOME", "/srv/`x`", "/a\\b", "/a\nb", "/a\tb"]
)
def test_a_directory_that_a_shell_reads_otherwise_is_refused(path: str) -> None:
    with pytest.raises(RefusedValueError, match=r"^postgresql_directory: .* cannot be used: "):
        to_postgresql_directory(path, "postgresql_directory")
