# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_secret_file
short_description: A secret in a file of its own
version_added: 0.2.0
description:
  - Returns a secret that is kept in a file, as it is, and refuses one that a reader of the file would read otherwise.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Secret; it is never shown.
    type: raw
    required: true
  shortest:
    description: Bytes that it has to have, if there is one at all.
    type: int
    default: 0
  longest:
    description: Bytes that it may have.
    type: int
    default: 1024
"""

EXAMPLES = r"""
- name: Keep a password
  ansible.builtin.copy:
    content: "{{ password | netfs.bench.to_secret_file('password', shortest=8, longest=72) }}"
    dest: /etc/example/password
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The secret.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._secret_file import to_secret_file


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_secret_file": as_filter(to_secret_file)}
