# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_haproxy_conf
short_description: One word of a line of haproxy.cfg
version_added: 0.2.0
description:
  - Writes a value so that HAProxy reads exactly this value, and neither a comment nor a variable.
  - Refuses control characters, the empty text and words of more than 1000 bytes.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Text or number.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a path with a blank in it
  ansible.builtin.debug:
    msg: "ca-file {{ '/etc/our certificates/ca.crt' | netfs.bench.to_haproxy_conf('conduit_authority') }}"
  # ca-file '/etc/our certificates/ca.crt'
"""

RETURN = r"""
_value:
  description: The word.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._haproxy_conf import to_haproxy_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_haproxy_conf": as_filter(to_haproxy_conf)}
