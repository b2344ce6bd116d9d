# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from two_sites import destroy


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """The nodes go away with the module, as do those that a broken off test left."""
    destroy()
    yield
    destroy()
