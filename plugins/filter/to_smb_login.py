# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_smb_login
short_description: A name or password in a login file of smbclient or mount.cifs
version_added: 0.2.0
description:
  - Writes a name or a password so that both C(smbclient --authentication-file) and the C(credentials) of C(mount.cifs)
    read exactly this.
  - What one of them would read as something else is refused. That is a password with blanks at its beginning, of more
    than 254 bytes or with a line break, and a name with capital letters or a character at which names are split.
  - A password is never part of the message.
positional: _variable, part
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Name or password.
    type: str
    required: true
  part:
    description: What it is.
    type: str
    choices: [password, username]
    default: password
"""

EXAMPLES = r"""
- name: Write a login
  ansible.builtin.copy:
    content: |
      username={{ share_user | netfs.bench.to_smb_login('share_user', part='username') }}
      password={{ share_password | netfs.bench.to_smb_login('share_password') }}
    dest: /root/share.login
    owner: root
    group: root
    mode: '0600'
  no_log: true
"""

RETURN = r"""
_value:
  description: What stands after the sign of equality.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._smb_login import to_smb_login


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_smb_login": as_filter(to_smb_login)}
