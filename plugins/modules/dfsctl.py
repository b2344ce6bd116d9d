#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: dfsctl
short_description: Run a command of dfsctl, the client of DittoFS
version_added: 0.1.0
description:
  - Runs what the other modules of the group have no word for, such as netgroups, snapshot policies or the recycle bin,
    and returns its JSON.
  - Logs in first and hands the token over in a private file that is removed at the end, never on the command line.
    The credentials of whoever runs C(dfsctl) by hand are neither used nor touched.
extends_documentation_fragment:
  - netfs.bench.dfsctl
attributes:
  check_mode:
    description: Runs commands that only read.
    support: partial
    details: Of a command that is not known to read only, it says that it would change something.
  diff_mode:
    description: Nobody knows what a command changes.
    support: none
  idempotent:
    description: Depends on the command.
    support: N/A
options:
  argv:
    description:
      - The command and its arguments, without C(dfsctl) itself.
      - Arguments with secrets are refused.
      - Commands that ask before they remove something need C(--force).
    type: list
    elements: str
    required: true
  changes:
    description:
      - Whether the command changes something. By default a command with a verb such as C(list), C(show) or C(status)
        does not, and every other does.
    type: bool
  executable:
    description: The program.
    type: path
    default: dfsctl
  wait:
    description: Seconds that the command may take.
    type: int
    default: 300
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.dfsctl_info
"""

EXAMPLES = r"""
- name: Who is connected
  netfs.bench.dfsctl:
    argv: [client, list]
    api_password_file: /etc/netfs-dittofs/admin-password
  register: clients

- name: Empty the recycle bin
  netfs.bench.dfsctl:
    argv: [trash, empty, /export, --force]
    api_password_file: /etc/netfs-dittofs/admin-password
"""

RETURN = r"""
cmd:
  description: The command line.
  returned: when it was run
  type: list
  elements: str
json:
  description: What the command printed, as data.
  returned: when it printed JSON
  type: raw
stdout:
  description: What the command printed.
  returned: when it was run
  type: str
stderr:
  description: What the command complained about.
  returned: when it was run
  type: str
"""

import json
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    DfsctlError,
    arguments,
    reads_only,
    refuse_secrets,
    run,
)


def credentials(api):
    """The file in which dfsctl looks for its login."""
    params = api.params
    context = {
        "server_url": api.url,
        "username": params["api_username"],
        "access_token": api.token,
        "expires_at": "9999-01-01T00:00:00Z",  # the server decides; dfsctl must not try to renew it
        "ca_cert": params["api_ca_file"] or "",
        "client_cert": params["api_client_cert"] or "",
        "client_key": params["api_client_key"] or "",
        "tls_skip_verify": not params["api_validate_certs"],
    }
    return json.dumps({"current_context": "ansible", "contexts": {"ansible": context}})


def called(module, argv, home):
    """Run it where it finds the credentials, for at most so long, with nobody to answer its questions."""
    path = Path(home, "dfsctl", "config.json")
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_text(credentials(module.api), encoding="utf-8")
    environment = {"XDG_CONFIG_HOME": home, "HOME": home, "LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    try:
        return subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=module.params["wait"],
        )
    except subprocess.TimeoutExpired as error:
        raise DfsctlError(f"It ran longer than {module.params['wait']} seconds.", cmd=argv) from error


def work(module, api):
    """Run the command, and say honestly what it did."""
    given = module.params
    refuse_secrets(given["argv"])
    changes = not reads_only(given["argv"]) if given["changes"] is None else given["changes"]
    argv = [module.get_bin_path(given["executable"], required=True), "--output", "json", "--no-color", *given["argv"]]
    if changes and module.check_mode:
        return {"changed": True, "cmd": argv}
    module.api = api
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as home:
        done = called(module, argv, home)
    facts = {"cmd": argv, "rc": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    if done.returncode:
        said = done.stderr.strip().removeprefix("Error: ") or f"exit status {done.returncode}"
        raise DfsctlError(f"dfsctl: {said}", **facts)
    # Without a terminal its questions are answered with no, and it calls that a success.
    if "Aborted" in done.stdout + done.stderr:
        raise DfsctlError("dfsctl asked for a confirmation and did nothing; add --force.", **facts)
    try:
        facts["json"] = json.loads(done.stdout)
    except ValueError:
        facts["json"] = None
    return {"changed": changes, **facts}


def main():
    """The module."""
    module = AnsibleModule(
        argument_spec={
            **arguments(),
            "argv": {"type": "list", "elements": "str", "required": True},
            "changes": {"type": "bool"},
            "executable": {"type": "path", "default": "dfsctl"},
            "wait": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    run(module, work)


if __name__ == "__main__":
    main()
