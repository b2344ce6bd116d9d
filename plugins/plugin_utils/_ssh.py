# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of ssh: how values, mostly paths, become arguments that Ansible hands on to it."""

from __future__ import annotations

import re
import shlex

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import kind, refuse, single_line

PLAIN = re.compile(r"[\w/.,:@+-]+", flags=re.ASCII)


def to_ssh_option(options: object, variable: str = "") -> str:
    """Return {name: value} as `-o name=value ...` for ansible_ssh_common_args; null leaves an option out.

    Two programs take it apart: Ansible splits it as a shell would, then ssh reads each option as a line of its
    configuration, with quotes, escapes and, in paths, `%` and `${NAME}` to expand.
    """
    if not isinstance(options, dict):
        refuse(options, f"options of ssh must be a dictionary, not a {kind(options)}", variable)
    given = {name: value for name, value in options.items() if value is not None}
    return " ".join(f"-o {name}={shlex.quote(_value(value, variable or name))}" for name, value in given.items())


def _value(value: object, variable: str) -> str:
    """Return a value as ssh_config(5) writes it."""
    text = single_line(value, variable, language="an option of ssh")
    if PLAIN.fullmatch(text):
        return text
    if not text:
        refuse(value, "an option of ssh needs a value", variable)
    if text.startswith("~"):
        refuse(value, "ssh expands a leading ~ to a home directory", variable)
    if "${" in text:
        refuse(value, "ssh expands ${ as an environment variable, even between quotes", variable)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
