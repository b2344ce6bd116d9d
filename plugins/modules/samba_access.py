#!/usr/bin/python
# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: samba_access
short_description: Check what the shares of a Samba server let whom do
version_added: 0.2.0
description:
  - Asks C(testparm) what Samba understands of a configuration, and compares path, users, writing and guests of each
    share with what was asked for. A difference, a share that is missing and one that nobody asked for are a failure.
  - Changes nothing.
options:
  config:
    description: Configuration of the server.
    type: path
    default: /etc/samba/smb.conf
  shares:
    description:
      - Shares as they should be, with the keys C(name), C(path), C(users), C(read_only) and C(options). Others are not
        looked at, so it takes C(samba_shares) of the role C(samba).
      - What C(options) says of the access to a share is not compared.
    type: list
    elements: dict
    required: true
  users:
    description: Users of a share without C(users).
    type: list
    elements: str
    default: []
requirements:
  - C(testparm) on the host (on Debian from the package samba-common-bin)
attributes:
  check_mode:
    description: Can run in check mode, where it does the same.
    support: full
  diff_mode:
    description: Nothing is changed, so there is no difference to show.
    support: none
  idempotent:
    description: When run twice with the same options, the second run changes nothing.
    support: full
seealso:
  - module: netfs.bench.samba_user
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Check that Alice alone reads the archive
  netfs.bench.samba_access:
    shares:
      - {name: archive, path: /srv/archive, users: [alice], read_only: true}
"""

RETURN = r"""
access:
  description: What each share lets whom do, by its name.
  returned: success
  type: dict
  sample:
    archive: {path: /srv/archive, valid users: [alice], read only: true, guest ok: false}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._samba import access, asked_access, differences


def main():
    module = AnsibleModule(
        argument_spec={
            "config": {"type": "path", "default": "/etc/samba/smb.conf"},
            "shares": {"type": "list", "elements": "dict", "required": True},
            "users": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    config, shares = module.params["config"], module.params["shares"]
    argv = [module.get_bin_path("testparm", required=True), "-sv", "--suppress-prompt", config]
    rc, out, err = module.run_command(argv, expand_user_and_vars=False, environ_update={"LC_ALL": "C.UTF-8"})
    if rc:
        module.fail_json(msg=f"testparm cannot read {config}: {err.strip() or f'exit status {rc}'}", cmd=argv, rc=rc)

    found = access(out)
    told = differences({share["name"]: asked_access(share, module.params["users"]) for share in shares}, found)
    if told:
        module.fail_json(
            msg=f"The shares of Samba are not those that were requested, see {config}: {' '.join(told)}", access=found
        )
    module.exit_json(changed=False, access=found)


if __name__ == "__main__":
    main()
