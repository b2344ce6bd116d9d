# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ceph.conf, the configuration of a Ceph cluster as its daemons and clients read it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line

LANGUAGE = "ceph.conf"
SPECIAL = "\"'#;\\"


def to_ceph_conf(settings: object, variable: str = "") -> str:
    """Return a file with these sections and their options, whose values are texts, numbers or booleans.

    Raises RefusedValueError for what cannot be written: a section that is not `global`, a kind of daemon, a daemon or a
    client, an option with other characters than letters, digits and underscores, one that stands there twice, an empty
    value, and one with a comment, quotes, a backslash or blanks at its ends.
    """
    lines = []
    for section, options in _mapping(settings, variable).items():
        name = single_line(section, variable, language=LANGUAGE)
        if not re.fullmatch(r"global|(mon|mgr|osd|mds|client)([.][A-Za-z0-9._-]+)?", name):
            refuse(section, "a section is global, mon, mgr, osd, mds, client, or one such as osd.0", variable)
        lines += ["", f"[{name}]"]
        seen = set()
        for option, value in _mapping(options, f"{variable}.{name}").items():
            word = _option(option, f"{variable}.{name}")
            if word in seen:
                refuse(option, "ceph.conf takes a dash for an underscore, and it stands there twice", variable)
            seen.add(word)
            lines.append(f"{word} = {_value(value, f'{variable}.{name}.{option}')}")
    return "\n".join(lines)


def _mapping(entries: object, variable: str) -> Mapping[object, object]:
    if not isinstance(entries, Mapping):
        refuse(entries, f"ceph.conf needs a dictionary here, not a {kind(entries)}", variable)
    return entries


def _option(name: object, variable: str) -> str:
    text = single_line(name, variable, language=LANGUAGE).replace("-", "_").replace(" ", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        refuse(name, "an option of ceph.conf has only lower-case letters, digits and underscores", variable)
    return text


def _value(value: object, variable: str) -> str:
    text = single_line(value, variable, language=LANGUAGE)
    if not text or text != text.strip():
        refuse(value, "ceph.conf has no empty values, and keeps no blanks at the ends of one", variable)
    if found := next((character for character in text if character in SPECIAL), ""):
        refuse(value, f"it has {found!r}, which ceph.conf reads as something else", variable)
    return text
