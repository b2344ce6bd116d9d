# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of a kernel and limits of sessions, and the file systems of disks that stand for instance stores."""

from __future__ import annotations

import json
import re

import pytest
import secrets_of
from conftest import reach
from testinfra.host import Host

FILES = ["/etc/sysctl.d/90-netfs-tuning.conf", "/etc/security/limits.d/90-netfs-tuning.conf"]
SETTINGS = {
    "fs.file-max": "1048576",
    "kernel.io_uring_disabled": "0",
    "net.core.rmem_default": "1048576",
    "net.core.rmem_max": "16777216",
    "vm.dirty_background_ratio": "10",
    "vm.dirty_ratio": "40",
    "vm.swappiness": "10",
}
EVERYTHING = "find /etc /var/lib/netfs -xdev -type f -exec sha256sum '{}' + | sort; sysctl -a 2>/dev/null | grep -E %s"
DISKS = ["/dev/loop0", "/dev/loop1", "/dev/loop2"]
TUNED = "^(fs.file-max|vm.swappiness|vm.dirty_ratio|net.core.[rw]mem)"


@pytest.fixture(scope="module")
def server(sockets: str) -> Host:
    """Return the node that may share its kernel."""
    return reach("NETFS_SERVER", sockets)


def apply(*words: str, **variables: object) -> str:
    """Apply both roles with other variables; return what was said."""
    extra = f"--extra-vars={json.dumps(variables)}"
    book = "molecule/tuning/converge.yml"
    return " ".join(secrets_of.play(*secrets_of.inventory(), *words, extra, book, ANSIBLE_FORCE_COLOR="false").split())


def remove(*roles: str, **variables: object) -> None:
    """Remove what roles did on the node."""
    extra = f"--extra-vars={json.dumps({'entry_roles': roles, 'entry': 'absent', **variables})}"
    secrets_of.play(*secrets_of.inventory(), extra, "molecule/tuning/entry.yml")


def limits(host: Host) -> dict[str, list[str]]:
    """Return soft and hard limits of a session of nobody."""
    said = host.check_output("su --shell=/bin/sh --command='cat /proc/self/limits' nobody")
    return {line[:25].strip(): line[25:].split()[:2] for line in said.splitlines()[1:]}


def content(host: Host) -> str:
    """Return the hash of what is in a file that has to last."""
    found: str = host.check_output("sha256sum /data/nvme0/kept")
    return found


# Settings


def test_kernel_has_the_settings(node: Host) -> None:
    assert {key: node.check_output("sysctl -n %s", key) for key in SETTINGS} == SETTINGS


def test_settings_come_back_at_a_boot(node: Host) -> None:
    node.check_output("sysctl -w vm.swappiness=61 vm.dirty_ratio=21")
    node.check_output("systemctl restart systemd-sysctl")
    assert node.check_output("sysctl -n vm.swappiness vm.dirty_ratio").split() == ["10", "40"]


def test_sessions_have_the_limits(node: Host) -> None:
    found = limits(node)
    assert found["Max open files"] == ["1048576", "1048576"]
    assert found["Max locked memory"] == ["unlimited", "unlimited"]


def test_what_cannot_be_is_refused_and_nothing_stays(node: Host) -> None:
    before = node.check_output(EVERYTHING, TUNED)
    secrets_of.play(*secrets_of.inventory(), "molecule/tuning/refusals.yml")
    assert node.check_output(EVERYTHING, TUNED) == before


# Disks


def test_disks_are_mounted_by_their_labels(node: Host) -> None:
    for number in (0, 1):
        mount = node.mount_point(f"/data/nvme{number}")
        assert (mount.filesystem, mount.device) == ("ext4", f"/dev/loop{number}")
        assert "noatime" in mount.options
    fstab = node.file("/etc/fstab").content_string
    options = "noatime,nodiratime,discard,nofail,x-systemd.device-timeout=10s"
    assert f"LABEL=netfs-nvme0 /data/nvme0 ext4 {options} 0 2" in fstab
    assert "has_journal" not in node.check_output("tune2fs -l /dev/loop0")


def test_check_mode_changes_nothing_and_names_what_a_container_may_not_change(node: Host, server: Host) -> None:
    node.check_output("sh -c %s", "head -c 8388608 /dev/urandom > /data/nvme0/kept && sync -f /data/nvme0/kept")
    before = content(node)
    said = apply("--check", "--diff")
    assert re.findall(r"changed=(\d+)", said) == ["0", "0"]
    assert content(node) == before
    differing = {key for key, value in SETTINGS.items() if server.check_output("sysctl -n %s", key) != value}
    named = re.findall("Not applied, because this host shares its kernel, and [^:]+: ([^\"']+)", said)
    assert bool(named) == (server.run("findmnt --options ro /proc/sys").rc == 0)
    listed = set(", ".join(named).split(", "))
    assert differing == listed & set(SETTINGS)
    assert "vm.swappiness = 10" in server.file(FILES[0]).content_string
    raised = server.run("cat %s", FILES[1]).stdout
    assert {"memlock", "nofile"} & listed == {name for name in ("memlock", "nofile") if name not in raised}


def test_disk_keeps_its_number_and_data_under_another_name(node: Host) -> None:
    """As after a boot. The one that comes instead is blank, and gets the number that is free."""
    before = content(node)
    remove("nvme")
    assert not node.file("/data/nvme0").exists
    assert "netfs-nvme" not in node.file("/etc/fstab").content_string
    node.check_output("losetup -d /dev/loop0 && losetup -d /dev/loop2 && losetup /dev/loop2 /srv/disk0")
    node.check_output("losetup /dev/loop0 /srv/disk2")
    apply("--limit=client", nvme_devices=DISKS)
    assert content(node) == before
    assert node.mount_point("/data/nvme0").device == "/dev/loop2"
    assert node.mount_point("/data/nvme2").device == "/dev/loop0"


# What is left


def test_all_goes_back_to_what_it_was(node: Host) -> None:
    known = json.loads(node.file("/var/lib/netfs/tuning.json").content_string)
    assert known["vm.swappiness"] == "60"
    remove("nvme", "tuning", nvme_devices=DISKS, nvme_remove_data=True)
    assert {key: node.check_output("sysctl -n %s", key) for key in known} == known
    assert [path for path in [*FILES, "/var/lib/netfs", "/data/nvme0"] if node.file(path).exists] == []
    assert node.run("blkid /dev/loop0 /dev/loop1 /dev/loop2").stdout == ""
    assert 'LABEL="somebody3"' in node.check_output("blkid /dev/loop3")
    said = apply("--check", "--limit=client")
    assert re.findall(r"changed=(\d+)", said) != ["0"]
    assert not node.file(FILES[0]).exists
