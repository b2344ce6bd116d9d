# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What filters that write a value into another language take for the message of a refusal."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  _variable:
    description: Name of the variable the value comes from, for the message of a refusal.
    type: str
    default: ''
"""

    SECRET = r"""
options:
  secret:
    description: Whether the value is a secret, which the message of a refusal does not show.
    type: bool
    default: false
"""
