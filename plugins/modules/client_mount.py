#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: client_mount
short_description: Mount a network file system, and get rid of it whatever its server does
version_added: 0.1.0
description:
  - Mounts a network file system within a time limit and returns the options it really has, as the kernel shows them.
  - Unmounts it so that this always ends, even when the server is gone. Processes that use it are ended, then it is
    unmounted, by force if need be, and lazily if even that does not help.
  - Changes what is mounted now, never C(/etc/fstab); for mounts that outlive a reboot there is M(ansible.posix.mount).
options:
  state:
    description:
      - V(mounted) makes sure that exactly this is mounted there. Anything else there is unmounted first.
      - V(unmounted) makes sure that nothing is mounted at O(path) or below it.
    type: str
    choices: [mounted, unmounted]
    default: mounted
  src:
    description:
      - What is mounted, such as V(server:/export) or V(//server/share).
      - Needed when O(state=mounted).
    type: str
  path:
    description:
      - Directory where it is mounted, taken as it is written. It is made when it does not exist. No link.
      - A directory that this module made is removed again when O(state=unmounted) and it is empty.
    type: str
    required: true
  fstype:
    description:
      - Type of the file system as C(mount -t) takes it, such as V(nfs) or V(cifs).
      - Needed when O(state=mounted).
    type: str
  options:
    description:
      - Mount options, as a list of V(name) and V(name=value), as a dictionary, or as one text with commas.
      - In a dictionary V(true) stands for an option without a value, and V(false) leaves it out.
      - A password is refused here, see O(password). So is a value with a comma or a double quote, which C(mount) would
        read as more than one option.
    type: raw
  password:
    description: Password of an SMB share. It is handed over in the environment, never on a command line.
    type: str
  time_limit:
    description:
      - Seconds that one call of C(mount) or C(umount) may take before it is killed.
    type: int
    default: 60
attributes:
  check_mode:
    description: Looks at what is mounted and says what would change.
    support: full
  diff_mode:
    description: Shows source, type and requested options before and after.
    support: full
  idempotent:
    description: >-
      The same source, type and options that are mounted already are left alone. Options of a mount that this module
      made are remembered below C(/run); of any other mount only those can be compared that the kernel shows.
    support: full
notes:
  - Only processes are ended whose working directory, root, program or open files lie at or below O(path), that see the
    same mounts as the module does, and that are not among those which run the module.
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.fio
  - module: ansible.posix.mount
"""

EXAMPLES = r"""
- name: Mount an NFS export
  netfs.bench.client_mount:
    src: 198.18.0.10:/export
    path: /mnt/test
    fstype: nfs
    options: {vers: 4.2, port: 22049, hard: true}
  register: result

- name: Show what the client and the server agreed on
  ansible.builtin.debug:
    var: result.mount.options_effective

- name: Mount an SMB share
  netfs.bench.client_mount:
    src: //198.18.0.10/export
    path: /mnt/test
    fstype: cifs
    options: [vers=3.1.1, username=bench, port=22445]
    password: "{{ samba_password }}"

- name: Take it down, even when the server is gone
  netfs.bench.client_mount:
    path: /mnt/test
    state: unmounted
    time_limit: 10
"""

RETURN = r"""
mount:
  description: What is mounted.
  returned: when O(state=mounted), except in check mode when it is not mounted yet
  type: dict
  contains:
    source:
      description: As the kernel shows it.
      type: str
    fstype:
      description: As the kernel shows it, such as V(nfs4).
      type: str
    directory:
      description: Where it is mounted.
      type: str
    options_requested:
      description: Options that were asked for.
      type: list
      elements: str
    options_effective:
      description: Options of the mount point and of the file system, from C(/proc/self/mountinfo).
      type: list
      elements: str
    free_bytes:
      description: Free space.
      type: int
how:
  description: >-
    What unmounting took, namely V(plain), V(forced) or V(lazy), the strongest that was needed; empty when nothing was
    unmounted.
  returned: always
  type: str
killed:
  description: Processes that used the mount and were ended.
  returned: always
  type: list
  elements: dict
  contains:
    pid:
      description: Process id.
      type: int
    name:
      description: Name of the program.
      type: str
stderr:
  description: What C(mount) or C(umount) said.
  returned: on failure
  type: str
"""

import contextlib
import hashlib
import json
import os
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils import _mounts
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError, ask, end, run
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle

MEMORY = Path("/run/netfs-bench-mounts")  # what was asked for; gone after a reboot, as the mounts are
PASSWORDS = ("pass", "password", "pass2", "password2")
PROBE_SECONDS = 15
GRACE_SECONDS = 3.0


def ancestors() -> set[int]:
    """This process and those above it: ending them would end the module."""
    found = set()
    pid = os.getpid()
    while pid > 1 and pid not in found:
        found.add(pid)
        try:
            # The name of the program is in brackets and may hold anything, so the fields count from its end.
            status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            pid = int(status.rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            break
    return {*found, 1}


class ClientMount:
    """One mount point: how it is, how it should be."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        given = Path(self.params["path"])
        if not given.is_absolute() or given == Path("/"):
            raise FailureError(f"path is {given}; give the absolute path of a directory that is not the root.")
        self.options = _mounts.option_list(self.params["options"])
        if any(option.partition("=")[0] in PASSWORDS for option in self.options):
            raise FailureError("A password among options would be shown to everybody on the host; use password.")
        reason = _mounts.unfit(str(given), self.params["src"], self.params["fstype"], self.options)
        if reason:
            raise FailureError(f"This mount is not possible: {reason}.")
        self.path = str(self._parent(given) / given.name)
        if len(os.fsencode(self.path)) >= _mounts.PATH_BYTES:
            raise FailureError("This mount is not possible: path is too long once its links are followed.")
        # A name of its own for each path, however long that is
        self.memory = MEMORY / (hashlib.sha256(os.fsencode(self.path)).hexdigest() + ".json")
        self.how = ""
        self.killed: dict[int, str] = {}
        self.made: list[str] = []

    def __call__(self) -> dict[str, t.Any]:
        wanted = None
        if self.params["state"] == "mounted":
            wanted = {"source": self.params["src"], "fstype": self.params["fstype"], "options": self.options}
        moved = settle(
            self._before(),
            wanted,
            create=lambda _object: self._mount(),
            update=lambda _changes: self._replace(),
            delete=self._take_down,
            dry_run=self.module.check_mode,
        )
        result = {**moved, "how": self.how, "killed": [{"pid": pid, "name": name} for pid, name in self.killed.items()]}
        mounted = self._mounted()
        if wanted and mounted and not (self.module.check_mode and moved["changed"]):
            result["mount"] = {
                "source": mounted.source,
                "fstype": mounted.fstype,
                "directory": self.path,
                "options_requested": self.options,
                "options_effective": mounted.options,
                "free_bytes": self._free(moved["changed"]),
            }
        return result

    @staticmethod
    def _parent(given: Path) -> Path:
        """The directory that holds the mount point. Not the path itself: to look at it is to ask the server."""
        try:
            return Path(ask(lambda: str(given.parent.resolve()), PROBE_SECONDS))
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FailureError(f"The directory {given.parent} cannot be read: {reason}.") from error

    def _all(self) -> list[_mounts.Mount]:
        return _mounts.mounts_at(_mounts.all_mounts(), self.path)

    def _mounted(self) -> _mounts.Mount | None:
        """What is on top at the path itself."""
        return next((mount for mount in self._all() if mount.target == self.path), None)

    def _remembered(self) -> dict[str, t.Any]:
        try:
            return dict(json.loads(self.memory.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return {}

    def _before(self) -> dict[str, t.Any] | None:
        """The present state in the words of the options, so that it equals the wanted one when nothing is to do."""
        mounts = self._all()
        if self.params["state"] == "unmounted":
            found = self._mounted() or (mounts[0] if mounts else None)
            return {"source": found.source, "fstype": found.fstype, "options": found.options} if found else None
        mounted = self._mounted()
        if not mounted:
            return None
        source, fstype, options = mounted.source, mounted.fstype, mounted.options
        memory = self._remembered()
        remembered = (memory.get("number"), memory.get("device")) == (mounted.number, mounted.device)
        if remembered:  # a client in user space shows a source of its own
            source = memory.get("source", source)
        if _mounts.same_source(source, self.params["src"]):
            source = self.params["src"]
        if _mounts.family(fstype) == _mounts.family(self.params["fstype"]):
            fstype = self.params["fstype"]
        if remembered:
            options = memory["options"]
        elif not _mounts.contradictions(self.options, options):
            options = self.options
        return {"source": source, "fstype": fstype, "options": options}

    def _make_directory(self) -> None:
        path = Path(self.path)
        if path.is_symlink():  # the kernel would mount at its target, where nobody looks for it
            raise FailureError(f"{self.path} is a link to {path.readlink()}; give the directory itself.")
        missing = [str(parent) for parent in (path, *path.parents) if not parent.exists()]
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FailureError(f"The directory {self.path} cannot be created: {error.strerror}.") from error
        self.made = missing or self._remembered().get("made", [])

    def _mount(self) -> None:
        self._make_directory()
        argv = [self.module.get_bin_path("mount", required=True), "-t", self.params["fstype"]]
        if self.options:
            argv += ["-o", ",".join(self.options)]
        argv += [self.params["src"], self.path]
        password = self.params["password"]
        env = {} if password is None else {"PASSWD": password}
        outcome = run(argv, seconds=self.params["time_limit"], env=env, grace=GRACE_SECONDS, leave=True)
        mounted = self._mounted()
        if outcome.rc or outcome.stopped or not mounted:
            words = [
                outcome.stopped and f"{outcome.stopped} and was killed",
                outcome.stderr.strip() or outcome.stdout.strip(),
            ]
            answer = "; ".join(" ".join(word.split()) for word in words if word) or f"exit status {outcome.rc}"
            self._undo()
            raise FailureError(
                f"Mounting {self.params['src']} ({self.params['fstype']}) at {self.path} with "
                f"{'options ' + ','.join(self.options) if self.options else 'default options'} failed: "
                f"{answer.rstrip('.')}. {self._hint(answer)}",
                cmd=argv,
                rc=outcome.rc,
                stderr=outcome.stderr,
            )
        about = {
            "number": mounted.number,
            "device": mounted.device,
            "source": self.params["src"],
            "options": self.options,
            "made": self.made,
        }
        try:
            MEMORY.mkdir(mode=0o755, exist_ok=True)
            self.memory.write_text(json.dumps({"path": self.path, **about}), encoding="utf-8")
        except OSError as error:
            self._undo()
            raise FailureError(
                f"{self.params['src']} was mounted, but its options cannot be recorded in {self.memory}: "
                f"{error.strerror}. It was unmounted again."
            ) from error

    def _undo(self) -> None:
        """Leave nothing after a failure, not even a mount that came although mount failed."""
        if self._mounted():
            self._unmount()
        with contextlib.suppress(OSError):  # it may be the reason
            self.memory.unlink(missing_ok=True)
        self._remove_directory(self.made)

    def _free(self, fresh: bool) -> int:
        def answer() -> int:
            space = os.statvfs(self.path)
            return space.f_bavail * space.f_frsize

        seconds = min(PROBE_SECONDS, self.params["time_limit"])
        try:
            return int(ask(answer, seconds))
        except OSError as error:
            if fresh:  # leave nothing behind that hangs whoever looks at it
                self._undo()
            raise FailureError(
                f"{self.params['src']} is mounted at {self.path}, but reading its free space failed: "
                f"{error.strerror}. Is the server up, and does its firewall let the answers through?"
            ) from error

    def _replace(self) -> None:
        self._unmount()
        self._mount()

    def _hint(self, answer: str) -> str:
        fstype = self.params["fstype"]
        package = {"nfs": "nfs-common or nfs-utils", "cifs": "cifs-utils"}.get(_mounts.family(fstype))
        if package and not self.module.get_bin_path(f"mount.{fstype}"):
            return f"There is no mount.{fstype} on this host: install the package {package}."
        return _mounts.hint_for(answer, fstype)

    def _end_users(self) -> None:
        spared = ancestors()

        def find() -> list[int]:
            # of the mounts, not of directories above them
            targets = {mount.target for mount in self._all()}
            users = {pid: name for target in targets for pid, name in _mounts.users_of(target).items()}
            users = {pid: name for pid, name in users.items() if pid not in spared}
            self.killed.update(users)
            return list(users)

        if find():
            end(find, GRACE_SECONDS)

    def _unmount(self) -> None:
        """Everything at the path and below, the one on top first."""
        self._end_users()
        program = self.module.get_bin_path("umount", required=True)
        ways = {"plain": [], "forced": ["-f"], "lazy": ["-l"]}
        said = ""
        for how, flags in ways.items():
            mounts = self._all()
            left = len(mounts) + 1
            while 0 < len(mounts) < left:  # again as long as it helps: one mount may hide another one
                left = len(mounts)
                for mount in mounts:
                    # -c: do not look at the path first, which would ask the server.
                    argv = [program, "-c", *flags, mount.target]
                    outcome = run(argv, seconds=self.params["time_limit"], grace=GRACE_SECONDS)
                    said = " ".join([outcome.stopped, *outcome.stderr.split()]).strip()
                self.how = how
                mounts = self._all()
            if not mounts:
                if how == "lazy":
                    self.module.warn(
                        f"{self.path} could only be unmounted lazily: it is no longer visible, and the kernel keeps "
                        "it until the last process that waits for its server has ended."
                    )
                return
        raise FailureError(
            f"Unmounting {self.path} failed, by force and lazily too: {said or 'umount gave no reason'}. "
            "Run as root (become); a container needs CAP_SYS_ADMIN.",
            stderr=said,
        )

    def _take_down(self) -> None:
        made = self._remembered().get("made", [])
        self._unmount()
        self.memory.unlink(missing_ok=True)
        self._remove_directory(made)

    def _remove_directory(self, made: list[str]) -> None:
        """What this module made, as far as it is empty."""
        for directory in made:
            try:
                ask(Path(directory).rmdir, PROBE_SECONDS)
            except OSError:
                return


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["mounted", "unmounted"], "default": "mounted"},
            "src": {"type": "str"},
            "path": {"type": "str", "required": True},
            "fstype": {"type": "str"},
            "options": {"type": "raw"},
            "password": {"type": "str", "no_log": True},
            "time_limit": {"type": "int", "default": 60},
        },
        required_if=[("state", "mounted", ("src", "fstype"))],
        supports_check_mode=True,
    )
    try:
        result = ClientMount(module)()
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
