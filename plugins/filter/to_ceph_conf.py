# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: to_ceph_conf
short_description: Configuration of a Ceph cluster
version_added: 0.2.0
description:
  - Writes sections with their options as a ceph.conf, so that Ceph reads back exactly these values.
  - Comments, quotes and backslashes in a value are refused, because Ceph reads them as something else.
positional: _variable
extends_documentation_fragment: [netfs.bench.refusals]
options:
  _input:
    description: Mapping of sections to mappings of options to texts, numbers or booleans.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a ceph.conf
  ansible.builtin.debug:
    msg: "{{ {'global': {'osd_pool_default_size': 3}} | netfs.bench.to_ceph_conf }}"
  # [global]
  # osd_pool_default_size = 3
"""

RETURN = r"""
_value:
  description: The lines of the file.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_conf import to_ceph_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"to_ceph_conf": as_filter(to_ceph_conf)}
