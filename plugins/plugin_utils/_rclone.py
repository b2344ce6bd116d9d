# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rclone.conf: an INI file with rules of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line


def to_rclone_conf(value: object, variable: str = "", *, secret: bool = False) -> str:
    """Return a value of rclone.conf; a dictionary gives its options, one a line, without those that are empty.

    Booleans become true and false. Names of options are letters, digits and '_'.
    """
    if isinstance(value, Mapping):
        lines = []
        for name, entry in value.items():
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", str(name)):
                refuse(name, "the name of an rclone option may contain only letters, digits and '_'", variable)
            written = to_rclone_conf(entry, f"{variable}.{name}" if variable else "", secret=secret)
            lines += [f"{name} = {written}"] if written else []
        return "\n".join(lines)
    if isinstance(value, bool):
        return str(value).lower()
    text = single_line(value, variable, language="rclone.conf", secret=secret)
    if re.search(r"%\([^)]+\)s", text):
        refuse(value, "rclone would expand %(NAME)s as another option", variable, secret=secret)
    # It takes blanks off both ends, and quotes of its own; what is between the first and the last backtick stays.
    return f"`{text}`" if text != text.strip() or text.startswith(("`", '"""')) else text
