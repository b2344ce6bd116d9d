# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file with a name and a password that both smbclient and mount.cifs read."""

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.module_utils._samba import reason_against_name, reason_against_password
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import refuse, single_line


def to_smb_login(value: object, variable: str = "", part: str = "password") -> str:
    """Return a password, or with `part` ``username`` a name, as it stands after ``password=`` or ``username=``.

    The two programs have no way to quote: they take the rest of the line, smbclient without blanks at its beginning,
    and split names at some characters. Raises RefusedValueError for what either would read as something else.
    """
    secret = part == "password"
    text = single_line(value, variable, language="a login file", secret=secret)
    reason = reason_against_password(text) if secret else reason_against_name(text)
    if not reason and text[0] in " \t":
        reason = "smbclient removes leading spaces"
    if reason:
        refuse(value, reason, variable, secret=secret)
    return text
