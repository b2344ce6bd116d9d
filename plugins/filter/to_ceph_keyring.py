# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ceph_keyring
short_description: One keyring with the keys of several clients of Ceph
version_added: 0.2.0
description:
  - Takes the key of each client out of a keyring of its own, and nothing else that stands there.
  - A refusal shows no key.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: The text of a keyring for each client, by the name of the client without C(client.).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write the keyring of a server
  ansible.builtin.copy:
    content: "{{ {'nfs': lookup('ansible.builtin.file', 'ceph.client.nfs.keyring')} | netfs.bench.to_ceph_keyring }}\n"
    dest: /etc/nas/keyring
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The lines of the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_clients import to_ceph_keyring
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ceph_keyring": as_filter(to_ceph_keyring)}
