# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_shell
short_description: One word of a shell script
version_added: 0.2.0
description:
  - Writes a value so that a POSIX shell reads exactly this value as one word; a list as several words.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number or list of these.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: List a directory with a blank in its name
  ansible.builtin.debug:
    msg: "ls -- {{ '/srv/media old' | netfs.bench.to_shell('samba_shares.path') }}"
  # ls -- '/srv/media old'
"""

RETURN = r"""
_value:
  description: The word, quoted where it has to be.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._shell import to_shell


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_shell": as_filter(to_shell)}
