# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the variables of role ceph come to, and its probe against daemons that answer this and that."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rendering import ROLES, rendered

HOSTS = ["one", "two", "three", "four"]
NUMBERED = {name: {"address": f"192.0.2.{number}", "osd": number} for number, name in enumerate(HOSTS)}
KNOWN = {
    "ceph_hosts": HOSTS[:3],
    "ceph_address": "192.0.2.9",
    "__ceph_here": {"daemons": {"osd": []}},
    "__ceph_proposed": {"identity": {"fsid": "f", "keys": {}, "hosts": NUMBERED}},
}


def of(template: str, host: str = "one", **variables: Any) -> Any:
    return rendered(template, "ceph", **{**KNOWN, "inventory_hostname": host, **variables})


@pytest.mark.parametrize(
    "hosts, monitors, replicas",
    [(1, ["one"], 1), (2, ["one"], 2), (3, HOSTS[:3], 3), (4, HOSTS[:3], 3)],
)
def test_what_each_number_of_hosts_gets(hosts: int, monitors: list[str], replicas: int) -> None:
    assert of("{{ ceph_monitors }}", ceph_hosts=HOSTS[:hosts]) == monitors
    assert of("{{ ceph_replicas }}", ceph_hosts=HOSTS[:hosts]) == replicas
    assert of("{{ ceph_managers }}", ceph_hosts=HOSTS[:hosts]) == HOSTS[: min(hosts, 2)]


@pytest.mark.parametrize(
    "host, units",
    [
        ("one", ["ceph-mon@one.service", "ceph-mgr@one.service", "ceph-osd@0.service", "ceph-mds@one.service"]),
        ("three", ["ceph-mon@three.service", "ceph-osd@2.service"]),
        ("four", ["ceph-osd@3.service"]),
    ],
)
def test_units(host: str, units: list[str]) -> None:
    assert of("{{ __ceph_units }}", host, ceph_hosts=HOSTS) == units


def test_a_host_keeps_the_osd_that_it_has() -> None:
    assert of("{{ __ceph_osd }}", __ceph_here={"daemons": {"osd": ["7"]}}) == "7"


@pytest.mark.parametrize(
    "variables, promise",
    [
        ({}, "remote-durable"),
        ({"ceph_replicas": 2}, "remote-durable"),
        ({"ceph_replicas": 1}, "local-durable"),
        ({"ceph_hosts": ["one"]}, "local-durable"),
    ],
)
def test_a_promise_is_never_more_than_is_kept(variables: dict[str, Any], promise: str) -> None:
    template = "{{ __ceph_service.durability }}"
    here = {"daemons": {"osd": []}, "fsid": "f", "mon_host": ""}
    assert of(template, __ceph_here=here, **variables).strip() == promise


def test_addresses_of_the_monitors() -> None:
    said = of("{{ __ceph_conf['global'].mon_host }}")
    one, two, three = (f"[v2:192.0.2.{n}:3300,v1:192.0.2.{n}:6789]" for n in range(3))
    assert said.strip() == f"{one},{two},{three}"


def test_the_first_host_that_knows_the_cluster_is_asked() -> None:
    """In the order of the monitors, which sets would not keep."""
    hosts = [f"host-{number}" for number in range(9)]
    told = {name: {"__ceph_own": {"known": name in ("host-3", "host-5")}} for name in hosts}
    known = {"ceph_hosts": hosts, "ceph_monitors": hosts, "ansible_play_hosts": hosts, "hostvars": told}
    assert of("{{ __ceph_admin }}", **known) == "host-3"
    assert of("{{ __ceph_admin }}", __ceph_leaving=["host-3"], **known) == "host-5"
    nobody = {name: {"__ceph_own": {"known": False}} for name in hosts}
    assert of("{{ __ceph_admin }}", **{**known, "hostvars": nobody}) == "host-0"
    assert of("{{ __ceph_speaker }}", **{**known, "ansible_play_hosts": ["host-8"]}).strip() == "host-8"


# The probe


@contextmanager
def daemon(path: Path, answer: bytes) -> Iterator[None]:
    """Play the admin socket of a daemon, once."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def serve() -> None:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(5)


def told(document: Any) -> bytes:
    text = json.dumps(document).encode()
    return struct.pack(">I", len(text)) + text


@pytest.fixture
def probe(tmp_path: Path) -> Path:
    """Return the probe of a host with a monitor, whose sockets are in a directory of the test."""
    template = (ROLES / "ceph/templates/probe.j2").read_text(encoding="utf-8")
    script = of(template, __ceph_daemons=[["mon", "a"]], ansible_managed="x")
    path = tmp_path / "probe"
    path.write_text(script.replace("/run/ceph/", f"{tmp_path}/"))
    return path


def run(probe: Path, *kinds: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(probe), *kinds], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    "answer, code, fault",
    [
        (told({"state": "leader"}), 0, ""),
        (told({"state": "peon"}), 0, ""),
        # a restart would only let it begin again
        (told({"state": "probing"}), 75, "mon.a is probing"),
        (told({"state": "shutdown"}), 1, "mon.a is shutdown"),
        (told({}), 1, "mon.a is None"),
        (b"", 1, "mon.a does not answer: unpack requires a buffer of 4 bytes"),
        (struct.pack(">I", 9) + b"no", 1, "mon.a does not answer: Expecting value: line 1 column 1 (char 0)"),
    ],
)
def test_probe_tells_who_serves(probe: Path, answer: bytes, code: int, fault: str) -> None:
    with daemon(probe.parent / "ceph-mon.a.asok", answer):
        assert run(probe) == (code, fault)


def test_one_daemon_that_is_dead_is_not_coming_up(probe: Path) -> None:
    probe.write_text(probe.read_text().replace('[["mon", "a"]]', '[["mon", "a"], ["osd", "0"]]'))
    with daemon(probe.parent / "ceph-mon.a.asok", told({"state": "electing"})):
        code, said = run(probe)
    assert (code, said.splitlines()[0]) == (1, "mon.a is electing")


def test_probe_of_a_daemon_that_is_not_there(probe: Path) -> None:
    assert run(probe) == (1, "mon.a does not answer: [Errno 2] No such file or directory")


def test_probe_of_other_kinds_asks_nobody(probe: Path) -> None:
    assert run(probe, "osd") == (0, "")
