# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of one secret: its first line, without blanks at both ends, for Ansible's lookups and for our modules."""

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line


def to_secret_file(value: object, variable: str = "", *, shortest: int = 0, longest: int = 1024) -> str:
    """Return a secret as its file has it, which is the secret itself; refuse what a reader would read otherwise.

    `shortest` and `longest` are the bytes that the program which takes the secret wants. Nothing at all is no secret
    yet, and passes.
    """
    text = single_line(value, variable, language="a file of one secret", secret=True)
    if text != text.strip():
        refuse(value, "readers of its file drop leading and trailing spaces", variable, secret=True)
    if text and not shortest <= len(text.encode()) <= longest:
        refuse(value, f"it must have from {shortest} to {longest} bytes", variable, secret=True)
    return text
