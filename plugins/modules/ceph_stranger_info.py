#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ceph_stranger_info
short_description: Whether the monitors of a Ceph cluster let in who has no key of it
version_added: 0.2.0
description:
  - Introduces itself to the monitors as a client that does not exist, with a key that was made for this question and
    that no cluster has, and says what they answered.
  - What does not answer is neither of the two, and no failure of this module.
options:
  monitors:
    description: Addresses of the monitors, as C(mon_host) of a configuration has them.
    type: str
    required: true
  seconds:
    description: Seconds that the monitors may take.
    type: int
    default: 20
requirements:
  - python3-rados on the host
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.ceph_cluster_info
"""

EXAMPLES = r"""
- name: Ask whether the monitors refuse a stranger
  netfs.bench.ceph_stranger_info:
    monitors: "{{ endpoints.storage_b.ceph.monitors }}"
  register: asked
  failed_when: asked.answer != 'refused'
"""

RETURN = r"""
answer:
  description: V(refused), V(accepted), or V(unknown) when there was no answer.
  returned: always
  type: str
reason:
  description: What the monitors, or the library, said; empty when they let the stranger in.
  returned: always
  type: str
  sample: "[errno 13] RADOS permission denied (error connecting to the cluster)"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._ceph_stranger import answer_of

try:
    import rados
except ImportError:
    rados = None


def main():
    module = AnsibleModule(
        argument_spec={"monitors": {"type": "str", "required": True}, "seconds": {"type": "int", "default": 20}},
        supports_check_mode=True,
    )
    answer, reason = answer_of(rados, module.params["monitors"], module.params["seconds"])
    module.exit_json(changed=False, answer=answer, reason=reason)


if __name__ == "__main__":
    main()
