# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_systemd_line
short_description: The text of a systemd setting that takes its whole line
version_added: 0.2.0
description:
  - Writes a value into a setting that takes the rest of its line as it is, without quotes, such as
    C(WorkingDirectory=), C(EnvironmentFile=), C(Description=), C(AssertPathExists=).
  - Refuses what such a line cannot hold - nothing, blanks at either end, a backslash at the end.
  - What a setting reads from the beginning, such as the C(-) of C(EnvironmentFile=), keeps its meaning; paths begin
    with C(/).
  - Refuses NUL and other control characters but the tabulator, and code points that are none to systemd, which
    would ignore the line.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text or number.
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
      WorkingDirectory={{ archive_directory | netfs.bench.to_systemd_line('archive_directory') }}
      ExecStart=/usr/bin/archive
  # /srv/100% old becomes WorkingDirectory=/srv/100%% old
"""

RETURN = r"""
_value:
  description: The text, with percent signs doubled.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import to_systemd_line


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_systemd_line": as_filter(to_systemd_line)}
