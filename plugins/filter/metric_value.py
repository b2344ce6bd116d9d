# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: metric_value
short_description: The value of one metric of a service
version_added: 0.2.0
description:
  - Finds the first sample of a metric in the format of Prometheus.
positional: name
options:
  _input:
    description: What the service answered.
    type: str
    required: true
  name:
    description: Name of the metric.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how many blocks wait for their upload
  ansible.builtin.debug:
    msg: "{{ answer.content | netfs.bench.metric_value('juicefs_staging_blocks') }}"
"""

RETURN = r"""
_value:
  description: The value as it is written, C(unknown) where there is none.
  type: str
"""

from ansible_collections.netfs.bench.plugins.plugin_utils._answers import metric_value


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self):
        return {"metric_value": metric_value}
