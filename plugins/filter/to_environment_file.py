# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_environment_file
short_description: A value in an environment file
version_added: 0.2.0
description:
  - Writes the value of one variable into a file that systemd reads as C(EnvironmentFile=), or a shell with C(.), so
    that the program gets these very bytes. Lines may be several.
  - Refuses NUL, code points that are none to systemd, which would ignore the file, and what is longer than the
    kernel takes as one variable.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals, netfs.bench.refusals.secret]
options:
  _input:
    description: Text, number or boolean; a boolean becomes C(true) or C(false).
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Write an environment file
  ansible.builtin.copy:
    dest: /etc/archive/environment
    mode: "0600"
    content: |
      PASSWORD={{ archive_password | netfs.bench.to_environment_file('archive_password', secret=true) }}
  # a"b$c becomes PASSWORD="a\"b\$c"
"""

RETURN = r"""
_value:
  description: The value in double quotes.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import to_environment_file


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_environment_file": as_filter(to_environment_file)}
