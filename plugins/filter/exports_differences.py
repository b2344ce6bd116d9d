# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: exports_differences
short_description: How what an NFS server enforces differs from what was asked
version_added: 0.2.0
description:
  - Compares the access that exports ask for with what the server says that it gives.
positional: said, server
options:
  _input:
    description: List of exports, as the role takes them.
    type: list
    elements: dict
    required: true
  said:
    description: What C(exportfs -s) printed, or what Ganesha logged at its level INFO.
    type: str
    required: true
  server:
    description: Which server.
    type: str
    choices: [kernel_nfs, ganesha]
    required: true
  real:
    description: For the kernel's server, each path without symbolic links, which is what exportfs names.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Fail when somebody may do something else than was asked
  ansible.builtin.assert:
    that: differences | length == 0
    fail_msg: "{{ differences | join('; ') }}"
  vars:
    differences: "{{ kernel_nfs_exports | netfs.bench.exports_differences(exportfs.stdout, 'kernel_nfs') }}"
"""

RETURN = r"""
_value:
  description: A clause for each difference.
  type: list
  elements: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._exports import differences
from ansible_collections.netfs.bench.plugins.plugin_utils._ganesha_conf import ganesha_differences
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter


def exports_differences(exports, said, server, real=None):
    return ganesha_differences(exports, said) if server == "ganesha" else differences(exports, said, real or {})


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"exports_differences": as_filter(exports_differences)}
