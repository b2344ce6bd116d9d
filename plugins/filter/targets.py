# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: targets
short_description: Targets that can be judged
version_added: 0.2.0
description:
  - Returns a document in the form of C(playbooks/targets.yml) as it is, and refuses one that cannot be judged, with
    everything that is wrong with it.
options:
  _input:
    description: Targets by their names.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Read targets of our own
  ansible.builtin.set_fact:
    targets: "{{ lookup('ansible.builtin.file', 'ours.yml') | from_yaml | netfs.bench.targets }}"
"""

RETURN = r"""
_value:
  description: The same targets.
  type: dict
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import as_filter
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import targets_of


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"targets": as_filter(lambda given: targets_of(given) and given)}
