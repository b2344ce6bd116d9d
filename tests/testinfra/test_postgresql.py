# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role postgresql: real logins over the network, passwords that nobody sees, files that it reads as they are meant."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nfs
import pytest
import secrets_of
from hypothesis import strategies as st
from nasty import NAMES, TEXTS
from testinfra.backend.base import CommandResult
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils._postgresql import (
    postgresql_differences,
    to_pg_hba,
    to_pg_hba_address,
    to_postgresql_conf,
)

ETC = "/etc/netfs-postgresql"


@pytest.fixture(scope="module")
def passwords(endpoint: dict[str, Any]) -> dict[str, str]:
    """Return the password of each owner, from the file that the endpoint names."""
    return {entry["user"]: Path(entry["password_file"]).read_text() for entry in endpoint["databases"].values()}


def ask(node: Host, endpoint: dict[str, Any], query: str, *, user: str, password: str, database: str) -> CommandResult:
    """Run one query over the network, as an owner does."""
    where = f"host={endpoint['host']} port={endpoint['port']} user='{user}' dbname='{database}' connect_timeout=5"
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    node.check_output("install -m 0600 /dev/null /run/pgpass")
    node.check_output("printf '%%s\\n' %s > /run/pgpass", f"*:*:*:*:{escaped}")
    try:
        return node.run("PGPASSFILE=/run/pgpass psql --no-psqlrc -At -w -c %s %s", query, where)
    finally:
        node.check_output("rm /run/pgpass")


def administer(node: Host, query: str) -> str:
    return node.check_output("psql -h /run/postgresql -U postgres -At -c %s", query)


@contextmanager
def written(node: Host, path: str, text: str) -> Iterator[None]:
    """Put a text in the place of a file of the server, which is not told to load it, and then the file again."""
    node.check_output("! [ -e %s ] || cp --preserve %s /run/kept", path, path)
    nfs.put(node, path, text)
    try:
        yield
    finally:
        node.check_output("rm %s; ! [ -e /run/kept ] || mv /run/kept %s", path, path)


def rows(node: Host, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(administer(node, f"select coalesce(json_agg(t), '[]') from ({query}) t"))
    return found


def rules(node: Host, text: str) -> list[dict[str, Any]]:
    """Return what PostgreSQL reads in a pg_hba.conf."""
    with written(node, f"{ETC}/pg_hba.conf", text):
        return rows(node, "select * from pg_hba_file_rules")


def test_unit_runs_and_survives_a_reboot(node: Host, database_unit: str) -> None:
    service = node.service(database_unit)
    assert service.is_running, node.check_output("journalctl --no-pager --lines=50 --unit=%s", database_unit)
    assert service.is_enabled


def test_unit_is_hardened(node: Host, database_unit: str) -> None:
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", database_unit)
    assert float(said.split(": ")[1].split()[0]) < 5


def test_it_is_the_only_cluster(node: Host) -> None:
    assert [line.split()[1] for line in node.check_output("pg_lsclusters -h").splitlines()] == ["netfs"]


def test_listens_only_where_told(node: Host, endpoint: dict[str, Any]) -> None:
    lines = node.check_output("ss -Hltn sport = :5432").splitlines()
    assert sorted(line.split()[3] for line in lines) == sorted(["127.0.0.1:5432", f"{endpoint['host']}:5432"])


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert (endpoint["service"], endpoint["protocol"], endpoint["port"]) == ("postgresql", "postgresql", 5432)
    assert (endpoint["database"], endpoint["user"]) == ("juicefs", "juicefs")
    assert endpoint["durability"] == "local-durable"


@pytest.mark.parametrize("owner, name", [("juicefs", "juicefs"), ("other", "other"), ("al-ice@office", "my bücher")])
def test_owner_makes_tables(
    node: Host, endpoint: dict[str, Any], passwords: dict[str, str], owner: str, name: str
) -> None:
    query = "create table t (x int); insert into t values (7); select x from t; drop table t"
    answer = ask(node, endpoint, query, user=owner, password=passwords[owner], database=name)
    assert (answer.rc, answer.stdout.split()[-3:-2]) == (0, ["7"]), answer


def test_owner_does_not_reach_the_database_of_another(
    node: Host, endpoint: dict[str, Any], passwords: dict[str, str]
) -> None:
    answer = ask(node, endpoint, "select 1", user="other", password=passwords["other"], database="juicefs")
    assert "no pg_hba.conf entry" in answer.stderr


def test_wrong_password_is_refused(node: Host, endpoint: dict[str, Any]) -> None:
    answer = ask(node, endpoint, "select 1", user="juicefs", password="guessed", database="juicefs")
    assert "password authentication failed" in answer.stderr


def test_administrator_is_not_reached_over_the_network(node: Host, endpoint: dict[str, Any]) -> None:
    answer = ask(node, endpoint, "select 1", user="postgres", password="x", database="postgres")
    assert "no pg_hba.conf entry" in answer.stderr


def test_passwords_are_kept_as_scram(node: Host) -> None:
    query = "select distinct split_part(rolpassword, '$', 1) from pg_authid where rolpassword is not null"
    assert administer(node, query) == "SCRAM-SHA-256"


def test_values_are_read_back_as_they_were_given(node: Host, passwords: dict[str, str]) -> None:
    assert administer(node, "show cluster_name") == r"it's C:\ 100%"
    assert administer(node, "show netfs.jit") == "on"
    assert administer(node, "show data_directory") == "/var/lib/postgresql/my data/100%é(#;)"
    assert passwords["juicefs"] == "a b\"c'd$e\\f#%g:h`"


def test_any_setting_is_read_back(node: Host) -> None:
    values = nfs.accepted(TEXTS, to_postgresql_conf)
    given = {f"netfs.value_{number}": value for number, value in enumerate(values)}
    with written(node, f"{ETC}/conf.d/netfs-test.conf", f"# comment\n{to_postgresql_conf(given)}\n"):
        found = rows(node, "select name, setting, error from pg_file_settings where name like 'netfs.value%'")
    assert [row for row in found if row["error"]] == []
    assert {row["name"]: row["setting"] for row in found} == given


def test_any_database_and_owner_are_read_back(node: Host) -> None:
    likely = st.text(st.sampled_from("aZ0é漢_ .@+-"), min_size=1, max_size=20)
    names = nfs.accepted(st.one_of(NAMES, likely), to_pg_hba)
    pairs = list(zip(names, reversed(names), strict=True))
    lines = [f"host {to_pg_hba(name)} {to_pg_hba(owner)} samehost scram-sha-256\n" for name, owner in pairs]
    found = rules(node, "".join(lines))
    assert [rule["error"] for rule in found if rule["error"]] == []
    assert [(rule["database"], rule["user_name"]) for rule in found] == [([name], [owner]) for name, owner in pairs]


DATABASES = [{"name": "wiki", "owner": "wiki"}, {"name": "my notes", "owner": "alice"}]
CLIENTS = [
    "192.0.2.7",
    "2001:db8::7",
    "192.0.2.0/24",
    "2001:db8::/32",
    "*",
    "samenet",
    "db.example.org",
    ".example.org",
]


def asked(clients: list[str]) -> str:
    lines = ["local all postgres peer map=netfs"]
    for entry in DATABASES:
        words = f"{to_pg_hba(entry['name'])} {to_pg_hba(entry['owner'])}"
        lines += [f"local {words} scram-sha-256"]
        lines += [f"host {words} {to_pg_hba_address(client)} scram-sha-256" for client in clients]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("clients", [[], CLIENTS])
def test_rules_as_asked_are_no_difference(node: Host, clients: list[str]) -> None:
    answer = {"rules": rules(node, asked(clients)), "settings": {"fsync": "on"}}
    assert postgresql_differences(answer, DATABASES, clients, {"fsync": "on"}) == []


@pytest.mark.parametrize(
    "before, more, difference",
    [
        ("", "host all all 0.0.0.0/0 trust", "the rule 'all all from 0.0.0.0/0: trust' was not requested"),
        ("", "host wiki wiki samenet trust", "the rule 'wiki wiki from samenet: trust' was not requested"),
        ("", "host wiki wiki samenet nonsense", 'line 6 of pg_hba.conf: invalid authentication method "nonsense"'),
        ("host wiki", "# host wiki", "the rule 'wiki wiki from samenet: scram-sha-256' is missing"),
    ],
)
def test_other_rules_are_named(node: Host, before: str, more: str, difference: str) -> None:
    text = asked(["samenet"])
    text = text.replace(before, more) if before else text + more
    answer = {"rules": rules(node, text), "settings": {}}
    assert postgresql_differences(answer, DATABASES, ["samenet"], {}) == [difference]


def test_what_cannot_be_served_is_refused_before_anything_changes(node: Host) -> None:
    everything = "find /etc/netfs-postgresql /etc/postgresql -type f -exec sha256sum '{}' +"
    before = node.check_output(everything)
    said = secrets_of.refusal(postgresql_clients=["no where"], postgresql_password="never-used")
    assert "postgresql_clients: 'no where' cannot be used: it must be an address" in said
    assert "never-used" not in said
    assert node.check_output(everything) == before


def test_access_that_is_not_enforced_is_found(node: Host, database_unit: str) -> None:
    """ALTER SYSTEM wins over every file of the role's."""
    administer(node, "alter system set fsync = off")
    node.check_output("systemctl reload %s", database_unit)
    try:
        assert "fsync is 'off' and not 'on'" in secrets_of.refusal()
    finally:
        administer(node, "alter system reset fsync")
        node.check_output("systemctl reload %s", database_unit)


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_commits_wait_for_the_disk(node: Host, setting: str) -> None:
    assert administer(node, f"show {setting}") == "on"


def test_locale_is_the_same_everywhere(node: Host) -> None:
    query = "select datname, pg_encoding_to_char(encoding), datcollate from pg_database where datname = 'juicefs'"
    assert administer(node, query) == "juicefs|UTF8|C.UTF-8"


def test_passwords_are_for_one_person_on_the_controller(endpoint: dict[str, Any]) -> None:
    for entry in endpoint["databases"].values():
        file = Path(entry["password_file"])
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_passwords_are_nowhere_to_be_seen(node: Host, database_unit: str, passwords: dict[str, str]) -> None:
    shown = secrets_of.shown_by(node, database_unit)
    assert "postgres" in shown["processes"]
    for password in passwords.values():
        assert [place for place, text in shown.items() if password in text] == []


def test_passwords_are_in_no_diff(passwords: dict[str, str], tmp_path: Path) -> None:
    """Without the files of passwords, check mode would give the owners other ones."""
    said = secrets_of.play(
        "--check",
        "--diff",
        "-vvv",
        "--limit=server",
        *secrets_of.inventory(),
        f"--extra-vars=postgresql_secrets={tmp_path}",
        "molecule/shared/converge.yml",
    )
    assert "Create the owners" in said
    assert [owner for owner, password in passwords.items() if secrets_of.told(password, said)] == []


def test_data_survives_a_kill(
    node: Host, database_unit: str, endpoint: dict[str, Any], passwords: dict[str, str]
) -> None:
    def query(text: str) -> str:
        answer = ask(node, endpoint, text, user="juicefs", password=passwords["juicefs"], database="juicefs")
        assert answer.rc == 0, answer
        return str(answer.stdout.strip())

    query("create table kept (x int)")
    query("insert into kept select generate_series(1, 1000)")
    node.check_output("systemctl kill --signal=SIGKILL %s", database_unit)
    wait = f"sleep 1; until pg_isready -q -h {endpoint['host']}; do sleep 0.2; done"
    node.check_output("timeout 60 sh -c %s", wait)
    assert query("select count(*) from kept") == "1000"
    query("drop table kept")
