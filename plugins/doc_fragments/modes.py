# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules of one kind say of check mode and of differences."""

from __future__ import annotations


class ModuleDocFragment:
    READS = r"""
attributes:
  check_mode:
    description: Can run in check mode; it never changes anything.
    support: full
  diff_mode:
    description: Has no difference to show.
    support: none
"""

    MEASURES = r"""
attributes:
  check_mode:
    description: Does not run in check mode.
    support: none
  diff_mode:
    description: Has no difference to show.
    support: none
"""
