# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_systemd_word
short_description: One word of a systemd setting that takes a list
version_added: 0.2.0
description:
  - Writes a value so that systemd reads exactly this value as one word of a setting that takes a list, such as
    C(ReadWritePaths=), C(RequiresMountsFor=) or C(Environment=); a list as several words.
  - Also for the program of an C(Exec) line, the first word, where C($) means nothing.
  - What a setting reads from the beginning of a word, such as the C(-) of C(ReadWritePaths=), keeps its meaning;
    paths begin with C(/).
  - Refuses NUL and other control characters but the tabulator, and code points that are none to systemd, which
    would ignore the line.
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
      ReadWritePaths={{ archive_directory | netfs.bench.to_systemd_word('archive_directory') }}
      Environment={{ ('HOME=' ~ archive_directory) | netfs.bench.to_systemd_word('archive_directory') }}
      ExecStart=/usr/bin/archive
  # /srv/100% old becomes ReadWritePaths="/srv/100%% old"
"""

RETURN = r"""
_value:
  description: The word, quoted where it has to be.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._systemd import to_systemd_word


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_systemd_word": as_filter(to_systemd_word)}
