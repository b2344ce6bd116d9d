# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_smb_conf
short_description: One value or name in smb.conf
version_added: 0.2.0
description:
  - Writes a value, the name of a parameter or the name of a share so that Samba reads exactly this from C(smb.conf).
  - Booleans become yes or no, a list becomes a list whose entries stand in quotation marks where they have to.
  - What Samba would read as something else is refused, because the file has no way to quote. That is a backslash at the
    end, blanks at the ends or two in a row, and control characters.
positional: _variable, part
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number, boolean or list of texts.
    type: raw
    required: true
  part:
    description:
      - V(text) is a value in which Samba replaces nothing. C(%U) and its like, and quotation marks that Samba would
        take away, are refused.
      - V(path) is such a value and an absolute path.
      - V(value) is a value in Samba's own syntax, where C(%U) stands for the user.
      - V(parameter) is the name of a parameter, V(section) that of a share.
    type: str
    choices: [text, path, value, parameter, section]
    default: text
"""

EXAMPLES = r"""
- name: Write a list of users, one of them with a blank in his name
  ansible.builtin.debug:
    msg: "valid users = {{ ['alice', '@dom users'] | netfs.bench.to_smb_conf('samba_shares.users') }}"
  # valid users = alice, "@dom users"

- name: Refuse a name that means something else to Samba
  ansible.builtin.debug:
    msg: "[{{ 'global' | netfs.bench.to_smb_conf('samba_shares.name', part='section') }}]"
  # samba_shares.name: 'global' cannot be used: Samba reserves this name.
"""

RETURN = r"""
_value:
  description: What stands in the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._smb_conf import to_smb_conf


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_smb_conf": as_filter(to_smb_conf)}
