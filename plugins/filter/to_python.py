# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_python
short_description: A literal in a Python script
version_added: 0.2.0
description:
  - Writes a value as an expression that Python evaluates to this value.
  - Refuses what has no literal, such as an infinite number.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number, boolean, null, list or dictionary.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Write a script
  ansible.builtin.copy:
    dest: /usr/local/lib/archive/upload
    mode: "0755"
    content: |
      #!/usr/bin/python3
      print({{ archive_directory | netfs.bench.to_python('archive_directory') }})
"""

RETURN = r"""
_value:
  description: The expression, in ASCII.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._python import to_python
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_python": as_filter(to_python)}
