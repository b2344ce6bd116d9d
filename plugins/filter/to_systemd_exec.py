# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_systemd_exec
short_description: One argument in an Exec line of systemd
version_added: 0.2.0
description:
  - Writes a value so that the program of an C(Exec) line gets exactly this value as one argument; a list as several.
  - Beside what P(netfs.bench.to_systemd_word#filter) does, C($) begins no variable.
  - The program itself is written by P(netfs.bench.to_systemd_word#filter).
  - Refuses NUL and other control characters but the tabulator, and code points that are none to systemd, which
    would ignore the line.
  - Refuses what is longer than the kernel takes as one argument.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number or list of these.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Write a unit
  ansible.builtin.copy:
    dest: /etc/systemd/system/archive.service
    mode: "0644"
    content: |
      [Service]
      ExecStart=/usr/bin/archive --to {{ archive_directory | netfs.bench.to_systemd_exec('archive_directory') }}
  # /srv/$HOME becomes --to "/srv/$$HOME"
"""

RETURN = r"""
_value:
  description: The argument, quoted where it has to be.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import to_systemd_exec


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_systemd_exec": as_filter(to_systemd_exec)}
