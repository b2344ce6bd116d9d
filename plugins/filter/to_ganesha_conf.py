# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ganesha_conf
short_description: One value in the configuration of NFS-Ganesha
version_added: 0.2.0
description:
  - Writes a value so that NFS-Ganesha reads exactly this value, or refuses it.
positional: _variable, form
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text, number or boolean; a list for V(clients), a mapping for V(parameters).
    type: raw
    required: true
  form:
    description:
      - V(string) is a text in quotes.
      - V(clients) is a list of addresses, networks, names, patterns and netgroups. Networks lose their host bits.
      - V(parameter) is a value whose type is the parameter's matter. What could be a word or a number is one.
      - V(parameters) are further parameters of a block, a line each. Those that the roles write themselves are refused.
    type: str
    choices: [string, clients, parameter, parameters]
    default: string
"""

EXAMPLES = r"""
- name: Show a line of ganesha.conf
  ansible.builtin.debug:
    msg: "Path = {{ '/srv/a \"b\" c' | netfs.bench.to_ganesha_conf('ganesha_exports.path') }};"
  # Path = "/srv/a \"b\" c";
"""

RETURN = r"""
_value:
  description: The value as it stands in the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ganesha_conf import to_ganesha_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ganesha_conf": as_filter(to_ganesha_conf)}
