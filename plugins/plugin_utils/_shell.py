# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The POSIX shell: how a value becomes one word of a script."""

from __future__ import annotations

import shlex

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import plain


def to_shell(value: object, variable: str = "") -> str:
    """Return one word that sh reads as exactly this value; a list gives several words.

    Everything but NUL fits into single quotes, newlines too.
    """
    if isinstance(value, list | tuple):
        return " ".join(to_shell(entry, variable) for entry in value)
    return shlex.quote(plain(value, variable, language="an argument of a program"))
