#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_files
short_description: Replace the files of a service together, or not at all
version_added: 0.2.0
description:
  - Renders the templates of a service on the controller, stages its files and programs on the host beside one another,
    lets each O(files[].validate) check its file there, and replaces those that differ only when all were accepted.
  - A run that is killed in the middle is made whole by the next one, or by O(state=recovered); then all files are new
    or all are old.
  - Meant for role C(service), which calls it. Templates are looked for in the calling role and in the roles that
    called it.
options:
  name:
    description: Name of the service. Its files are staged in C(/var/lib/netfs.bench/NAME) for as long as it takes.
    type: str
    required: true
  state:
    description:
      - V(rendered) renders the templates on the controller, so that a value that a template refuses is refused before
        anything was changed. The host is not asked.
      - V(present) replaces the files that differ and removes those of O(gone).
      - V(recovered) makes whole what an interrupted run left, and nothing else.
      - V(absent) removes all files of the service, and those of O(gone).
    type: str
    choices: [rendered, present, recovered, absent]
    default: present
  files:
    description: Files made from templates.
    type: list
    elements: dict
    default: []
    suboptions:
      src:
        description: The template.
        type: str
        required: true
      dest:
        description: Where the file goes.
        type: str
        required: true
      mode:
        description: Mode in octal, such as V('0644').
        type: str
        required: true
      owner:
        description: Owner; V(root) if omitted. In check mode one that does not exist is taken for one that will.
        type: str
      group:
        description: Group; the name of the owner if omitted.
        type: str
      validate:
        description:
          - Command that validates the staged file, whose path stands for C(%s). No shell reads it. A program that is a
            file of the service itself is run from where it is staged, also where an interpreter runs it.
        type: str
      secret:
        description: Whether the file holds a secret. Its content is then shown nowhere.
        type: bool
  programs:
    description: Programs from the controller, which belong to the set.
    type: list
    elements: dict
    default: []
    suboptions:
      src:
        description: File on the controller.
        type: str
        required: true
      dest:
        description: Where it goes.
        type: str
        required: true
      mode:
        description: Mode in octal; V('0755') if omitted.
        type: str
      checksum:
        description: SHA-1 of the file; another content is refused.
        type: str
  units:
    description: Units of systemd. One with a template is the service's own, one without gets a drop-in.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name with its suffix.
        type: str
        required: true
      src:
        description: Template of the unit.
        type: str
  gone:
    description:
      - Patterns of paths that only files of this service match. A file that matches and is not wanted is removed.
    type: list
    elements: str
    default: []
  time_limit:
    description: Seconds one O(files[].validate) may take.
    type: int
    default: 60
  entries:
    description: The files as the action plugin has made them ready for the host. Not for users.
    type: list
    elements: dict
    default: []
  contents:
    description: What is in the files of O(entries), in Base64. Not for users.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say what it would replace and remove; then nothing is validated.
    support: full
  diff_mode:
    description: Shows what changes in files that hold no secret.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Render the templates before anything is changed
  netfs.bench.service_files:
    name: sample
    files:
      - {src: sample.conf.j2, dest: /etc/sample.conf, mode: '0644', validate: sampled --check %s}
    state: rendered

- name: Replace the files and the unit of a service together
  netfs.bench.service_files:
    name: sample
    files:
      - {src: sample.conf.j2, dest: /etc/sample.conf, mode: '0644', validate: sampled --check %s}
    units:
      - {name: sample.service, src: sample.service.j2}
"""

RETURN = r"""
replaced:
  description: Files that were replaced, or would be in check mode.
  returned: O(state=present)
  type: list
  elements: str
removed:
  description: Files that were removed, or would be in check mode.
  returned: O(state=present) or O(state=absent)
  type: list
  elements: str
recovered:
  description: Whether an interrupted run was C(completed) or C(discarded); empty when there was none.
  returned: O(state=present) or O(state=recovered)
  type: str
  sample: completed
"""

import base64
import grp
import hashlib
import os
import pwd
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._accounts import account_number
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_files import (
    HOMES,
    Wanted,
    apply,
    carry_out,
    digest,
    locked,
    matches,
    plan,
    present_files,
    recover,
    removal,
)


def wanted_of(module):
    """Return the set of files that the action plugin has made ready."""
    result = []
    for position, entry in enumerate(module.params["entries"]):
        data = None if entry["program"] else base64.b64decode(module.params["contents"][position])
        result.append(
            Wanted(
                dest=Path(os.path.normpath(entry["dest"])),
                mode=int(entry["mode"], 8),
                uid=account_number(entry["owner"], pwd.getpwnam, "file", may_be_missing=module.check_mode),
                gid=account_number(entry["group"], grp.getgrnam, "file", may_be_missing=module.check_mode),
                sha256=entry["sha256"] if data is None else hashlib.sha256(data).hexdigest(),
                data=data,
                source=Path(entry["uploaded"]) if entry["uploaded"] else None,
                secret=entry["secret"],
                validate=tuple(entry["validate"]),
            )
        )
    return result


def not_here(files):
    """Return the destinations of programs whose bytes are neither in place nor uploaded."""
    programs = [wanted for wanted in files if wanted.data is None and not wanted.source]
    return [str(one.dest) for one in programs if not one.dest.is_file() or digest(one.dest) != one.sha256]


def label(module, new, dest):
    """Give a new file the SELinux context of its destination."""
    if module.selinux_enabled():
        module.set_context_if_different(str(new), module.selinux_default_context(str(dest)), False)


def main():
    program = {"src": {"type": "str", "required": True}, "dest": {"type": "str", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["rendered", "present", "recovered", "absent"], "default": "present"},
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "src": {"type": "str", "required": True},
                    "dest": {"type": "str", "required": True},
                    "mode": {"type": "str", "required": True},
                    "owner": {"type": "str"},
                    "group": {"type": "str"},
                    "validate": {"type": "str"},
                    "secret": {"type": "bool"},
                },
            },
            "programs": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**program, "mode": {"type": "str"}, "checksum": {"type": "str"}},
            },
            "units": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"name": {"type": "str", "required": True}, "src": {"type": "str"}},
            },
            "gone": {"type": "list", "elements": "str", "default": []},
            "time_limit": {"type": "int", "default": 60},
            "entries": {"type": "list", "elements": "dict", "default": []},
            "contents": {"type": "list", "elements": "str", "default": [], "no_log": True},
        },
        supports_check_mode=True,
    )
    home = HOMES / module.params["name"]
    try:
        if module.params["state"] == "recovered":
            recovered = "" if module.check_mode or not home.is_dir() else made_whole(home)
            module.exit_json(changed=bool(recovered), recovered=recovered)
        if module.params["state"] == "absent":
            module.exit_json(**take_away(module, home))
        files = wanted_of(module)
        gone = module.params["gone"]
        if module.check_mode:
            changes, recovered = plan(files, gone), ""
        else:
            wanting = not_here(files)
            if wanting:
                module.exit_json(changed=False, wanting=wanting)
            with locked(home):
                recovered = recover(home)
                changes = plan(files, gone)
                if changes.replaced or changes.removed:
                    apply(
                        home,
                        files,
                        changes,
                        seconds=module.params["time_limit"],
                        finish=lambda new, dest: label(module, new, dest),
                    )
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    except OSError as error:
        module.fail_json(msg=f"The files of {module.params['name']} could not be replaced: {error}.")
    module.exit_json(
        changed=bool(changes.replaced or changes.removed or recovered == "completed"),
        replaced=[str(wanted.dest) for wanted in changes.replaced],
        removed=[str(path) for path in changes.removed],
        recovered=recovered,
        diff=changes.diff,
    )


def made_whole(home):
    """Recover, alone."""
    with locked(home):
        return recover(home)


def take_away(module, home):
    """Remove every file of the set, after making whole what an interrupted run left."""
    if home.is_dir() and not module.check_mode:
        made_whole(home)
    dests = [Path(os.path.normpath(entry["dest"])) for entry in module.params["entries"]]
    removed = present_files([*dests, *matches(module.params["gone"])])
    if not module.check_mode:
        carry_out([], removed)
    return {
        "changed": bool(removed),
        "removed": [str(path) for path in removed],
        "diff": [removal(path) for path in removed],
    }


if __name__ == "__main__":
    main()
