#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: service_info
short_description: Read what a host says about a service, in one call
version_added: 0.2.0
description:
  - Asks systemd, the kernel, the package manager and the files of a service for what role C(service) decides by. Only
    what an option names is looked at. Nothing is waited for without a limit.
options:
  name:
    description: Name of the service.
    type: str
    required: true
  units:
    description: Units of the service.
    type: list
    elements: str
    default: []
  others:
    description: Units of the distribution that the service masks or stands on.
    type: list
    elements: str
    default: []
  ports:
    description: Ports that must be free or the service's own.
    type: list
    elements: dict
    default: []
    suboptions:
      port:
        description: Number.
        type: int
        required: true
      variable:
        description: Variable that sets it.
        type: str
        required: true
      protocol:
        description: Protocol; V(tcp) if omitted.
        type: str
        choices: [tcp, udp]
      holder:
        description: Unit beside O(holders) that may have it.
        type: str
  holders:
    description: Units that may hold the ports.
    type: list
    elements: str
    default: []
  directories:
    description:
      - Directories of the service, as role C(service) takes them. Of these are looked at C(room), the room that must be
        there, and C(exclusive), the variable that sets a directory which the service needs for itself.
    type: list
    elements: dict
    default: []
  packages:
    description: Packages that must be installed.
    type: list
    elements: str
    default: []
  family:
    description: Family of the distribution, as C(ansible_facts['os_family']).
    type: str
    default: Debian
  account:
    description: Account that the service runs as.
    type: str
  config:
    description: Files whose hash is the hash of the configuration.
    type: list
    elements: str
    default: []
  watched:
    description: Files that a unit notes when it starts.
    type: list
    elements: str
    default: []
  reread:
    description: Those of them that a unit reads again when it is reloaded.
    type: list
    elements: str
    default: []
  stamps:
    description: Directory of these notes.
    type: str
  memory:
    description: Directory in which the service wrote down what was before it.
    type: str
  version:
    description: Command that prints the version.
    type: list
    elements: str
    default: []
  listening:
    description: Whether to list what listens on the host.
    type: bool
    default: false
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Ask who holds the port of a service
  netfs.bench.service_info:
    name: sample
    units: [netfs-sample.service]
    holders: [netfs-sample.service]
    ports: [{port: 12345, variable: sample_port}]
  register: found
"""

RETURN = r"""
units:
  description: >-
    Names of units by what they are (C(active), C(failed), C(masked), C(missing), C(static)), C(needed_by) with the
    units that require each, and C(seconds), which the slowest of them may take to stop and start.
  returned: always
  type: dict
taken:
  description: Ports that somebody else holds, each with C(port), C(variable) and C(by), who that is.
  returned: always
  type: list
  elements: dict
short_of_room:
  description: Directories without room, each with C(path), C(variable), C(free) and C(needed) bytes.
  returned: always
  type: list
  elements: dict
faults:
  description: Why directories cannot be those of the service, a sentence each.
  returned: always
  type: list
  elements: str
missing_packages:
  description: Packages that are not installed.
  returned: always
  type: list
  elements: str
account:
  description: Whether the account is C(missing), C(own) (made for a service by this collection) or C(foreign).
  returned: always
  type: str
fresh:
  description: Units that were started with the files as they are now.
  returned: always
  type: list
  elements: str
reloadable:
  description: Units that run, and were started with the files as they are now except for some of O(reread).
  returned: always
  type: list
  elements: str
config_sha256:
  description: Hash of the configuration; V(unknown) when a file of it is missing.
  returned: always
  type: str
interrupted:
  description: Whether a run was interrupted while it replaced files.
  returned: always
  type: bool
remembered:
  description: What the service wrote down (C(companions), C(masks)), and C(masked_by_others).
  returned: O(memory) is given
  type: dict
version:
  description: Version of the program; V(unknown) when it does not say one.
  returned: always
  type: str
listening:
  description: Unit and port of all that listens on the host; empty when that is not known.
  returned: always
  type: list
  elements: str
listening_known:
  description: Whether the host can say what listens.
  returned: always
  type: bool
"""

import pwd

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._accounts import account_number
from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._service_directories import fault
from ansible_collections.netfs.bench.plugins.module_utils._service_files import HOMES
from ansible_collections.netfs.bench.plugins.module_utils._service_info import (
    config_sha256,
    fresh,
    in_units,
    listening,
    packages_that_miss,
    parse_show,
    parse_sockets,
    reloadable,
    remembered,
    rooms_that_lack,
    said,
    said_well,
    states,
    sums_of,
    takers,
    version_in,
)

COMMENT = "Service account of netfs.bench"
PROPERTIES = "Names,LoadState,ActiveState,UnitFileState,RequiredBy,TimeoutStartUSec,TimeoutStopUSec"


def unit_states(units):
    """Return what systemd says about units."""
    if not units:
        return states({}, [])
    shown = said_well(["systemctl", "show", f"--property={PROPERTIES}", *units], "systemd cannot list its units")
    return states(parse_show(shown), units)


def socket_answers(params, running):
    """Return the ports that are taken, what listens, and whether that is known."""
    if not (params["ports"] or params["listening"]):
        return [], [], False
    answer = said(["ss", "-Hltunpe"])
    if answer.rc and params["ports"]:
        raise FailureError(f"The holders of the ports cannot be listed: {answer.stderr.strip()} (package iproute2)")
    sockets = parse_sockets(answer.stdout)
    holders = params["holders"] + [entry["holder"] for entry in params["ports"] if entry["holder"]]
    taken = takers(
        sockets,
        params["ports"],
        ours=in_units({pid for socket in sockets for _name, pid in socket.users}, holders),
        holders=holders,
        running=running,
    )
    return taken, listening(sockets), answer.rc == 0


def account_of(name):
    """Return whose an account is."""
    try:
        return "own" if pwd.getpwnam(name).pw_gecos == COMMENT else "foreign"
    except KeyError:
        return "missing"


def octal(mode):
    """Return a mode as a number; None when it is symbolic."""
    try:
        return int(mode, 8)
    except ValueError:
        return None


def faults_of(directories):
    """Return why directories cannot be those of the service."""
    found = [
        fault(
            one["path"],
            variable=one.get("exclusive") or "",
            uid=account_number(one.get("owner") or "root", pwd.getpwnam, "directory", may_be_missing=True),
            mode=octal(str(one["mode"])),
        )
        for one in directories
    ]
    return [sentence for sentence in found if sentence]


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "units": {"type": "list", "elements": "str", "default": []},
            "others": {"type": "list", "elements": "str", "default": []},
            "ports": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "port": {"type": "int", "required": True},
                    "variable": {"type": "str", "required": True},
                    "protocol": {"type": "str", "choices": ["tcp", "udp"]},
                    "holder": {"type": "str"},
                },
            },
            "holders": {"type": "list", "elements": "str", "default": []},
            "directories": {"type": "list", "elements": "dict", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "family": {"type": "str", "default": "Debian"},
            "account": {"type": "str"},
            "config": {"type": "list", "elements": "str", "default": []},
            "watched": {"type": "list", "elements": "str", "default": []},
            "reread": {"type": "list", "elements": "str", "default": []},
            "stamps": {"type": "str"},
            "memory": {"type": "str"},
            "version": {"type": "list", "elements": "str", "default": []},
            "listening": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        units = unit_states([*params["units"], *params["others"]])
        active = [name for name in params["units"] if name in units["active"]]
        taken, listens, known = socket_answers(params, bool(active))
        sums = sums_of(list(dict.fromkeys([*params["watched"], *params["config"]])))
        answer = said(params["version"]) if params["version"] else None
        facts = {
            "units": units,
            "taken": taken,
            "short_of_room": rooms_that_lack(params["directories"]),
            "faults": faults_of(params["directories"]),
            "missing_packages": packages_that_miss(params["packages"], params["family"]),
            "account": account_of(params["account"]) if params["account"] else "",
            "fresh": fresh(sums, params["watched"], params["stamps"] or "", params["units"]),
            "reloadable": reloadable(sums, params["watched"], params["reread"], params["stamps"] or "", active),
            "config_sha256": config_sha256(sums, params["config"]),
            "interrupted": (HOMES / params["name"]).exists(),
            "version": version_in(answer.stdout + answer.stderr) if answer else "unknown",
            "listening": listens,
            "listening_known": known,
        }
        if params["memory"]:
            facts["remembered"] = remembered(params["memory"])
    except FailureError as error:
        module.fail_json(msg=error.msg, **error.facts)
    module.exit_json(changed=False, **facts)


if __name__ == "__main__":
    main()
