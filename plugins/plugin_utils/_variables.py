# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of hosts as actions read them: one may be missing, or be made of something that is."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleUndefinedVariable


def variable(host: t.Mapping[str, t.Any], name: str, default: t.Any) -> t.Any:
    """A variable of a host; the default where it is not set, or made of something that is not."""
    try:
        return host.get(name, default)
    except AnsibleUndefinedVariable:
        return default
