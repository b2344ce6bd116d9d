# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""URLs: how a value becomes a part of one; see RFC 3986 and, for IPv6 addresses with a zone, RFC 6874."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import plain, refuse


def to_url(value: object, variable: str = "", *, path: bool = False, secret: bool = False) -> str:
    """Return one part of a URL: a user, a password, a name in a path, a query's value.

    With `path`, slashes stay: the value is a whole path. Then `.` and `..` as names in it are refused, as every reader
    resolves them, escaped or not.
    """
    text = plain(value, variable, language="a URL", secret=secret)
    if path and {".", ".."} & set(text.split("/")):
        refuse(value, "the names . and .. in a URL's path are resolved by its readers", variable, secret=secret)
    return urllib.parse.quote(text, safe="/" if path else "")


def to_url_host(value: object, variable: str = "") -> str:
    """Return a host of a URL: a name or an IPv4 address as it is, an IPv6 address in brackets."""
    text = plain(value, variable, language="a URL")
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in bare:
        try:
            address = ipaddress.IPv6Address(bare)
        except ValueError:
            refuse(value, "it is neither a host name nor an address; set the port with its own variable", variable)
        zone = f"%25{urllib.parse.quote(address.scope_id, safe='')}" if address.scope_id else ""
        return f"[{str(address).partition('%')[0]}{zone}]"
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?", text):
        refuse(value, "a host must be a name of ASCII letters, digits, '-', '_' and '.', or an address", variable)
    return text
