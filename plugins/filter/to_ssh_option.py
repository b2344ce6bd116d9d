# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ssh_option
short_description: Options of ssh for Ansible's connection
version_added: 0.2.0
description:
  - Writes options so that ssh gets exactly these values through C(ansible_ssh_common_args), paths with blanks, quotes
    and percent signs too.
positional: _variable
options:
  _input:
    description: Names of options with their values. A value that is null leaves the option out.
    type: dict
    required: true
  _variable:
    description: Name of the variable the values come from, for the message of a refusal.
    type: str
    default: ''
notes:
  - Refused is what ssh would replace whatever the quotes, such as C(${NAME}) and a C(~) at the beginning.
"""

EXAMPLES = r"""
- name: Reach a host with a list of host keys of its own
  ansible.builtin.add_host:
    name: nas
    ansible_ssh_common_args: >-
      {{ {'UserKnownHostsFile': '/home/a b/known_hosts', 'ConnectTimeout': 10} | netfs.bench.to_ssh_option }}
  # -o UserKnownHostsFile='"/home/a b/known_hosts"' -o ConnectTimeout=10
"""

RETURN = r"""
_value:
  description: The arguments.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._ssh import to_ssh_option


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ssh_option": as_filter(to_ssh_option)}
