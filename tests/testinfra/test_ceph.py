# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A CephFS of three hosts: what a client gets, what it survives, how it grows and shrinks, what it keeps to itself."""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import nfs
import pytest
import secrets_of
import smb
from conftest import reach
from nfs import checksum, put, write
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.module_utils._ceph import Ceph, asked, faults
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer

MOUNT = "/mnt/media"
# The three of the cluster, and the client
*HOSTS, FOURTH = json.loads(os.environ["NETFS_HOSTS"])
FIRST, SECOND, THIRD = HOSTS
EXPECTED = {
    "monitors": HOSTS,
    "managers": HOSTS[:2],
    "metadata_servers": HOSTS[:2],
    "hosts": HOSTS,
    "filesystem": "cephfs",
}
SUBINTERPRETER = """
import _interpreters
interpreter = _interpreters.create("legacy")
failure = _interpreters.exec(interpreter, "import bcrypt")
print(failure.formatted if failure else "")
"""


@pytest.fixture(scope="session")
def nodes(node: Host, sockets: str) -> dict[str, Host]:
    """Return the hosts of the cluster by their names."""
    return {FIRST: node, SECOND: reach("NETFS_NODE_2", sockets), THIRD: reach("NETFS_NODE_3", sockets)}


def on(node: Host) -> Callable[[Sequence[str], float], Answer]:
    """Return what runs a program on a node."""

    def run(argv: Sequence[str], seconds: float) -> Answer:
        done = node.run("timeout %s " + " ".join(shlex.quote(word).replace("%", "%%") for word in argv), str(seconds))
        return Answer(done.rc, done.stdout, done.stderr)

    return run


def wait_until_whole(node: Host, seconds: float = 120, expected: dict[str, Any] | None = None) -> None:
    """Wait until the cluster has no faults."""
    began = time.monotonic()
    while found := faults(asked(Ceph(on(node))), expected or EXPECTED):
        assert time.monotonic() - began < seconds, found
        time.sleep(1)


def play(*words: str, refused: bool = False) -> str:
    """Run a playbook of the scenario on its hosts."""
    said: str = secrets_of.play(*secrets_of.inventory(), *words, refused=refused)
    return said


def apply(refused: bool = False, **variables: object) -> str:
    """Apply the role with other variables."""
    said = play(
        "--limit=storage_1:storage_2:storage_3",
        f"--extra-vars={json.dumps(variables)}",
        "molecule/ceph/converge.yml",
        refused=refused,
    )
    return " ".join(said.split())


def enter(entry: str, hosts: str = ":".join(HOSTS), refused: bool = False, **variables: object) -> str:
    """Run an entry point of the role."""
    extra = {"entry": entry, "entry_hosts": hosts, **variables}
    said = play(f"--extra-vars={json.dumps(extra)}", "molecule/ceph/entry.yml", refused=refused)
    return " ".join(said.split())


def rights(node: Host, client: str) -> dict[str, str]:
    """Return the rights of a client."""
    (entry,) = json.loads(node.check_output("ceph auth get client.%s --format json", client))
    found: dict[str, str] = entry["caps"]
    return found


# What it is


def test_daemons_run_and_survive_a_reboot(nodes: dict[str, Host]) -> None:
    for number, (name, host) in enumerate(nodes.items()):
        kinds = [("mon", name), ("osd", str(number)), *([("mgr", name), ("mds", name)] if number < 2 else [])]
        for kind, daemon in kinds:
            service = host.service(f"ceph-{kind}@{daemon}")
            assert service.is_running, host.check_output("journalctl -n 50 --no-pager -u ceph-%s@%s", kind, daemon)
            assert service.is_enabled


def test_cluster_is_whole(node: Host) -> None:
    assert faults(asked(Ceph(on(node))), EXPECTED) == []


def test_managers_have_no_module_that_failed(node: Host) -> None:
    known = asked(Ceph(on(node)))["cluster"]
    assert known["health"]["errors"] == {}
    assert known["health"]["warnings"] == {}


def test_endpoint(endpoint: dict[str, Any], node: Host) -> None:
    assert (endpoint["service"], endpoint["protocol"], endpoint["port"]) == ("ceph", "fuse", 3300)
    assert (endpoint["filesystem"], endpoint["path"], endpoint["user"]) == ("cephfs", "/media", "media")
    assert endpoint["monitors"].count("v2:") == 3
    assert endpoint["fsid"] == node.check_output("ceph fsid")
    assert endpoint["durability"] == "remote-durable"
    assert endpoint["redundancy"] == {"replicas": 3, "data_pool": "ec", "k": 2, "m": 1}
    keyring = node.file(endpoint["secret"])
    assert (keyring.mode, keyring.user) == (0o600, "root")


def test_settings_are_read_as_they_were_written(node: Host) -> None:
    wanted = {
        "mon_lease": "1.500000",
        "mds_beacon_grace": "10.000000",
        "mds_beacon_mon_down_grace": "10",
        "osd_pool_default_size": "3",
    }
    shown = json.loads(node.check_output("ceph daemon mon.%s config show", FIRST))
    assert {name: shown[name] for name in wanted} == wanted


# What a client gets


def test_client_writes_erasure_coded_files(client: Host) -> None:
    wrote = write(client, f"{MOUNT}/file", 16)
    client.check_output("sh -c %s", "echo 3 > /proc/sys/vm/drop_caches || true")
    assert checksum(client, f"{MOUNT}/file") == wrote
    layout = "import os; print(os.getxattr('/mnt/media/file', 'ceph.file.layout.pool').decode())"
    assert client.check_output("python3 -c %s", layout) == "cephfs_data_ec2_1"


def test_client_has_the_least_rights(node: Host, client: Host) -> None:
    """They are those that `ceph fs authorize` gives, and one that may read may not write."""
    for name, access in (("media", "rw"), ("reader", "r")):
        node.check_output("ceph fs authorize cephfs client.compared /media %s", access)
        assert rights(node, name) == rights(node, "compared")
        node.check_output("ceph auth rm client.compared")
    keyring = "/etc/ceph/ceph.client.reader.keyring"
    put(client, keyring, node.file(keyring).content_string)
    client.check_output("mkdir -p /mnt/reader && chmod 0600 %s", keyring)
    client.check_output("timeout 60 ceph-fuse --id=reader --client_mountpoint=/media /mnt/reader")
    try:
        assert client.file("/mnt/reader/file").exists
        assert client.run("touch /mnt/reader/other").rc != 0
        assert client.run("timeout 20 ceph --id media --connect-timeout 5 auth ls").rc != 0
    finally:
        client.check_output("umount /mnt/reader && rmdir /mnt/reader && rm %s", keyring)


def test_active_manager_tells_metrics(nodes: dict[str, Host], endpoint: dict[str, Any]) -> None:
    active = asked(Ceph(on(nodes[FIRST])))["cluster"]["managers"]["active"]
    url = re.sub(r"//[^:]+:", "//127.0.0.1:", endpoint["metrics"]["url"])
    ask = f"import urllib.request; print(urllib.request.urlopen({url!r}, timeout=10).read().decode())"
    assert "ceph_health_status" in nodes[active].check_output("python3 -c %s", ask)
    waiting = next(name for name in HOSTS[:2] if name != active)
    assert nodes[waiting].run("python3 -c %s", ask).rc != 0


# What it survives


def serving(known: dict[str, Any], kind: str) -> tuple[str, str]:
    """Return the host and the name of the daemon of a kind that serves."""
    if kind == "osd":
        return FIRST, "0"
    host: str = {
        "mon": known["leader"],
        "mgr": known["managers"]["active"],
        "mds": known["filesystems"]["cephfs"]["active"][0],
    }[kind]
    return host, host


@pytest.mark.parametrize("kind", ["mon", "mgr", "osd", "mds"])
def test_daemon_that_is_killed_comes_back(nodes: dict[str, Host], client: Host, kind: str) -> None:
    """Bytes that were acknowledged are there, more can be written meanwhile, and nobody has to do anything."""
    host, name = serving(asked(Ceph(on(nodes[FIRST])))["cluster"], kind)
    pid = "systemctl show --property=MainPID --value ceph-%s@%s"
    wrote = write(client, f"{MOUNT}/before-{kind}")
    process = nodes[host].check_output(pid, kind, name)
    nodes[host].check_output("kill -9 %s", process)
    meanwhile = write(client, f"{MOUNT}/meanwhile-{kind}")
    wait_until_whole(nodes[FIRST])
    assert checksum(client, f"{MOUNT}/before-{kind}") == wrote
    assert checksum(client, f"{MOUNT}/meanwhile-{kind}") == meanwhile
    assert nodes[host].check_output(pid, kind, name) not in (process, "0")


def test_health_names_what_is_wrong(nodes: dict[str, Host]) -> None:
    nodes[THIRD].check_output("systemctl stop ceph-osd@2 ceph-mon@%s", THIRD)
    try:
        said = enter("health", refused=True)
        assert f"ceph is not healthy: monitors out of quorum: {THIRD}; OSDs down: osd.2 of {THIRD}" in said
    finally:
        nodes[THIRD].check_output("systemctl start ceph-mon@%s ceph-osd@2", THIRD)
    wait_until_whole(nodes[FIRST])


def test_all_hosts_stop_and_start(nodes: dict[str, Host], client: Host) -> None:
    wrote = write(client, f"{MOUNT}/kept")
    enter("stop")
    assert nodes[SECOND].run("timeout 20 python3 /usr/local/lib/netfs-ceph/probe.py").rc != 0
    enter("start")
    wait_until_whole(nodes[FIRST])
    assert checksum(client, f"{MOUNT}/kept") == wrote


def test_cold_cluster_serves_the_same_bytes(nodes: dict[str, Host], client: Host) -> None:
    wrote = write(client, f"{MOUNT}/read", 16)
    processes = "pgrep -a 'ceph-(osd|mds)' | sort"
    before = [host.check_output(processes) for host in nodes.values()]
    enter("cold")
    assert not set(before) & {host.check_output(processes) for host in nodes.values()}
    assert checksum(client, f"{MOUNT}/read") == wrote


def test_upgrade_with_nothing_newer_restarts_nothing(nodes: dict[str, Host]) -> None:
    processes = "pgrep -a ceph- | sort"
    before = [host.check_output(processes) for host in nodes.values()]
    enter("upgrade")
    assert [host.check_output(processes) for host in nodes.values()] == before
    assert "noout" not in nodes[FIRST].check_output("ceph osd dump")


def test_host_more_and_less(node: Host, client: Host) -> None:
    """The client becomes the fourth host, with its mount, and then is a client again."""
    four = [*HOSTS, FOURTH]
    wrote = write(client, f"{MOUNT}/moved", 32)
    enter("join", FOURTH, ceph_hosts=four)
    wait_until_whole(node, expected={**EXPECTED, "hosts": four})
    assert checksum(client, f"{MOUNT}/moved") == wrote

    enter("leave", FOURTH, ceph_hosts=four)
    wait_until_whole(node)
    assert FOURTH not in node.check_output("ceph osd tree")
    assert checksum(client, f"{MOUNT}/moved") == wrote
    assert client.run("systemctl is-active 'ceph-osd@*'").rc != 0
    assert not client.file("/var/lib/netfs-ceph").exists


def test_host_that_is_needed_cannot_leave(node: Host) -> None:
    said = enter("leave", THIRD, refused=True)
    assert f"{THIRD} cannot leave: 2 hosts would remain, and data is kept on 3. Nothing was changed." in said
    wait_until_whole(node)


# The other ways in


@pytest.fixture(scope="session")
def gateway(sockets: str) -> Host:
    """Return the node that serves the file system over NFS and SMB."""
    return reach("NETFS_GATEWAY", sockets)


@pytest.fixture(scope="session")
def gateway_client(sockets: str) -> Host:
    """Return the node that mounts what the gateway serves, with the clients of its kernel."""
    return reach("NETFS_GATEWAY_CLIENT", sockets)


@pytest.fixture(scope="session")
def gateways() -> dict[str, dict[str, Any]]:
    """Return the endpoints of the gateway by their services."""
    published: dict[str, dict[str, Any]] = json.loads(os.environ["NETFS_GATEWAY_ENDPOINTS"])
    return published


Ways = Callable[[str], AbstractContextManager[tuple[Host, str]]]


@pytest.fixture(scope="session")
def mounted(client: Host, gateway_client: Host, gateways: dict[str, dict[str, Any]]) -> Ways:
    """Return what mounts the file system in a way for a while: who has it then, and in which directory."""

    @contextmanager
    def mounted_by(way: str) -> Iterator[tuple[Host, str]]:
        if way == "fuse":
            yield client, MOUNT
        elif way == "smb3":
            endpoint = gateways["samba"]
            smb.log_in(gateway_client, endpoint["user"], smb.secret_file(endpoint).read_text(encoding="utf-8").strip())
            with smb.mounted(gateway_client, endpoint, endpoint["path"]) as directory:
                yield gateway_client, directory
        else:
            # a failover of the cluster takes longer than a client should have to wait for a server
            with nfs.mounted(gateway_client, gateways["ganesha"], way, "soft,timeo=600,retrans=2") as directory:
                yield gateway_client, directory

    return mounted_by


def test_endpoints_of_the_gateway(gateways: dict[str, dict[str, Any]]) -> None:
    """What a gateway acknowledges is on the disks of the cluster, so it promises what the cluster does."""
    assert {name: gateways[name]["durability"] for name in ("ganesha", "samba")} == {
        "ganesha": "remote-durable",
        "samba": "remote-durable",
    }
    assert "nfs4.2" in gateways["ganesha"]["versions"]
    assert (gateways["samba"]["versions"], gateways["samba"]["path"]) == (["smb3"], "media")


@pytest.mark.parametrize(
    "writer, reader",
    [("nfs4.2", "fuse"), ("nfs3", "smb3"), ("smb3", "nfs4.2"), ("smb3", "fuse"), ("fuse", "nfs4.2"), ("fuse", "smb3")],
)
def test_every_way_shows_the_same_bytes(client: Host, mounted: Ways, writer: str, reader: str) -> None:
    name = f"{writer}-to-{reader}"
    with mounted(writer) as (host, directory):
        wrote = write(host, f"{directory}/{name}")
    with mounted(reader) as (host, directory):
        assert checksum(host, f"{directory}/{name}") == wrote
        host.check_output("rm %s", f"{directory}/{name}")
    assert not client.file(f"{MOUNT}/{name}").exists


def test_what_one_way_changes_the_others_see_at_once(client: Host, mounted: Ways) -> None:
    """Neither Ganesha nor Samba keeps what it has seen: a client that opens a file anew reads what is there."""
    with mounted("nfs4.2") as (host, directory):
        for text in ("one", "another", "a third"):
            client.check_output("sh -c %s", f"printf %s {shlex.quote(text)} > {MOUNT}/changing")
            assert host.check_output("cat %s", f"{directory}/changing") == text
    client.check_output("rm %s", f"{MOUNT}/changing")


@pytest.mark.parametrize("way, unit", [("nfs4.2", "netfs-ganesha"), ("smb3", "netfs-samba")])
def test_acknowledged_bytes_outlive_the_gateway(
    client: Host, gateway: Host, mounted: Ways, way: str, unit: str
) -> None:
    with mounted(way) as (host, directory):
        wrote = write(host, f"{directory}/killed-{unit}")
        gateway.check_output("systemctl kill --signal=KILL %s", unit)
        assert checksum(client, f"{MOUNT}/killed-{unit}") == wrote
    began = time.monotonic()
    while gateway.run("/usr/local/lib/%s/probe", unit).rc:
        assert time.monotonic() - began < 90, nfs.journal(gateway, unit)
        time.sleep(1)
    client.check_output("rm %s", f"{MOUNT}/killed-{unit}")


def test_daemon_of_the_cluster_dies_under_the_gateway(nodes: dict[str, Host], client: Host, mounted: Ways) -> None:
    host, name = serving(asked(Ceph(on(nodes[FIRST])))["cluster"], "mds")
    with mounted("nfs4.2") as (writer, directory):
        process = nodes[host].check_output("systemctl show --property=MainPID --value ceph-mds@%s", name)
        nodes[host].check_output("kill -9 %s", process)
        wrote = write(writer, f"{directory}/meanwhile")
        assert checksum(client, f"{MOUNT}/meanwhile") == wrote
    wait_until_whole(nodes[FIRST])
    client.check_output("rm %s", f"{MOUNT}/meanwhile")


def test_health_of_a_gateway(gateway: Host) -> None:
    assert "failed=0" in play("--extra-vars=entry=health", "molecule/ceph/gateway.yml")
    gateway.check_output("systemctl stop netfs-ganesha")
    said = play("--extra-vars=entry=health", "molecule/ceph/gateway.yml", refused=True)
    gateway.check_output("systemctl start netfs-ganesha")
    assert "ganesha is not healthy: netfs-ganesha.service does not run; a client answered:" in " ".join(said.split())


def test_keys_of_the_gateway_have_the_least_rights(node: Host, gateway: Host) -> None:
    for name, path, unit in (("nfs", "/media", "netfs-ganesha"), ("smb", "/", "netfs-samba")):
        node.check_output("ceph fs authorize cephfs client.compared %s rw", path)
        assert rights(node, name) == rights(node, "compared")
        node.check_output("ceph auth rm client.compared")
        keyring = gateway.file(f"/etc/{unit}/ceph.keyring")
        assert (keyring.mode, keyring.user) == (0o600, "root")
        assert re.findall(r"^\[(.*)\]", keyring.content_string, re.MULTILINE) == [f"client.{name}"]


def test_cold_gateway_serves_the_same_bytes(client: Host, mounted: Ways) -> None:
    wrote = write(client, f"{MOUNT}/cold")
    said = play("--extra-vars=entry=cold", "molecule/ceph/gateway.yml")
    assert "failed=0" in said
    with mounted("nfs4.2") as (host, directory):
        assert checksum(host, f"{directory}/cold") == wrote
    client.check_output("rm %s", f"{MOUNT}/cold")


@pytest.mark.parametrize(
    "variables, message",
    [
        (
            {"ganesha_exports": [{"path": "/other", "ceph_client": "nfs"}]},
            "client nfs may use /media and what is below",
        ),
        ({"ganesha_exports": [{"path": "/media", "ceph_client": "reader"}]}, "this client may only read"),
        ({"ganesha_exports": [{"path": "/media", "ceph_client": "nsf"}]}, "the endpoint has no such client"),
        ({"ganesha_exports": [{"path": "/media/none", "ceph_client": "nfs"}]}, "client.nfs cannot open /media/none"),
        ({"ganesha_ceph_endpoint": {}}, "it has no monitors"),
        ({"samba_shares": [{"name": "x", "path": "/media", "ceph_client": "nfs"}]}, "client nfs may use /media"),
        ({"samba_shares": [{"name": "x", "path": "/none", "ceph_client": "smb"}]}, "client.smb cannot open /none"),
        ({"samba_shares": [{"name": "x", "path": "/media", "ceph_client": "smb", "mode": "0700"}]}, "mode of a share"),
    ],
)
def test_what_a_gateway_cannot_serve_is_refused(gateway: Host, variables: dict[str, Any], message: str) -> None:
    everything = "find /etc /usr/local -xdev -type f -size -1M -exec sha256sum '{}' + | sort"
    before = gateway.check_output(everything)
    said = play(f"--extra-vars={json.dumps(variables)}", "molecule/ceph/gateway.yml", refused=True)
    assert message in " ".join(said.split())
    assert gateway.check_output(everything) == before


# What is refused


@pytest.mark.parametrize(
    "variables, message",
    [
        ({"ceph_monitors": HOSTS[:2]}, "2 monitors survive no more failures than one less"),
        ({"ceph_replicas": 4}, "ceph_replicas: 4 cannot be used: each copy is on a host of its own, and there are 3"),
        ({"ceph_ec_k": 3}, "ceph_ec_k: 3 and ceph_ec_m: 1 cannot be used"),
        ({"ceph_mds_beacon_grace_seconds": 8}, "with less than 10 no metadata server ever takes over"),
        ({"ceph_hosts": [*HOSTS, "another"]}, "another of ceph_hosts is not in this play"),
        ({"ceph_osd_size_gb": 900000}, "Free space there, or see ceph_osd_size_gb"),
    ],
)
def test_what_cannot_be_is_refused(nodes: dict[str, Host], variables: dict[str, Any], message: str) -> None:
    everything = "find /etc /usr/local /var/lib/netfs-ceph -xdev -type f -size -1M -exec sha256sum '{}' + | sort"
    before = [host.check_output(everything) for host in nodes.values()]
    assert message in apply(refused=True, **variables)
    assert [host.check_output(everything) for host in nodes.values()] == before


def test_host_of_another_cluster_is_refused(nodes: dict[str, Host]) -> None:
    """As when somebody reinstalled the host, and the play is run once more."""
    host = nodes[THIRD]
    config = host.file("/etc/ceph/ceph.conf").content_string
    host.check_output("sed -i -e '1s/.*/# another/' -e 's/^fsid = .*/fsid = %s/' /etc/ceph/ceph.conf", "0" * 8)
    try:
        assert f"{THIRD} belongs to the Ceph cluster 00000000" in apply(refused=True)
    finally:
        put(host, "/etc/ceph/ceph.conf", config)


# What it keeps to itself


@pytest.fixture(scope="session")
def keys(node: Host) -> list[str]:
    """Return every key of the cluster."""
    found = re.findall(r"key: (\S+)", node.check_output("ceph auth ls 2>/dev/null"))
    assert len(found) > 8
    return [*found, *json.loads(node.file("/var/lib/netfs-ceph/secrets/identity.json").content_string)["keys"].values()]


def test_keys_are_nowhere_to_be_seen(nodes: dict[str, Host], gateway: Host, keys: list[str]) -> None:
    for unit in ("netfs-ganesha", "netfs-samba"):
        shown = secrets_of.shown_by(gateway, unit)
        assert "ganesha.nfsd" in shown["processes"]
        assert [place for place, text in shown.items() if any(key in text for key in keys)] == []
    for name, host in nodes.items():
        shown = secrets_of.shown_by(host, f"ceph-mon@{name}")
        assert "ceph-osd" in shown["processes"]
        assert [place for place, text in shown.items() if any(key in text for key in keys)] == []


def test_check_mode_changes_nothing_and_shows_no_key(keys: list[str]) -> None:
    said = play("--check", "--diff", "-vvv", "--limit=!client", "molecule/ceph/converge.yml")
    assert "Take over the identity of the cluster" in said
    assert re.findall(r"changed=(\d+)", said) == ["0"] * (len(HOSTS) + 1)  # with the gateway
    assert [key for key in keys if secrets_of.told(key, said)] == []


def test_debian_still_needs_the_stand_in_for_bcrypt(node: Host) -> None:
    """Fails when Debian's bcrypt can be loaded by ceph-mgr: then bcrypt.py and PYTHONPATH of this role have to go."""
    assert "subinterpreter" in node.check_output("python3 -c %s", SUBINTERPRETER)
    environment = node.check_output("systemctl show --property=Environment ceph-mgr@%s", FIRST)
    assert "PYTHONPATH=/usr/local/lib/netfs-ceph/python" in environment
