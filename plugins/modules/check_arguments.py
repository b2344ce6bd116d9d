# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This file holds the documentation of an action plugin of the same name, which runs on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
---
module: check_arguments
short_description: Refuse variables of a role that are not of their types
version_added: 0.2.0
description:
  - Looks at the variables of the role that calls it, also inside lists and dictionaries, and compares them with the
    entry C(main) of its C(meta/argument_specs.yml).
  - Ansible's own validation converts a copy, and the role then works with the value as it was given. A text where a
    list is meant is read letter by letter, and the mode V(0755) without quotes is the number 493. This refuses both.
  - A text that reads as exactly one number or boolean is one, because C(-e name=value) gives texts.
  - The message names each variable, its value and what is right. It shows no value of an option with C(no_log), or of
    one whose name says that it is a password, secret, key or token.
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Check the variables' types
  netfs.bench.check_arguments:
"""

RETURN = r""" # """
