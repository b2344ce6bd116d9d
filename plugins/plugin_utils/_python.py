# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python: how a value becomes a literal of a script."""

from __future__ import annotations

import math

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse


def to_python(value: object, variable: str = "") -> str:
    """Return an expression in ASCII that Python evaluates to this value of JSON's kinds."""
    if isinstance(value, str):
        return ascii(str(value))
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_python(entry, variable) for entry in value) + "]"
    if not isinstance(value, dict):
        refuse(value, f"Python has no literal for a value of type {kind(value)}", variable)
    pairs = (f"{to_python(name, variable)}: {to_python(entry, variable)}" for name, entry in value.items())
    return "{" + ", ".join(pairs) + "}"
