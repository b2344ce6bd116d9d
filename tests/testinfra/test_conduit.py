# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A conduit between two sites, and the certificates that it asks for: whom it lets in, what it carries, how it goes."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import metrics
import pytest
import secrets_of
from conftest import reach
from testinfra.host import Host

ADDRESSES = json.loads(os.environ["NETFS_ADDRESSES"])
FILES = "/etc/netfs-certificates"
OWN = {"certificate": f"{FILES}/host.crt", "key": f"{FILES}/host.key", "authority": f"{FILES}/ca.crt"}
ECHO = """
import socket, threading
server = socket.create_server(("", 9401))
def echo(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
while True:
    threading.Thread(target=echo, args=server.accept()[:1], daemon=True).start()
"""
"""What is reached through the conduit: it sends back what it gets."""
CLIENT = """
import json, os, socket, ssl, sys, time
given = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile=given["authority"])
if given.get("certificate"):
    context.load_cert_chain(given["certificate"], given["key"])
with socket.create_connection((given["host"], 9402), timeout=10) as plain:
    with context.wrap_socket(plain, server_hostname="conduit") as secured:
        if not given["blocks"]:
            sys.exit(f"got {secured.recv(1)}")
        left = given["blocks"]
        while left and not os.path.exists(given["until"]):
            left -= 1
            sent, got = os.urandom(given["size"]), b""
            secured.sendall(sent)
            while len(got) < len(sent):
                data = secured.recv(65536)
                if not data:
                    sys.exit("the connection ended")
                got += data
            if got != sent:
                sys.exit("other bytes came back")
            time.sleep(0.2 if given["until"] else 0)
print("all came back")
"""
"""Sends blocks to the other site and reads each back, until a file is there; without any it only listens."""
STOP = "/run/test-stop"


@pytest.fixture(scope="module")
def sender(sockets: str) -> Host:
    """Return the node of site a."""
    return reach("NETFS_SENDER", sockets)


@pytest.fixture(scope="module")
def receiver(sockets: str, sender: Host) -> Iterator[Host]:
    """Return the node of site b, which sends back what it gets, once the conduit has found it."""
    host = reach("NETFS_RECEIVER", sockets)
    host.check_output("systemd-run --quiet --unit=test-echo python3 -c %s", ECHO)
    began = time.monotonic()
    while sent(sender) != "all came back":
        assert time.monotonic() - began < 20
    yield host
    host.check_output("systemctl stop test-echo")


def client(**given: object) -> list[str]:
    """Return the words of a client at site a."""
    usual = {"host": ADDRESSES["a"], "blocks": 1, "size": 1000, "until": "", **OWN}
    return ["python3", "-c", CLIENT, json.dumps(usual | given)]


def sent(host: Host, **given: object) -> str:
    """Let a client send; return what it says at the end, or why it was ended."""
    words = client(**given)
    done = host.run("timeout 60 " + " ".join(["%s"] * len(words)), *words)
    said: str = (done.stdout + done.stderr).strip().splitlines()[-1]
    return said


@contextmanager
def long_connection(host: Host) -> Iterator[None]:
    """Let a client send in the background meanwhile; see that it had begun, went on, and got all back."""
    host.check_output("rm -f %s", STOP)
    words = client(blocks=1 << 20, until=STOP)
    unit = "systemd-run --quiet --unit=test-long --property=RemainAfterExit=yes "
    host.check_output(unit + "%s " * len(words), *words)
    state = "systemctl show --property=SubState --value test-long"
    try:
        time.sleep(1)
        assert host.check_output(state) == "running"
        yield
        assert host.check_output(state) == "running"
        host.check_output("touch %s", STOP)
        began = time.monotonic()
        while host.check_output(state) == "running":
            assert time.monotonic() - began < 20
        said = host.check_output("journalctl --no-pager --output=cat --unit=test-long --lines=1")
        assert said == "all came back"
    finally:
        host.run("systemctl stop test-long; systemctl reset-failed test-long")


def apply(*words: str, refused: bool = False, **variables: object) -> str:
    """Apply both roles with other variables; return what was said."""
    extra = f"--extra-vars={json.dumps(variables)}"
    said: str = secrets_of.play(
        *secrets_of.inventory(), *words, extra, "molecule/conduit/converge.yml", refused=refused
    )
    return said


def enter(roles: list[str], entry: str, hosts: str = "conduit", refused: bool = False, **variables: object) -> str:
    """Run an entry point of each role."""
    extra = {"entry_roles": roles, "entry": entry, "entry_hosts": hosts, **variables}
    words = (f"--extra-vars={json.dumps(extra)}", "molecule/conduit/entry.yml")
    return " ".join(secrets_of.play(*secrets_of.inventory(), *words, refused=refused).split())


def days_in(said: str) -> tuple[str, ...]:
    """Return how many days are left of the authority and of a certificate, from what an entry point showed."""
    return tuple(re.findall(rf"\b{name}days_left\"?: (\d+)", said)[0] for name in ("authority_", ""))


def main_pid(node: Host) -> str:
    """Return the process of the conduit that stays."""
    pid: str = node.check_output("systemctl show --property=MainPID --value netfs-conduit")
    return pid


# What it carries, and for whom


def test_endpoint(endpoint: dict[str, Any], node: Host) -> None:
    assert (endpoint["service"], endpoint["protocol"], endpoint["port"]) == ("conduit", "tls", 9402)
    assert [relay["targets"] for relay in endpoint["relays"]] == [["receiver:9401"], ["sender:9401"]]
    assert node.service("netfs-conduit").is_enabled
    assert node.socket(f"tcp://{ADDRESSES['a']}:9402").is_listening
    assert node.socket(f"tcp://{ADDRESSES['b']}:9402").is_listening


def test_sites_do_not_reach_each_other(sender: Host, receiver: Host) -> None:
    address = receiver.check_output("hostname -I").split()[0]
    assert sender.run("timeout 3 python3 -c %s", f"import socket; socket.create_connection(({address!r}, 9401))").rc


def test_bytes_cross_and_are_counted(node: Host, sender: Host, receiver: Host, endpoint: dict[str, Any]) -> None:
    assert receiver.service("test-echo").is_running
    before = metrics.counted(node, endpoint)
    assert sent(sender, blocks=256, size=1 << 16) == "all came back"
    after = metrics.counted(node, endpoint)
    assert metrics.grew(before, after, "haproxy_frontend_bytes_in_total") >= 16 << 20
    assert metrics.grew(before, after, "haproxy_frontend_bytes_out_total") >= 16 << 20
    assert metrics.grew(before, after, "haproxy_frontend_connections_total") >= 1


def test_metrics_are_for_the_node_alone(sender: Host) -> None:
    ask = f"import urllib.request; urllib.request.urlopen('http://{ADDRESSES['a']}:9403/metrics', timeout=3)"
    assert "refused" in sender.run("python3 -c %s", ask).stderr


def test_who_has_no_certificate_is_refused(sender: Host, receiver: Host) -> None:
    assert receiver.service("test-echo").is_running
    assert "CERTIFICATE_REQUIRED" in sent(sender, blocks=0, certificate="").upper()


def test_certificate_of_another_authority_is_refused(sender: Host, receiver: Host) -> None:
    assert receiver.service("test-echo").is_running
    make = "cd /tmp && openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.crt -days 1 -subj %s"
    sender.check_output(make, "/CN=molecule")
    try:
        assert "UNKNOWN_CA" in sent(sender, blocks=0, certificate="/tmp/other.crt", key="/tmp/other.key").upper()
    finally:
        sender.check_output("rm /tmp/other.key /tmp/other.crt")


# What it survives


def test_connection_outlives_new_certificates_and_settings(node: Host, sender: Host, receiver: Host) -> None:
    """Every key and certificate is another one, and the conduit uses them, while a connection goes on."""
    assert receiver.service("test-echo").is_running
    old = {name: node.file(path).content_string for name, path in OWN.items()}
    process = main_pid(node)
    with long_connection(sender):
        said = apply("--diff", "-vvv", certificate_authority_rotate=True, conduit_connect_seconds=7)
        shown = sender.run("openssl s_client -connect %s:9402 -showcerts </dev/null", ADDRESSES["a"]).stdout
    assert "timeout connect 7s" in node.file("/etc/netfs-conduit/haproxy.cfg").content_string
    new = {name: node.file(path).content_string for name, path in OWN.items()}
    assert new["authority"] == old["authority"]
    assert new["certificate"] != old["certificate"]
    assert new["key"] != old["key"]
    assert new["certificate"].strip() in shown
    assert main_pid(node) == process
    # the first line has all of the secret number; the last one is the public key
    secret = [key.splitlines()[1] for key in (old["key"], new["key"])]
    assert [line for line in secret if line in said] == []


def test_stop_waits_for_what_is_carried(sender: Host, receiver: Host, node: Host) -> None:
    assert receiver.service("test-echo").is_running
    with long_connection(sender):
        node.check_output("systemctl stop --no-block netfs-conduit")
        time.sleep(1)
        assert "refused" in sent(sender)
    enter(["conduit"], "stop")
    assert not node.service("netfs-conduit").is_running
    assert node.check_output("systemctl show --property=Result --value netfs-conduit") == "success"
    enter(["conduit"], "start")
    assert sent(sender) == "all came back"


def test_process_that_is_killed_comes_back(node: Host, sender: Host, receiver: Host) -> None:
    assert receiver.service("test-echo").is_running
    process = main_pid(node)
    node.check_output("kill -9 %s", process)
    began = time.monotonic()
    while sent(sender) != "all came back":
        assert time.monotonic() - began < 20
    assert main_pid(node) not in (process, "0")


# The certificates


def test_key_stays_on_its_host(node: Host, sender: Host) -> None:
    keys = []
    for host in (node, sender):
        key = host.file(OWN["key"])
        assert (key.mode, key.user) == (0o600, "root")
        keys.append(key.content_string)
    assert keys[0] != keys[1]
    kept = secrets_of.kept() / "certificates"
    assert sorted(path.name for path in kept.iterdir()) == ["molecule.crt", "molecule.key"]
    assert (kept.stat().st_mode & 0o777, (kept / "molecule.key").stat().st_mode & 0o777) == (0o700, 0o600)


def test_names_and_lifetime_are_in_the_certificate(node: Host) -> None:
    look = "openssl x509 -noout -subject -checkend %s -ext subjectAltName -in %s"
    said = node.check_output(look, str(364 * 86400), OWN["certificate"])
    assert "CN = conduit" in said or "CN=conduit" in said
    assert "will not expire" in said
    assert all(f"IP Address:{address}" in said for address in ADDRESSES.values())


def test_certificate_is_signed_by_the_authority(node: Host) -> None:
    assert node.check_output("openssl verify -CAfile %s %s", OWN["authority"], OWN["certificate"]).endswith("OK")


def test_certificate_that_ends_soon_is_unhealthy_and_renewed(sender: Host) -> None:
    soon = {"certificate_authority_renew_days": 380, "certificate_authority_certificate_days": 400}
    said = enter(["certificate_authority"], "health", "sender", refused=True, **soon)
    assert "Another certificate is due for" in said
    assert "it ends in 364 days. Apply the role once more." in said
    old = sender.file(OWN["certificate"]).content_string
    key = sender.file(OWN["key"]).content_string
    apply("--limit=sender", **soon)
    assert sender.file(OWN["certificate"]).content_string != old
    assert sender.file(OWN["key"]).content_string == key
    assert days_in(enter(["certificate_authority"], "health", "sender")) == ("3649", "399")


def test_what_cannot_be_is_refused(node: Host) -> None:
    everything = "find /etc /usr/local -xdev -type f -exec sha256sum '{}' + | sort"
    before, process = node.check_output(everything), main_pid(node)
    secrets_of.play(*secrets_of.inventory(), "molecule/conduit/refusals.yml")
    assert (node.check_output(everything), main_pid(node)) == (before, process)
    assert not (secrets_of.kept() / "certificates/another.key").exists()


# What it keeps to itself, and what it leaves


def test_unit_shows_no_key(node: Host) -> None:
    lines = node.file(OWN["key"]).content_string.splitlines()[1:-1]
    shown = secrets_of.shown_by(node, "netfs-conduit")
    assert "haproxy" in shown["processes"]
    assert [place for place, text in shown.items() if any(line in text for line in lines)] == []
    runs_as = node.check_output("ps -C haproxy -o user=,args=")
    assert re.search(r"^netfs-c\S* ", runs_as, re.MULTILINE), runs_as


def test_check_mode_tells_the_truth(node: Host) -> None:
    """On nodes that are finished nothing would change; on a bare one everything, and nothing is done."""
    variables = {"conduit_connect_seconds": 7, "certificate_authority_certificate_days": 400}
    assert set(re.findall(r"changed=(\d+)", apply("--check", "--diff", **variables))) == {"0"}
    enter(["conduit", "certificate_authority"], "absent")
    said = apply("--check", "--diff", "--limit=conduit")
    assert re.findall(r"changed=(\d+)", said) != ["0"]
    assert not node.file(FILES).exists
    assert not node.file("/etc/netfs-conduit").exists
