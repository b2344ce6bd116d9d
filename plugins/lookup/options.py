# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: options
short_description: The public options of the playbooks, as they were given
version_added: 0.2.0
description:
  - Reads every variable that C(playbooks/options.yml) describes, wherever it was set, and gives its value in its type,
    or its default where it was not set.
  - Refuses a value that is not of its type.
"""

EXAMPLES = r"""
- name: Show where runs are kept
  ansible.builtin.debug:
    msg: "{{ lookup('netfs.bench.options').results }}"
"""

RETURN = r"""
_raw:
  description: The value of every option, by its name.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.netfs.bench.plugins.plugin_utils._public_options import (
    OptionError,
    public_options,
    values_of,
)


class LookupModule(LookupBase):
    """Gives the public options of the playbooks."""

    def run(self, _terms, variables=None, **_kwargs):
        options = public_options()
        variables = variables or {}
        given = {name: self._templar.template(variables[name]) for name in options if name in variables}
        try:
            return [values_of(options, given)]
        except OptionError as error:
            raise AnsibleError(str(error)) from error
