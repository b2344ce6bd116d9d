# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which devices may get a file system. The machine is the one of i4i.8xlarge, with a volume of EBS as its root."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.netfs.bench.plugins.module_utils._instance_store import (
    Choice,
    Device,
    Refused,
    choose,
    entries_of,
    fstab_with,
)

STORE = "Amazon EC2 NVMe Instance Storage"
BLANK: dict[str, Any] = {
    "path": "/dev/nvme1n1",
    "type": "disk",
    "size": 1875000000000,
    "model": STORE,
    "fstype": None,
    "label": None,
    "pttype": None,
    "mountpoints": [None],
    "ro": False,
}
ROOT = {
    **BLANK,
    "path": "/dev/nvme0n1",
    "model": "Amazon Elastic Block Store",
    "pttype": "gpt",
    "children": [{**BLANK, "path": "/dev/nvme0n1p1", "type": "part", "mountpoints": ["/"]}],
}
LOOP = {**BLANK, "path": "/dev/loop0", "type": "loop", "model": None}


def chosen(*devices: dict[str, Any], asked: tuple[str, ...] = ()) -> Choice:
    return choose(devices, model=STORE, asked=asked, prefix="netfs-nvme", directory="/data/nvme")


def used(path: str, number: int, *, blank: bool) -> Device:
    return Device(path, number, f"netfs-nvme{number}", f"/data/nvme{number}", 1875000000000, blank)


def test_blank_instance_stores_are_used_and_nothing_else() -> None:
    second = {**BLANK, "path": "/dev/nvme10n1", "model": f"{STORE}   "}
    third = {**BLANK, "path": "/dev/nvme2n1"}
    other = {**BLANK, "path": "/dev/sda", "model": "QEMU HARDDISK"}
    assert chosen(ROOT, second, BLANK, third, other, LOOP) == Choice(
        [
            used("/dev/nvme1n1", 0, blank=True),
            used("/dev/nvme2n1", 1, blank=True),
            used("/dev/nvme10n1", 2, blank=True),
        ],
        [],
    )


def test_a_device_keeps_its_number_whatever_it_is_called() -> None:
    ours = {**BLANK, "path": "/dev/nvme3n1", "fstype": "ext4", "label": "netfs-nvme0", "mountpoints": ["/data/nvme0"]}
    assert chosen(BLANK, ours).used == [
        used("/dev/nvme3n1", 0, blank=False),
        used("/dev/nvme1n1", 1, blank=True),
    ]


@pytest.mark.parametrize(
    ("differing", "reason"),
    [
        ({"model": "Amazon Elastic Block Store"}, "it is a volume that lasts (Amazon Elastic Block Store)"),
        ({"ro": True}, "it is read-only"),
        ({"children": [{"path": "/dev/nvme1n1p1"}]}, "it has parts (/dev/nvme1n1p1)"),
        ({"children": [{"path": "/dev/mapper/vg-a"}]}, "it has parts (/dev/mapper/vg-a)"),
        ({"pttype": "gpt"}, "it has a partition table (gpt)"),
        ({"mountpoints": ["/mnt"]}, "it is mounted at /mnt"),
        ({"mountpoints": ["[SWAP]"], "fstype": "swap"}, "it is mounted at [SWAP]"),
        ({"fstype": "xfs"}, "it holds xfs"),
        ({"fstype": "ext4", "label": "media"}, "it holds ext4 with the label media"),
        ({"fstype": "ext4", "label": "netfs-nvme007"}, "it holds ext4 with the label netfs-nvme007"),
        ({"fstype": "xfs", "label": "netfs-nvme0"}, "it holds xfs with the label netfs-nvme0"),
        ({"fstype": "LVM2_member"}, "it holds LVM2_member"),
        ({"label": "media"}, "it holds something with the label media"),
        ({"fstype": "ext4", "label": "netfs-nvme1", "mountpoints": ["/data/nvme0"]}, "it is mounted at /data/nvme0"),
    ],
)
@pytest.mark.parametrize("asked", [(), ("/dev/nvme1n1",)])
def test_what_belongs_to_somebody_is_refused(differing: dict[str, Any], reason: str, asked: tuple[str, ...]) -> None:
    if not asked and "model" in differing:
        assert chosen({**BLANK, **differing}) == Choice([], [])
    else:
        assert chosen({**BLANK, **differing}, asked=asked) == Choice([], [Refused("/dev/nvme1n1", reason)])


def test_two_devices_of_one_label_are_refused() -> None:
    ours = {**BLANK, "fstype": "ext4", "label": "netfs-nvme0"}
    copy = {**ours, "path": "/dev/nvme2n1"}
    reason = "another device has the label netfs-nvme0 too"
    assert chosen(ours, copy) == Choice([], [Refused("/dev/nvme1n1", reason), Refused("/dev/nvme2n1", reason)])


def test_devices_that_are_asked_for_may_have_any_model() -> None:
    assert chosen(ROOT, BLANK, LOOP, asked=("/dev/loop0", "/dev/none")) == Choice(
        [used("/dev/loop0", 0, blank=True)], [Refused("/dev/none", "there is no such device")]
    )


def test_entries_of_fstab() -> None:
    fstab = "# LABEL=netfs-nvme0 /no\nLABEL=netfs-nvme0 /data/nvme0 ext4 noatime 0 2\nLABEL=other /x ext4\n\nshort\n"
    assert entries_of(fstab, "netfs-nvme") == ["/data/nvme0"]


@pytest.mark.parametrize(
    ("fstab", "mounts", "after"),
    [
        ("", {}, ""),
        ("/dev/vda / ext4", {}, "/dev/vda / ext4"),
        ("/dev/vda / ext4", {"netfs-nvme0": "/d0"}, "/dev/vda / ext4\nLABEL=netfs-nvme0 /d0 ext4 a,b 0 2\n"),
        (
            "LABEL=netfs-nvme0 /old ext4 c 0 0\n# x\n",
            {"netfs-nvme0": "/d0"},
            "# x\nLABEL=netfs-nvme0 /d0 ext4 a,b 0 2\n",
        ),
        ("LABEL=netfs-nvme0 /old ext4 c 0 0\nLABEL=mine /m xfs\n", {}, "LABEL=mine /m xfs\n"),
        ("#LABEL=netfs-nvme0 /old\n", {}, "#LABEL=netfs-nvme0 /old\n"),
    ],
)
def test_fstab(fstab: str, mounts: dict[str, str], after: str) -> None:
    assert fstab_with(fstab, mounts, ["a", "b"], "netfs-nvme") == after
    assert fstab_with(after, mounts, ["a", "b"], "netfs-nvme") == after
