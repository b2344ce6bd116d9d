# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""INI files as Amazon's tools, Python's configparser without interpolation and Ansible's lookup read them."""

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line


def to_ini(value: object, variable: str = "", *, secret: bool = False) -> str:
    """Return the value of one key. There are no quotes: what the readers would take away is refused."""
    text = single_line(value, variable, language="an INI file", secret=secret)
    if text != text.strip():
        refuse(value, "an INI file drops leading and trailing spaces of a value", variable, secret=secret)
    return text
