#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: tuning
short_description: Settings of the kernel (sysctl) and limits of sessions, all of them or none
version_added: 0.2.0
description:
  - Writes settings to the kernel and reads each back; writes limits, opens a session and reads its limits. Each kind
    has a file that applies it at each boot or login. When one is refused, those before it get their values back, the
    files become what they were, and the task fails.
  - A container that shares its kernel may not change it. Then the file alone is written, and each setting that differs
    is returned as V(shared). A limit that it may not raise is left out of the file too, because PAM would let nobody
    log in with it.
  - What a setting was before is kept in a file, and comes back when the setting is wanted no longer.
  - Services of systemd do not read limits of sessions; their units say C(LimitNOFILE) and the like.
options:
  settings:
    description: Value by name, as C(sysctl.d) takes them. What is left out of a later run goes back to what it was.
    type: dict
    default: {}
  optional:
    description: Names of settings that a kernel need not have.
    type: list
    elements: str
    default: []
  limits:
    description: >-
      Limit by name, V(core), V(memlock), V(nofile), V(nproc) or V(stack), each a number or V(unlimited), in the units
      of C(limits.conf); memlock, core and stack are in KiB.
    type: dict
    default: {}
  settings_file:
    description: File that applies the settings at each boot. Without settings it is removed.
    type: path
    required: true
  limits_file:
    description: File that applies the limits to each session. Without limits it is removed.
    type: path
    required: true
  memory:
    description: File for what the settings were before.
    type: path
    required: true
attributes:
  check_mode:
    description: Can run in check mode and say what would change, but not whether the kernel would refuse a value.
    support: full
  diff_mode:
    description: Shows the settings of the kernel and both files.
    support: full
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Swap less, and open more files
  netfs.bench.tuning:
    settings: {vm.swappiness: 10}
    limits: {nofile: 1048576}
    settings_file: /etc/sysctl.d/90-ours.conf
    limits_file: /etc/security/limits.d/90-ours.conf
    memory: /var/lib/ours/tuning.json
"""

RETURN = r"""
settings:
  description: >-
    By setting, V(applied) when the kernel has the value, V(shared) when the kernel is not that of this host, V(missing)
    when it has no such setting and need not.
  returned: always
  type: dict
  sample: {vm.swappiness: applied}
limits:
  description: By limit, V(applied) or V(shared).
  returned: always
  type: dict
  sample: {nofile: applied}
"""

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils import _kernel
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import write_text
from ansible_collections.netfs.bench.plugins.module_utils._tuning import (
    APPLIED,
    SHARED,
    limit_of,
    limits_file,
    normal,
    planned,
    settings_file,
)

COMMENT = "Written by netfs.bench.tuning; another run replaces it"


def text_of(path):
    """Return what is in a file, nothing when there is none."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def put(path, text):
    """Replace a file, or remove it where nothing is to be in it."""
    if text_of(path) == text:
        return
    if text:
        write_text(Path(path), text)
    else:
        Path(path).unlink()


def possible_limits(limits):
    """Return for each limit whether this host can have it; refuse one that the kernel takes from nobody."""
    possible = _kernel.can_have(limits)
    refused = [name for name, can in possible.items() if not can]
    if refused and _kernel.may_raise():
        raise FailureError(f"The kernel refuses a limit {refused[0]} of {limits[refused[0]]}: see fs.nr_open.")
    return possible


def wanted_settings(settings):
    """Return settings as the kernel shows them; refuse one without a value."""
    wanted = {key: normal(value) for key, value in settings.items()}
    empty = [key for key, value in wanted.items() if not value]
    if empty:
        raise FailureError(f"{empty[0]} has no value.")
    return wanted


def settle_all(params, dry_run):
    """Bring the kernel, its sessions and the files to what is wanted; return what changed."""
    limits = {name: limit_of(name, value) for name, value in params["limits"].items()}
    possible = possible_limits(limits)
    raised = {name: limit for name, limit in limits.items() if possible[name]}
    wanted = wanted_settings(params["settings"])
    memory = params["memory"]
    remembered = json.loads(text_of(memory) or "{}")
    found = {key: _kernel.read(key) for key in [*wanted, *remembered]}
    plan = planned(wanted, params["optional"], found, remembered, ours=_kernel.is_ours())
    if plan.faults:
        raise FailureError(" ".join(plan.faults))
    files = {
        params["settings_file"]: settings_file(wanted, params["optional"], COMMENT),
        params["limits_file"]: limits_file(raised, COMMENT),
        memory: json.dumps(plan.remember, indent=1, sort_keys=True) + "\n" if plan.remember else "",
    }
    before = {path: text_of(path) for path in files}
    if not dry_run:
        try:
            # What was before is noted first: a run that is killed after that knows it.
            put(memory, files[memory] or before[memory])
            _kernel.write(plan.write)
            for path, text in files.items():
                put(path, text)
            if raised:
                _kernel.prove(raised)
        except (OSError, FailureError):
            _kernel.restore(plan.write, found)
            for path, text in before.items():
                put(path, text)
            raise
    shown = (params["settings_file"], params["limits_file"])
    kernel = [f"{key} = {found[key].value}" for key in plan.write], [f"{key} = {plan.write[key]}" for key in plan.write]
    return {
        "changed": bool(plan.write) or files != before,
        "settings": plan.states,
        "limits": {name: APPLIED if can else SHARED for name, can in possible.items()},
        "diff": [
            {"before_header": "kernel", "before": "\n".join(kernel[0]), "after": "\n".join(kernel[1])},
            *({"before_header": path, "before": before[path], "after": files[path]} for path in shown),
        ],
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "dict", "default": {}},
            "optional": {"type": "list", "elements": "str", "default": []},
            "limits": {"type": "dict", "default": {}},
            "settings_file": {"type": "path", "required": True},
            "limits_file": {"type": "path", "required": True},
            "memory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    # PAM reads the limits as the account that logs in
    os.umask(0o022)
    try:
        result = settle_all(module.params, module.check_mode)
    except FailureError as error:
        module.fail_json(msg=f"{error.msg} Nothing was changed.")
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"Nothing was changed, because the settings cannot be applied: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
