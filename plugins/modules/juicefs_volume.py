#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: juicefs_volume
short_description: Format, compare or destroy a JuiceFS volume
version_added: 0.1.0
description:
  - Makes a volume where there is none. A volume that is there and differs in anything that cannot be changed is an
    error that names the difference; it is never formatted again.
  - Keys of the object store that the volume holds are removed from it, so that those in the environment of the mount
    are the only ones. C(juicefs format) takes new keys for an existing volume, reports success, and ignores them; and
    C(juicefs config) takes them as arguments, which every account of the host can read.
options:
  program:
    description: The program C(juicefs).
    type: path
    required: true
  meta_url:
    description: Address of the metadata, without a password.
    type: str
    required: true
  environment_file:
    description:
      - File with the secrets, one C(NAME="value") a line, as for systemd. E(META_PASSWORD) is the password of the
        metadata engine; with O(storage=s3), E(AWS_ACCESS_KEY_ID) and E(AWS_SECRET_ACCESS_KEY) are the keys of the
        object store.
    type: path
  state:
    description:
      - V(absent) deletes all metadata and all objects of the volume. It is refused while the volume is mounted
        anywhere; mounts of this host whose process was killed do not count, though JuiceFS lists them for minutes.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the volume, and prefix of its objects. Required with O(state=present).
    type: str
  storage:
    description: Kind of the object store. Required with O(state=present).
    type: str
    choices: [s3, file]
  bucket:
    description: Address of the bucket, or directory with O(storage=file). Required with O(state=present).
    type: str
  block_size:
    description: Largest object, in KiB.
    type: int
  compression:
    description: How objects are compressed.
    type: str
    choices: [none, lz4, zstd]
  trash_days:
    description: How long the data of deleted files is kept. Can be changed later.
    type: int
  time_limit:
    description: Seconds that one call of C(juicefs) may take.
    type: int
    default: 30
attributes:
  check_mode:
    support: full
    description: Compares and changes nothing.
  diff_mode:
    support: full
    description: Shows the settings of the volume, never a key.
  idempotent:
    support: full
    description: A second run changes nothing.
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make the volume
  netfs.bench.juicefs_volume:
    program: /usr/local/bin/juicefs
    meta_url: postgres://juicefs@192.0.2.7:5432/juicefs?sslmode=disable
    environment_file: /etc/juicefs/environment
    name: media
    storage: s3
    bucket: http://192.0.2.8:9000/media
    trash_days: 0
"""

RETURN = r"""
volume:
  description: The volume as it is, or as it would be in check mode.
  returned: with O(state=present)
  type: dict
  sample: {name: media, storage: s3, bucket: "http://192.0.2.8:9000/media", block_size: 4096, compression: none,
           trash_days: 0, stored_keys: false}
uuid:
  description: Identity of the volume. Empty when check mode only says that one would be made.
  returned: with O(state=present)
  type: str
  sample: 3f9a6bb4-3d59-4f0f-9ac7-0a2f5b7c6d0e
"""

import socket
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, run
from ansible_collections.netfs.bench.plugins.module_utils._juicefs import (
    FIXED,
    NOT_FORMATTED,
    differences,
    error_message,
    mounts_in_use,
    read_environment,
    volume_of_status,
)
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


class Volume:
    """One volume, by the address of its metadata."""

    def __init__(self, params: dict[str, t.Any]) -> None:
        self.program = params["program"]
        self.url = params["meta_url"]
        self.seconds = params["time_limit"]
        self.uuid = ""
        self.status = ""
        self.env = {}
        if params["environment_file"]:
            try:
                self.env = read_environment(Path(params["environment_file"]).read_text(encoding="utf-8"))
            except OSError as error:
                raise FailureError(f"{params['environment_file']} cannot be read: {error.strerror}.") from error

    def ask(self, command: str, *words: str) -> tuple[int | None, str, str]:
        """Run one command of juicefs."""
        argv = [self.program, "--no-agent", command, *words]
        outcome = run(argv, seconds=self.seconds, env=self.env)
        if outcome.stopped:
            raise FailureError(
                f"juicefs {command} did not end within {self.seconds} seconds. Does {self.url} answer, and the bucket?",
                cmd=argv,
                stderr=outcome.stderr,
            )
        return outcome.rc, outcome.stdout, outcome.stderr

    def do(self, command: str, *words: str) -> None:
        """Run one command of juicefs that has to succeed."""
        rc, _out, err = self.ask(command, *words)
        if rc:
            raise FailureError(f"juicefs {command} failed: {error_message(err)}", rc=rc, stderr=err)

    def read(self) -> dict[str, t.Any] | None:
        """How it is; None where nothing was formatted."""
        rc, out, err = self.ask("status", self.url)
        if rc == 0:
            volume = volume_of_status(out)
            self.status = out
            self.uuid = volume.pop("uuid")
            return volume
        if NOT_FORMATTED in err:
            return None
        raise FailureError(
            f"The metadata at {self.url} cannot be read: {error_message(err)}",
            rc=rc,
            stderr=err,
        )

    def format(self, volume: dict[str, t.Any]) -> None:
        """Make it. The store is tried first: juicefs writes an object and reads it back."""
        words = ["--storage", volume["storage"], "--bucket", volume["bucket"], "--no-update"]
        for name, option in (
            ("block_size", "--block-size"),
            ("compression", "--compress"),
            ("trash_days", "--trash-days"),
        ):
            if name in volume:
                value = f"{volume[name]}K" if name == "block_size" else str(volume[name])
                words += [option, value]
        self.do("format", *words, self.url, volume["name"])

    def change(self, changed: dict[str, t.Any]) -> None:
        """Change what can be changed."""
        words = []
        if "trash_days" in changed:
            words += ["--trash-days", str(changed["trash_days"])]
        if "stored_keys" in changed:
            words += ["--access-key", "", "--secret-key", ""]
        self.do("config", self.url, *words, "--yes")

    def destroy(self) -> None:
        """Delete its objects and its metadata, unless it is mounted."""
        mounts = mounts_in_use(self.status, socket.gethostname(), processes_of(Path(self.program).name))
        if mounts:
            raise FailureError(
                f"The volume is mounted as {', '.join(mounts)}, so it was not removed. Unmount it there and try again; "
                "a killed mount on another host expires after five minutes."
            )
        # only the look at sessions is left out by force, and that was ours
        self.do("destroy", "--yes", "--force", self.url, self.uuid)


def processes_of(program: str) -> set[int]:
    """The numbers of the processes of a program on this host."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = path.read_text(encoding="utf-8").strip()
        except OSError:  # it has ended by now
            continue
        # the kernel keeps fifteen characters
        if name == program[:15]:
            found.add(int(path.parent.name))
    return found


def work(params: dict[str, t.Any], dry_run: bool) -> dict[str, t.Any]:
    """Find how it is, compare, act."""
    volume = Volume(params)
    before = volume.read()
    wanted = None
    if params["state"] == "present":
        wanted = {name: params[name] for name in (*FIXED, "trash_days")}
        wanted["bucket"] = wanted["bucket"].rstrip("/") or "/"
        wanted["stored_keys"] = False
        if before is not None:
            different = differences(before, wanted)
            if different:
                raise FailureError(
                    f"{params['meta_url']} holds another volume: {'; '.join(different)}. It was not changed. "
                    "Use another database for the new volume, or destroy this one.",
                    volume=before,
                )
    result = settle(before, wanted, create=volume.format, update=volume.change, delete=volume.destroy, dry_run=dry_run)
    if wanted is not None:
        if result["changed"] and not dry_run:
            result["volume"] = volume.read()
        else:
            result["volume"] = result["diff"]["after"]
        result["uuid"] = volume.uuid
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "program": {"type": "path", "required": True},
            "meta_url": {"type": "str", "required": True},
            "environment_file": {"type": "path"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "name": {"type": "str"},
            "storage": {"type": "str", "choices": ["s3", "file"]},
            "bucket": {"type": "str"},
            "block_size": {"type": "int"},
            "compression": {"type": "str", "choices": ["none", "lz4", "zstd"]},
            "trash_days": {"type": "int"},
            "time_limit": {"type": "int", "default": 30},
        },
        required_if=[("state", "present", ("name", "storage", "bucket"))],
        supports_check_mode=True,
    )
    try:
        module.exit_json(**work(module.params, module.check_mode))
    except FailureError as error:
        module.fail_json(error.msg, **error.facts)


if __name__ == "__main__":
    main()
