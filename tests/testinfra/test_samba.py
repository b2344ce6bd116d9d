# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role samba: its unit, who gets in and who does not, and bytes that a kernel's SMB client wrote."""

from __future__ import annotations

import json
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import life_cycle
import nfs
import pytest
import secrets_of
import smb
import yaml
from testinfra.host import Host

UNIT = "netfs-samba.service"
CONFIG = "/etc/netfs-samba/smb.conf"
ALICE = "only for this test"
NEIL = """a,b%c#d;"e" 'f' $HOME `g` \\h ünï漢 """
# Shares of molecule/samba/vars.yml whose names and paths programs misread, and where they are
NASTY = {
    "Bob's files": "/srv/media old",
    "$x {y}!": "/srv/it's",
    "a.b (c) & d": '/srv/a "b" c',
    "#hash": "/srv/a;b#c",
    "back`tick": "/srv/back\\slash",
    "[z": "/srv/[x]{y}!*?",
    "Ünï漢": "/srv/ünï漢",
    "groups": "/srv/a,b=c",
}
# A directory of somebody else beside "/srv/media old", and what a distribution's Samba shares
NEIGHBOURS = ("/srv/media", "/etc/samba", "/var/lib/samba")


@pytest.fixture(scope="module")
def password(endpoint: dict[str, Any]) -> str:
    """Return the password that was generated."""
    return smb.secret_file(endpoint).read_text(encoding="utf-8").strip()


@pytest.fixture(autouse=True)
def _no_login_is_left(node: Host, client: Host) -> Iterator[None]:
    yield
    for host in (node, client):
        host.run("rm -f %s", smb.LOGIN)


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, nfs.journal(node, UNIT)
    assert service.is_enabled


def test_unit_is_hardened(node: Host) -> None:
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", UNIT)
    assert float(said.split(": ")[1].split()[0]) < 4


def test_listens(node: Host, endpoint: dict[str, Any]) -> None:
    assert node.socket(f"tcp://{endpoint['port']}").is_listening, nfs.journal(node, UNIT)


def test_units_of_the_distribution_do_not_run(node: Host) -> None:
    for name in ("smbd.service", "nmbd.service"):
        assert node.service(name).is_masked
        assert not node.service(name).is_running
    assert not node.socket("tcp://445").is_listening


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert endpoint["protocol"] == "smb"
    assert endpoint["versions"] == ["smb3"]
    assert endpoint["path"] == "shared"
    assert endpoint["user"] == "bench"
    assert endpoint["durability"] == "local-durable"


def test_generated_password_is_the_owners_alone(endpoint: dict[str, Any], password: str) -> None:
    assert len(password) == 32
    assert stat.S_IMODE(smb.secret_file(endpoint).stat().st_mode) == 0o600


@pytest.mark.parametrize("words", ["generated", ALICE])
def test_no_password_is_stored_on_the_node(node: Host, password: str, words: str) -> None:
    wanted = password if words == "generated" else words
    node.check_output("umask 077 && printf '%%s' %s > /run/wanted", wanted)
    found = node.run("grep -rlF -f /run/wanted /etc /var/lib/netfs-samba /var/log /usr/local /tmp").stdout
    node.run("rm -f /run/wanted")
    assert found == ""


def test_shares_belong_to_whom_they_should(node: Host) -> None:
    shared, private = node.file("/export/shared"), node.file("/export/private")
    assert (shared.user, shared.mode) == ("bench", 0o755)
    assert (private.user, private.mode) == ("alice", 0o700)


@pytest.mark.parametrize(
    "login, share, answer",
    [
        ("bench:generated", "shared", ""),
        (f"alice:{ALICE}", "private", ""),
        (f"alice:{ALICE}", "shared", ""),
        ("bench:generated", "private", "NT_STATUS_ACCESS_DENIED"),
        ("bench:wrong", "shared", "NT_STATUS_LOGON_FAILURE"),
        ("nobody:wrong", "shared", "NT_STATUS_LOGON_FAILURE"),
        ("root:wrong", "shared", "NT_STATUS_LOGON_FAILURE"),
    ],
)
def test_who_gets_in(node: Host, endpoint: dict[str, Any], login: str, share: str, answer: str) -> None:
    user, given = login.split(":")
    generated = smb.secret_file(endpoint).read_text(encoding="utf-8").strip()
    smb.log_in(node, user, generated if given == "generated" else given)
    said = smb.ask(node, endpoint["port"], share)
    assert (said.rc == 0) is (answer == ""), said
    assert answer in said.stdout


@pytest.mark.parametrize("options", ["--no-pass", "--user=guest%"])
def test_guests_are_refused(node: Host, endpoint: dict[str, Any], options: str) -> None:
    said = smb.ask(node, endpoint["port"], "shared", options)
    assert said.rc != 0
    assert "NT_STATUS_ACCESS_DENIED" in said.stdout or "NT_STATUS_LOGON_FAILURE" in said.stdout


def test_old_versions_are_refused(node: Host, endpoint: dict[str, Any], password: str) -> None:
    smb.log_in(node, "bench", password)
    login = f"--authentication-file={smb.LOGIN}"
    assert smb.ask(node, endpoint["port"], "shared", login, "--max-protocol=SMB3_11").rc == 0
    for version in ("SMB3_02", "SMB2_10", "NT1"):
        assert smb.ask(node, endpoint["port"], "shared", login, f"--max-protocol={version}").rc != 0


def test_bytes_reach_the_disk_of_the_server(node: Host, client: Host, endpoint: dict[str, Any], password: str) -> None:
    smb.log_in(client, "bench", password)
    with smb.mounted(client, endpoint, "shared") as directory:
        wrote = nfs.write(client, f"{directory}/molecule")
        assert nfs.checksum(node, "/export/shared/molecule") == wrote
        assert "vers=3.1.1" in client.check_output("findmnt -no OPTIONS %s", directory).split(",")
        client.check_output("rm %s", f"{directory}/molecule")
        assert not node.file("/export/shared/molecule").exists


def test_options_of_a_share_do_what_they_say(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    smb.log_in(client, "alice", ALICE)
    with smb.mounted(client, endpoint, "private") as directory:
        assert "seal" in client.check_output("findmnt -no OPTIONS %s", directory) or (
            '"cipher": "AES' in node.check_output("smbstatus --configfile=%s --json | grep -A 9 tcons", CONFIG)
        )
        nfs.write(client, f"{directory}/kept", 1)
        client.check_output("rm %s", f"{directory}/kept")
        assert node.file("/export/private/.bin/kept").exists
        assert client.run("touch %s", f"{directory}/virus.exe").rc != 0


def test_a_wrong_password_does_not_mount(client: Host, endpoint: dict[str, Any]) -> None:
    smb.log_in(client, "bench", "wrong")
    answer = smb.mount(client, endpoint, "shared")
    client.run("rmdir %s", smb.DIRECTORY)
    assert answer.rc != 0
    assert "error(13)" in answer.stderr


def seen(node: Host) -> str:
    """Return the checksums of what belongs to others."""
    return node.check_output("find %s %s %s -type f -exec sha256sum '{}' + | sort", *NEIGHBOURS)


@pytest.fixture(scope="module")
def neighbours(node: Host) -> Iterator[str]:
    """Put a directory beside a share, and shares of a distribution's Samba; return their checksums."""
    node.check_output("mkdir -p /srv/media /var/lib/samba/usershares && echo mine > /srv/media/kept")
    node.check_output("cp -a /etc/samba /srv/media/before && cp -a /var/lib/samba/. /srv/media/state")
    node.check_output("printf '[foreign]\\n path = /srv/media\\n' >> /etc/samba/smb.conf")
    usershare = "path=/srv/media\ncomment=\nusershare_acl=S-1-1-0:F\nguest_ok=n\nsharename="
    node.check_output("printf '#VERSION 2\\n%s%s\\n' > %s", usershare, "foo", "/var/lib/samba/usershares/foo")
    node.check_output("net --configfile=/etc/samba/smb.conf conf addshare registered /srv/media")
    yield seen(node)
    node.check_output("rm -r /etc/samba /var/lib/samba && mv /srv/media/before /etc/samba")
    node.check_output("mv /srv/media/state /var/lib/samba && rm -r /srv/media")


def test_probe_leaves_nothing(node: Host, neighbours: str) -> None:
    node.check_output("/usr/local/lib/netfs-samba/probe")
    assert node.check_output("find /export /srv /run -xdev -name '*netfs*probe*'") == ""
    assert seen(node) == neighbours


def test_nothing_of_another_samba_is_shared(node: Host, neighbours: str, endpoint: dict[str, Any]) -> None:
    smb.log_in(node, "o.neil", NEIL)
    assert "foo" in neighbours
    said = smb.shares(node, endpoint["port"])
    assert set(NASTY) | {"shared", "private", "-dash"} == said
    for share in ("foo", "registered", "foreign"):
        assert "BAD_NETWORK_NAME" in smb.ask(node, endpoint["port"], share).stdout


def test_no_path_of_another_samba_is_set(node: Host) -> None:
    lines = node.check_output("testparm -sv --suppress-prompt %s 2> /dev/null", CONFIG).splitlines()
    assert [line for line in lines if re.search(r"= /(etc|run|var/lib|var/cache)/samba(/|$)", line)] == []


@pytest.mark.parametrize("share", NASTY)
def test_what_programs_misread_is_served(node: Host, client: Host, endpoint: dict[str, Any], share: str) -> None:
    smb.log_in(client, "o.neil", NEIL)
    with smb.mounted(client, endpoint, share) as directory:
        wrote = nfs.write(client, f"{directory}/molecule", 1)
        assert nfs.checksum(node, f"{NASTY[share]}/molecule") == wrote
        client.check_output("rm %s", f"{directory}/molecule")
    smb.log_in(node, "o.neil", NEIL)
    assert smb.ask(node, endpoint["port"], share).rc == 0
    smb.log_in(node, "bench", NEIL)
    assert smb.ask(node, endpoint["port"], share).rc != 0


def test_comment_is_shown_as_it_was_given(node: Host, endpoint: dict[str, Any]) -> None:
    smb.log_in(node, "o.neil", NEIL)
    assert """Disk|Bob's files|it's "50 %" off; # \\ ok""" in smb.listed(node, endpoint["port"]).splitlines()


def test_access_that_differs_is_a_failure() -> None:
    """With the sentence that molecule/samba/access.yml names."""
    assert "TASK [Compare the access]" in secrets_of.play(*secrets_of.inventory(), "molecule/samba/access.yml")


def test_refusals_change_nothing(node: Host) -> None:
    """What molecule/samba/refusals/cases.yml lists."""
    look = "systemctl show --property=MainPID,NRestarts %s; find /etc /usr/local -type f -exec sha256sum '{}' + | sort"
    before = node.check_output(look + "; getent passwd; ls -lR /export /srv", UNIT)
    secrets_of.play(*secrets_of.inventory(), "molecule/shared/refusals.yml")
    assert node.check_output(look + "; getent passwd; ls -lR /export /srv", UNIT) == before


@pytest.mark.parametrize(
    "line, says",
    [
        ("srict sync = yes", "Unknown parameter"),
        ("read only = perhaps", "not boolean"),
        ("vfs objects = nosuch", "nosuch"),
        ("workgroup = X", "Global parameter"),
        ("create mask = 9999", "Invalid octal"),
    ],
)
def test_a_bad_configuration_is_refused(node: Host, line: str, says: str) -> None:
    check = "/usr/local/lib/netfs-samba/check"
    node.check_output("%s %s", check, CONFIG)
    node.check_output("{ cat %s; echo %s; } > /tmp/bad.conf", CONFIG, line)
    answer = node.run("%s /tmp/bad.conf", check)
    node.check_output("rm /tmp/bad.conf")
    assert answer.rc == 1
    assert says in answer.stderr


def test_accounts_are_kept_by_the_module() -> None:
    """What molecule/samba/accounts.yml says of the module; and its passwords are in no diff and no result.

    Not louder than that, because smbclient has them in its environment.
    """
    words = [secrets.token_hex(16) for _number in range(2)]
    said = secrets_of.play(
        "--diff",
        *secrets_of.inventory(),
        "molecule/samba/accounts.yml",
        NETFS_FIRST=words[0],
        NETFS_SECOND=words[1],
    )
    assert "Check that only that account is gone" in said
    assert [number for number, word in enumerate(words) if word in said] == []


def test_a_client_without_encryption_is_refused(node: Host, endpoint: dict[str, Any]) -> None:
    smb.log_in(node, "alice", ALICE)
    login = f"--authentication-file={smb.LOGIN}"
    assert smb.ask(node, endpoint["port"], "private", login, "--client-protection=encrypt").rc == 0
    # no cipher has this name, so that the client offers none
    without = "--option=clientsmb3encryptionalgorithms=none"
    assert smb.ask(node, endpoint["port"], "shared", login, without).rc == 0
    plain = smb.ask(node, endpoint["port"], "private", login, without)
    assert plain.rc != 0
    assert "NT_STATUS_ACCESS_DENIED" in plain.stdout


def test_no_password_is_seen(node: Host, password: str) -> None:
    shown = secrets_of.shown_by(node, UNIT)
    assert "smbd" in shown["processes"]
    assert [place for place, text in shown.items() if password in text or ALICE in text or NEIL in text] == []


def test_passwords_are_in_no_result_and_no_diff(password: str, tmp_path: Path) -> None:
    """Without the files of passwords check mode would set other ones: old and new ones are in that diff."""
    said = secrets_of.play(
        "--check",
        "--diff",
        "-vvv",
        *secrets_of.inventory(),
        f"--extra-vars=samba_secrets_directory={tmp_path}",
        "molecule/shared/converge.yml",
    )
    assert "Create the Samba account of every user" in said
    assert password not in said
    assert "password_changed" in said


def test_a_refused_user_shows_no_password(tmp_path: Path) -> None:
    """From a file, because the words of a command are shown."""
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"samba_users": [{"name": "john doe", "password": "never to be seen"}]}))
    words = ("--diff", "-vvv", *secrets_of.inventory(), f"--extra-vars=@{users}", "molecule/shared/converge.yml")
    said = secrets_of.play(*words, refused=True)
    assert "the node has no such user" in " ".join(said.split())
    assert "never to be seen" not in said


def test_absent_leaves_the_neighbours(node: Host, neighbours: str, tmp_path: Path) -> None:
    """The last test: it removes the server, which the scenario then does once more."""
    variables = yaml.safe_load((secrets_of.ROOT / "molecule/samba/vars.yml").read_text(encoding="utf-8"))
    code, said = life_cycle.apply(tmp_path, "samba", "absent", **variables, service_remove_data=True)
    assert code == 0, said[-6000:]
    assert seen(node) == neighbours
    # the node may have been another role's before
    ours = {"/".join(share["path"].split("/")[:3]) for share in variables["samba_shares"]}
    left = set(node.check_output("find /srv -mindepth 1 -maxdepth 1").splitlines())
    assert left & (ours | {"/srv/media"}) == {"/srv/media"}
