#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: labelled_mounts
short_description: Mount file systems by their labels, now and at each boot
version_added: 0.2.0
description:
  - Mounts each file system where nothing is mounted yet, and writes C(/etc/fstab), in which only lines with labels of
    the prefix are changed. When one cannot be mounted, those that this run has mounted are unmounted again, and the
    file stays as it was.
  - A mount that is not wanted any more is unmounted, and its mount point removed when it is empty.
options:
  mounts:
    description: The file systems, ext4 each. Without any, all of the prefix are unmounted.
    type: list
    elements: dict
    default: []
    suboptions:
      label:
        description: Label, the prefix with a number behind it.
        type: str
        required: true
      directory:
        description: Mount point, without blanks; made if missing.
        type: str
        required: true
  prefix:
    description: What the labels begin with.
    type: str
    required: true
  options:
    description: Options of each mount.
    type: list
    elements: str
    default: [defaults]
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Shows C(/etc/fstab), and what would be mounted and unmounted.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Mount a disk
  netfs.bench.labelled_mounts:
    mounts: [{label: ours-0, directory: /data/0}]
    prefix: ours-
    options: [noatime, nofail]
"""

RETURN = r"""
mounted:
  description: Mount points that were mounted.
  returned: always
  type: list
  elements: str
unmounted:
  description: Mount points that were unmounted.
  returned: always
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_text
from ansible_collections.netfs.bench.plugins.module_utils._instance_store import FILESYSTEM, entries_of, fstab_with
from ansible_collections.netfs.bench.plugins.module_utils._mounts import mount_points
from ansible_collections.netfs.bench.plugins.module_utils._service_directories import remove_if_empty
from ansible_collections.netfs.bench.plugins.module_utils._service_info import said_well

FSTAB = Path("/etc/fstab")


def done(*argv):
    """Run a program that has to succeed."""
    said_well(argv, f"{' '.join(argv)} fails", 120)


def unmount(directory):
    """Unmount a directory, and remove it when nothing is in it."""
    done("umount", directory)
    remove_if_empty(directory)


def mount_all(wanted, options):
    """Mount each label at its directory; when one fails, none of them stays."""
    begun = []
    for label, directory in wanted.items():
        Path(directory).mkdir(parents=True, exist_ok=True)
        try:
            done("mount", "-t", FILESYSTEM, "-o", ",".join(options), f"LABEL={label}", directory)
        except FailureError:
            remove_if_empty(directory)
            for earlier in begun:
                unmount(earlier)
            raise
        begun.append(directory)


def settle_all(params, dry_run):
    """Bring mounts and fstab to what is wanted; return what changed."""
    wanted = {mount["label"]: mount["directory"] for mount in params["mounts"]}
    before = FSTAB.read_text(encoding="utf-8") if FSTAB.exists() else ""
    after = fstab_with(before, wanted, params["options"], params["prefix"])
    present = mount_points()
    missing = {label: directory for label, directory in wanted.items() if directory not in present}
    gone = [
        directory
        for directory in entries_of(before, params["prefix"])
        if directory not in wanted.values() and directory in present
    ]
    if not dry_run:
        for directory in gone:
            unmount(directory)
        mount_all(missing, params["options"])
        if after != before:
            write_text(FSTAB, after)
            FSTAB.chmod(0o644)
            done("systemctl", "daemon-reload")
    return {
        "changed": bool(missing or gone or after != before),
        "mounted": list(missing.values()),
        "unmounted": gone,
        "diff": {"before_header": str(FSTAB), "before": before, "after": after},
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "mounts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "label": {"type": "str", "required": True},
                    "directory": {"type": "str", "required": True},
                },
            },
            "prefix": {"type": "str", "required": True},
            "options": {"type": "list", "elements": "str", "default": ["defaults"]},
        },
        supports_check_mode=True,
    )
    try:
        result = settle_all(module.params, module.check_mode)
    except FailureError as error:
        module.fail_json(msg=error.msg)
    except OSError as error:
        module.fail_json(msg=f"The file systems cannot be mounted: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
