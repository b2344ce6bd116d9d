# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role postgresql: real logins over the network, passwords that nobody sees."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
import secrets_of
from testinfra.backend.base import CommandResult
from testinfra.host import Host


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


def test_what_cannot_be_served_is_refused_before_anything_changes(node: Host) -> None:
    everything = "find /etc/netfs-postgresql /etc/postgresql -type f -exec sha256sum '{}' +"
    before = node.check_output(everything)
    said = secrets_of.refusal(postgresql_clients=["no where"], postgresql_password="never-used")
    assert "postgresql_clients: 'no where' cannot be used: it is no address" in said
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
