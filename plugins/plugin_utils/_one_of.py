# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a user writes, and those that there are."""

from __future__ import annotations

import typing as t

from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import sentence


def one_of(name: str, known: t.Collection[str], kind: str) -> str:
    """Return a name that is one of those known; refuse any other with the closest one.

    :param kind: what the name is a name of, such as ``node``.
    """
    if name not in known:
        raise RefusedValueError(sentence(unknown(kind, str(name), known)))
    return name
