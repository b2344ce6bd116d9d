# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people write and programs misread: values for property tests, and a fixed list for tests on nodes."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase

SPECIAL = " \t$%#;\\'\"`,=[]{}()!*?@:&|<>~^+-._/"
"""Characters that mean something to at least one of the languages."""

TEXTS = st.one_of(
    st.text(st.sampled_from(SPECIAL + "aZ0é漢"), max_size=40),
    st.text(max_size=60),
    st.sampled_from(["", "-", "--help", "~", "yes", "null", "0x10", "%n", "$HOME", "${HOME}", "was C:\\", "a" * 5000]),
)
"""Any text: blanks, quotes, control characters, nothing at all, very much."""

NAMES = st.text(st.sampled_from(SPECIAL.replace("/", "") + "aZ0é漢"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..")
)
"""Names of one file."""

PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
"""Absolute paths without "." and ".."."""

FOUND = DirectoryBasedExampleDatabase(Path(__file__).resolve().parents[2] / ".cache/hypothesis")
THOROUGH = settings(max_examples=300, deadline=None, database=FOUND, suppress_health_check=list(HealthCheck))
"""Decorates the property tests of languages."""

PATH_LIST = [
    "/srv/media old",
    "/srv/it's",
    '/srv/a "b" c',
    "/srv/100%Safe",
    "/srv/$HOME",
    "/srv/a;b#c",
    "/srv/back\\slash",
    "/srv/-dash",
    "/srv/[x]{y}!*?",
    "/srv/ünï漢",
    "/srv/a,b=c",
]
"""The list for nodes: each is served, or refused before anything has changed."""
