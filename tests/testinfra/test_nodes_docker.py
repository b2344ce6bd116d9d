# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tests of the nodes themselves, as the role nodes_docker made them.

By hand, with nodes that no role was applied to yet:
   NETFS_BENCH_INSTALLATION=netfs-bench pytest tests/testinfra/test_nodes_docker.py
The installation tells everything: its containers are found by label, and the labels say how to reach each node.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import testinfra
from nasty import PATH_LIST
from testinfra.host import Host

from ansible_collections.netfs.bench.plugins.plugin_utils._ssh import to_ssh_option
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import (
    to_environment_file,
    to_systemd_exec,
    to_systemd_line,
    to_systemd_word,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._url import to_url_host

INSTALLATION = os.environ.get("NETFS_BENCH_INSTALLATION") or "netfs-bench"
DATA = "/export"


def docker(*arguments: str) -> str:
    """Return what the Docker client prints."""
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def containers() -> list[dict[str, Any]]:
    """Return every container of the installation, running or not."""
    found = docker("ps", "--all", "--quiet", "--filter", f"label=netfs.bench.installation={INSTALLATION}").split()
    inspected: list[dict[str, Any]] = json.loads(docker("inspect", *found)) if found else []
    return inspected


def archive_of(path: Path) -> bytes:
    """Return a zip archive that holds one file."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.write(path, path.name)
    return stream.getvalue()


class Node:
    """One node: its container and the way into it."""

    def __init__(self, container: dict[str, Any]) -> None:
        self.container = container
        self.labels: dict[str, str] = container["Config"]["Labels"]
        self.name = self.labels["netfs.bench.node"]
        self.kernel = self.labels["netfs.bench.kernel"]
        self.address = self.labels["netfs.bench.address"]
        self.hostname: str = container["Config"]["Hostname"]
        sites = self.labels.get("netfs.bench.sites", "").split(",")
        # by site, or one for the only network
        self.addresses = dict(
            zip(sites, self.labels.get("netfs.bench.addresses", self.address).split(","), strict=True)
        )
        self.state = Path(self.labels["netfs.bench.state"])

    def host(self) -> Host:
        """Return the node itself: by ssh where `docker exec` would land beside the guest."""
        if self.kernel == "host":
            return testinfra.get_host(f"docker://{self.container['Name'].lstrip('/')}")
        options = {"IdentityFile": self.state / "id_ed25519", "UserKnownHostsFile": self.state / "known_hosts"}
        return testinfra.get_host(
            f"ssh://root@{to_url_host(self.address)}?timeout=30",
            ssh_extra_args=to_ssh_option({name: str(path) for name, path in options.items()}),
        )

    def meets(self, other: Node) -> list[str]:
        """Return the addresses of another node in the networks that both have a leg in."""
        return [address for site, address in other.addresses.items() if site in self.addresses]

    def resolves(self, other: Node) -> list[str]:
        """Return the addresses by which it knows the name of another node."""
        lines = self.host().run("getent ahosts %s", other.hostname).stdout.splitlines()
        return list(dict.fromkeys(line.split()[0] for line in lines))


NODES = [Node(container) for container in containers()]


def test_there_are_nodes() -> None:
    """Without nodes every other test here would pass unseen."""
    assert NODES, f"no container carries the label netfs.bench.installation={INSTALLATION}"


@pytest.fixture(params=NODES, ids=lambda node: node.name)
def each(request: pytest.FixtureRequest) -> Node:
    """Return one node after the other."""
    node: Node = request.param
    return node


def test_image_lists_its_packages(each: Node) -> None:
    """Every package that the image brought is in its bill of materials, with the version that is installed."""
    image = each.container["Image"]
    bill = json.loads(docker("run", "--rm", "--entrypoint=cat", image, "/usr/share/netfs-bench/sbom.cdx.json"))
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    query = ["dpkg-query", "--show", "--showformat=${Package} ${Version}\n"]
    installed = docker("run", "--rm", f"--entrypoint={query[0]}", image, *query[1:]).splitlines()
    assert {tuple(line.split()) for line in installed} - listed == set()
    assert "systemd" in {name for name, _version in listed}


def test_container_runs(each: Node) -> None:
    """A node is a running container without the run of the machine."""
    assert each.container["State"]["Running"]
    assert not each.container["HostConfig"]["Privileged"]


def test_limits(each: Node) -> None:
    """The limits are set and leave no swap to escape to."""
    limits = each.container["HostConfig"]
    assert limits["NanoCpus"] > 0
    assert limits["Memory"] > 0
    assert limits["MemorySwap"] == limits["Memory"]


def test_booted(each: Node) -> None:
    """systemd is up and no unit failed."""
    host = each.host()
    assert host.run("systemctl is-system-running --wait").stdout.strip() == "running", host.check_output(
        "systemctl --failed --no-pager"
    )


def test_archives_are_compiled_once(each: Node, tmp_path: Path) -> None:
    """A task finds the code of an archive as an earlier one left it; a damaged or foreign file is not believed."""
    host = each.host()
    (tmp_path / "part.py").write_text("def where(): raise RuntimeError\nvalue = 1\n")
    program = "import part, sys; print(part.value, part.where.__code__.co_filename)"
    cache = "/var/cache/zipimport"
    packed = b64encode(archive_of(tmp_path / "part.py")).decode()
    before = int(host.check_output(f"find {cache} -type f | wc -l"))
    for name in ("one", "two"):
        host.check_output(f"echo {packed} | base64 -d > /tmp/{name}.zip")
        said = host.check_output(f"PYTHONPATH=/tmp/{name}.zip python3 -c %s", program)
        assert said == f"1 /tmp/{name}.zip/part.py"
    assert int(host.check_output(f"find {cache} -type f | wc -l")) == before + 1
    assert host.check_output(f"stat -c %a:%U {cache}/*") == "700:root"
    host.check_output(f'f=$(ls -t {cache}/*/* | head -n 1) && : > "$f"')
    assert host.check_output("PYTHONPATH=/tmp/one.zip python3 -c %s", program) == "1 /tmp/one.zip/part.py"
    host.check_output(f"rm /tmp/one.zip /tmp/two.zip $(ls -td {cache}/*/* | head -n 1)")


def test_kernel(each: Node) -> None:
    """A node has the kernel that was asked for."""
    host = each.host()
    own = host.check_output("uname -r") != os.uname().release
    assert own == (each.kernel == "own")
    assert (host.run("systemd-detect-virt").stdout.strip() == "uml") == (each.kernel == "own")


def test_kernel_of_its_own_has_the_clients(each: Node) -> None:
    """NFS and SMB can be mounted, and NFS served, whatever the machine's kernel has."""
    if each.kernel != "own":
        pytest.skip("runs on the machine's kernel")
    host = each.host()
    assert host.run("modprobe -a nfs nfsv4 cifs nfsd").rc == 0
    filesystems = host.check_output("cat /proc/filesystems").split()
    assert {"nfs", "nfs4", "cifs", "nfsd"} <= set(filesystems)


def test_memory_of_a_guest_is_within_the_limit(each: Node) -> None:
    """A guest that believed to have more memory than its container would be killed."""
    if each.kernel != "own":
        pytest.skip("sees the machine's memory")
    total = int(each.host().check_output("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024
    assert total < each.container["HostConfig"]["Memory"]


def test_address_and_peers(each: Node) -> None:
    """Every node has its addresses and reaches every other with which it shares a network, by address and by name."""
    host = each.host()
    addresses = [word.partition("/")[0] for word in host.check_output("ip -brief addr show scope global").split()]
    assert set(each.addresses.values()) <= set(addresses)
    # of one family alone, whatever Docker has handed out
    assert {":" in address for address in addresses if re.match("[0-9a-f]+[.:]", address)} == {":" in each.address}
    for other in NODES:
        for address in each.meets(other):
            assert host.run(f"ping -c 1 -W 5 {address}").rc == 0
        if shared := each.meets(other):
            assert each.resolves(other)[0] in shared


def test_sites_do_not_reach_each_other(each: Node) -> None:
    """Names are known everywhere; there is no way from one site to another, and none through the node between."""
    others = [other for other in NODES if not each.meets(other)]
    if not others:
        pytest.skip("shares a network with every other node")
    host = each.host()
    between = [node for node in NODES if each.meets(node) and others[0].meets(node)]
    assert between
    for other in others:
        assert host.run(f"ping -n -c 1 -W 1 {other.address}").rc == 1
        assert host.run(f"timeout 2 bash -c 'exec 3<> /dev/tcp/{other.address}/22'").rc != 0
        assert each.resolves(other)[0] in other.addresses.values()
        for node in between:
            (gateway,) = each.meets(node)
            host.check_output(f"ip route add {other.address} via {gateway}")
            try:
                assert host.run(f"ping -n -c 1 -W 1 {other.address}").rc == 1
            finally:
                host.check_output(f"ip route del {other.address} via {gateway}")


def test_a_line_is_as_slow_as_was_asked_for(each: Node) -> None:
    """What leaves a node between sites takes its time on every leg, and nothing else does."""
    words = dict(line.partition("=")[::2] for line in each.container["Config"]["Env"]).get("NODE_WAN", "").split()
    shown = each.host().check_output("tc qdisc show")
    assert shown.count("netem") == (len(each.addresses) if words else 0)
    if "delay" in words:
        delay = float(words[words.index("delay") + 1].removesuffix("ms"))
        for other in NODES:
            for address in each.meets(other) if other.name != each.name else ():
                said = each.host().check_output(f"ping -n -q -c 3 -i 0.2 {address}")
                assert delay <= float(said.rpartition(" = ")[2].split("/")[0]) < 2 * delay


def test_names_survive_a_restart(each: Node) -> None:
    """Docker writes /etc/hosts anew; a node that was made later than this one is still known."""
    host = each.host()
    if each.kernel != "host" or not host.file("/etc/hosts.nodes").exists:
        pytest.skip("was made together with all that it knows")
    known = {other.name: each.resolves(other) for other in NODES}
    size = host.file("/etc/hosts").size
    docker("restart", each.container["Name"].lstrip("/"))
    host.run("systemctl is-system-running --wait")
    assert {other.name: each.resolves(other) for other in NODES} == known
    assert host.file("/etc/hosts").size == size


def test_data_is_on_a_volume(each: Node) -> None:
    """Data does not lie on the layers of the container, whose copying would be measured too."""
    if not any(mount["Type"] == "volume" for mount in each.container["Mounts"]):
        pytest.skip("keeps no data")
    kind = each.host().check_output(f"stat --file-system --format=%T {DATA}")
    assert kind not in ("overlayfs", "UNKNOWN (0xc0ffee)")
    assert each.host().mount_point(DATA).exists


def test_bare(each: Node) -> None:
    """Nothing serves before a role says so, and packages may start their services again."""
    host = each.host()
    assert not host.file("/usr/sbin/policy-rc.d").exists
    assert not host.socket("tcp://0.0.0.0:111").is_listening
    assert not host.socket("tcp://0.0.0.0:2049").is_listening


def test_packages_can_be_installed(each: Node) -> None:
    """apt has lists and finds a package in them."""
    assert each.host().run("apt-cache show nfs-ganesha").rc == 0


LOSE_A_SIGNAL = """
import ctypes, os, signal
SEIZE, CONT, DETACH, WALL = 0x4206, 7, 17, 0x40000000
ptrace = ctypes.CDLL(None).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
guest = int(open("/run/uml/pid").read())
assert ptrace(SEIZE, guest, None, None) == 0
lost = False
while not lost:
    status = os.waitpid(guest, WALL)[1]
    number, event = os.WSTOPSIG(status), status >> 16
    lost = number == signal.SIGALRM and not event
    ptrace(DETACH if lost else CONT, guest, None, None if lost or event else number)
"""
"""Takes one signal of the timer away from the guest."""


def test_a_guest_whose_timer_lost_a_signal_goes_on(each: Node) -> None:
    """Its clock would stand for ever, and with it everything that waits (seen once in some hours of load)."""
    if each.kernel != "own":
        pytest.skip("has the machine's clock")
    host = each.host()
    # lost on an idle guest, the signal is not missed: the next packet sets the timer again
    host.check_output("nohup timeout 10 sh -c 'while :; do /bin/true; done' > /dev/null 2>&1 &")
    docker("exec", each.container["Name"].lstrip("/"), "timeout", "20", "python3", "-c", LOSE_A_SIGNAL)
    assert host.run("timeout 30 sleep 1").rc == 0


def test_only_the_owner_reads_the_key(each: Node) -> None:
    """The key opens every guest of the installation."""
    assert stat.S_IMODE((each.state / "id_ed25519").stat().st_mode) == 0o600
    assert stat.S_IMODE(each.state.stat().st_mode) == 0o700


# A unit whose program shows what reached it.
FOUND = "/run/netfs-values.json"
SHOW = f"import json, os, sys; json.dump([sys.argv[1:], dict(os.environ), os.getcwd()], open('{FOUND}', 'w'))"
VALUES = [
    *PATH_LIST,
    *("", "-", "--help", "~", "%n", "$HOME", "${HOME}", "$$", "was C:\\", "`id`", "a;b", "a\tb", "'", '"'),
]


def test_units_get_the_values_that_were_written(each: Node) -> None:
    """The service manager of a node hands over the very values: as arguments, in the environment, as a directory."""
    place = "/run/netfs values/100% $HOME"
    unit = [
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={to_systemd_line(place)}",
        f"ReadWritePaths={to_systemd_word(place)}",
        f"EnvironmentFile={to_systemd_line(place + '/environment')}",
        f"Environment={to_systemd_word([f'WORD{number}={value}' for number, value in enumerate(VALUES)])}",
        f"ExecStart=/usr/bin/python3 -c {to_systemd_exec([SHOW, *VALUES])}",
    ]
    lines = [*VALUES, "two\nlines"]
    environment = [f"FILE{number}={to_environment_file(value)}" for number, value in enumerate(lines)]
    host = each.host()
    host.check_output("mkdir -p %s", place)
    for path, content in ((f"{place}/environment", environment), ("/run/systemd/system/netfs-values.service", unit)):
        text = b64encode("\n".join([*content, ""]).encode()).decode()
        host.check_output("echo %s | base64 -d > %s", text, path)
    try:
        host.check_output("systemctl daemon-reload && systemctl start netfs-values.service")
        arguments, shown, directory = json.loads(host.check_output(f"cat {FOUND}"))
    finally:
        host.run(f"rm -rf '/run/netfs values' {FOUND} /run/systemd/system/netfs-values.service")
        host.run("systemctl daemon-reload")
    assert arguments == VALUES
    assert [shown[f"WORD{number}"] for number in range(len(VALUES))] == VALUES
    assert [shown[f"FILE{number}"] for number in range(len(lines))] == lines
    assert directory == place
