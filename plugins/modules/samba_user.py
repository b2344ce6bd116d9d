#!/usr/bin/python
# Copyright (c) netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: samba_user
short_description: Manage the accounts of a Samba server
version_added: 0.1.0
description:
  - Creates, changes and removes entries of the account database (passdb) that a Samba configuration names.
  - A password is set only if it differs. Samba keeps the NT hash of a password, so the module computes the hash of
    the one asked for and compares. This works while the server is stopped, and in check mode.
  - The password is handed to C(smbpasswd) through its standard input. It is never on a command line, in the
    environment, in a file, in the result or in the difference that C(--diff) shows; neither is its hash.
  - Every change is read back. A password that Samba stored differently is a failure.
options:
  name:
    description:
      - Name of the account, in small letters, as Samba keeps it.
      - The system must know a user of that name, because Samba acts with that user's identity on files. Create it
        first, for example with M(ansible.builtin.user); it needs neither a shell nor a password of its own.
    type: str
    required: true
  password:
    description:
      - Password of the account.
      - Needed to create an account.
      - At most 254 bytes in UTF-8, without line breaks.
    type: str
  update_password:
    description:
      - V(always) sets the password whenever it differs.
      - V(on_create) sets it only for a new account, so that users can change their own.
    type: str
    choices: [always, on_create]
    default: always
  enabled:
    description:
      - Whether the account may log in. A new account may if this is omitted; an existing one stays as it is.
    type: bool
  state:
    description:
      - V(present) creates or changes the account.
      - V(absent) removes it from Samba's database. The user of the system and the files stay.
    type: str
    choices: [present, absent]
    default: present
  config:
    description:
      - Configuration of the server. Its C(passdb backend) says where the accounts are, so several servers on one node
        each have their own.
    type: path
    default: /etc/samba/smb.conf
notes:
  - In check mode on a host where Samba or the configuration is not there yet, every account counts as missing.
    The system's user is not asked for either, because an earlier task would have made it.
  - A running server sees a change at once; sessions that are logged in already stay.
requirements:
  - C(pdbedit) and C(smbpasswd) on the host (on Debian from the package samba)
attributes:
  check_mode:
    description: Can run in check mode and says what it would change without changing anything.
    support: full
  diff_mode:
    description: Shows the state of the account before and after, of the password only whether it differs.
    support: full
  idempotent:
    description: When run twice with the same options, the second run changes nothing.
    support: full
seealso:
  - module: ansible.builtin.user
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Make a user of the system that cannot log in to it
  ansible.builtin.user:
    name: alice
    shell: /usr/sbin/nologin
    create_home: false

- name: Give her a Samba account
  netfs.bench.samba_user:
    name: alice
    password: "{{ vault_alice_password }}"

# A loop over names shows no password. A loop over the accounts themselves would, because Ansible shows items.
- name: Give everybody an account, and leave alone what they changed since
  netfs.bench.samba_user:
    name: "{{ item }}"
    password: "{{ vault_passwords[item] }}"
    update_password: on_create
  loop: "{{ vault_passwords | list }}"

- name: Lock an account of a server with a configuration of its own
  netfs.bench.samba_user:
    name: bob
    enabled: false
    config: /etc/netfs-samba/smb.conf

- name: Remove it
  netfs.bench.samba_user:
    name: bob
    state: absent
    config: /etc/netfs-samba/smb.conf
"""

RETURN = r"""
name:
  description: Name of the account.
  returned: success
  type: str
  sample: alice
state:
  description: Whether the account is there now.
  returned: success
  type: str
  sample: present
enabled:
  description: Whether the account may log in.
  returned: success and O(state=present)
  type: bool
  sample: true
password_changed:
  description: Whether the password was set, or would be in check mode.
  returned: success
  type: bool
  sample: false
"""

import pwd
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._samba import (
    AS_ASKED,
    Account,
    accounts,
    reason_against_name,
    reason_against_password,
    state_of,
    wanted_state,
)
from ansible_collections.netfs.bench.plugins.module_utils._settle import settle


class Database:
    """The account database that one configuration names."""

    def __init__(self, module, config):
        self.module = module
        self.config = config
        self.pdbedit = module.get_bin_path("pdbedit")
        self.smbpasswd = module.get_bin_path("smbpasswd")
        self.there = bool(self.pdbedit and self.smbpasswd and Path(config).is_file())

    def require(self):
        if not (self.pdbedit and self.smbpasswd):
            self.module.fail_json(
                msg="Samba is not installed on this host: pdbedit or smbpasswd is missing. Install samba first."
            )
        if not self.there:
            self.module.fail_json(msg=f"{self.config} does not exist. Name the server's configuration with config.")

    def run(self, argv, data=None):
        # binary: Ansible would add a line break of its own
        rc, out, err = self.module.run_command(
            argv, data=data, binary_data=True, expand_user_and_vars=False, environ_update={"LC_ALL": "C"}
        )
        if rc:
            said = (err.strip() or out.strip()).splitlines()
            self.module.fail_json(
                msg=f"{Path(argv[0]).name} failed: {said[-1] if said else f'exit status {rc}'}",
                cmd=argv,
                rc=rc,
                stderr=err,
            )
        return out

    def account(self, name) -> Account | None:
        if not self.there:
            return None
        found = accounts(self.run([self.pdbedit, f"--configfile={self.config}", "--list", "--smbpasswd-style"]))
        return found.get(name)

    def set_password(self, name, password):
        data = f"{password}\n{password}\n".encode()
        self.run([self.smbpasswd, "-c", self.config, "-a", "-s", name], data=data)

    def set_enabled(self, name, enabled):
        self.run([self.smbpasswd, "-c", self.config, "-e" if enabled else "-d", name])

    def delete(self, name):
        self.run([self.pdbedit, f"--configfile={self.config}", "--delete", f"--user={name}"])


def refuse_what_cannot_be(module, database, missing):
    """Fail before anything is changed."""
    name, password = module.params["name"], module.params["password"]
    reason = "" if password is None else reason_against_password(password)
    if reason:
        module.fail_json(msg=f"password: this secret cannot be used: {reason}.")
    if missing and password is None:
        module.fail_json(msg=f"Samba has no account {name}, and without a password none can be created. Set password.")
    if module.check_mode:
        return
    database.require()
    try:
        pwd.getpwnam(name)
    except KeyError:
        module.fail_json(
            msg=f"The system has no user {name}, and Samba needs one to access files as. "
            "Create it first, for example with ansible.builtin.user."
        )


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "password": {"type": "str", "no_log": True},
            "update_password": {
                "type": "str",
                "choices": ["always", "on_create"],
                "default": "always",
                "no_log": False,
            },
            "enabled": {"type": "bool"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "config": {"type": "path", "default": "/etc/samba/smb.conf"},
        },
        supports_check_mode=True,
    )
    name, password, state = module.params["name"], module.params["password"], module.params["state"]
    reason = reason_against_name(name)
    if reason:
        module.fail_json(msg=f"name: {name!r} cannot be used: {reason}.")
    database = Database(module, module.params["config"])

    before = state_of(database.account(name), password)
    wanted = None
    if state == "present":
        refuse_what_cannot_be(module, database, before is None)
        wanted = wanted_state(before, password, module.params["enabled"], module.params["update_password"])

    def write(changes):
        if changes.get("password") == AS_ASKED:
            database.set_password(name, password)
        # smbpasswd may enable an account whose password it sets
        now = database.account(name)
        enabled = changes.get("enabled", (before or {}).get("enabled", True))
        if now and now.enabled != enabled:
            database.set_enabled(name, enabled)

    result = settle(
        before,
        wanted,
        create=write,
        update=write,
        delete=lambda: database.delete(name),
        dry_run=module.check_mode,
    )
    after = result["diff"]["after"]
    if result["changed"] and not module.check_mode:
        stored = state_of(database.account(name), password) or {}
        if stored != after:
            module.fail_json(
                msg=f"Samba did not store the account as requested: {name} should be {after} and is {stored}. "
                "A password script or a password policy of the server may be in the way."
            )
    module.exit_json(
        name=name,
        state=state,
        **({"enabled": after["enabled"]} if after else {}),
        password_changed=bool(after) and after["password"] != (before or {}).get("password"),
        **result,
    )


if __name__ == "__main__":
    main()
