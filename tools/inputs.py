# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files a check looks at, so that only those run again whose files have changed.

A pattern is a folder ("plugins/"), a name, or a name with "*", which stands for any characters, also "/".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SHARED = ("tools/check.py", "tools/inputs.py", "tools/setup", "requirements*.txt", ".ci/", "Makefile", "galaxy.yml")
"""What every check stands on: when one of these changes, all run."""

# A role, a module, an action, a filter or a fragment of documentation, as YAML and Python name it
NAMED = re.compile(r"netfs\.bench\.([a-z][a-z0-9_]*)")
IMPORTED = re.compile(r"plugins\.((?:module|plugin)_utils)\.(_[a-z0-9_]+)")
KINDS = ("action", "callback", "doc_fragments", "filter", "lookup", "modules")


def chosen(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Return those of the names that a pattern matches, sorted."""
    patterns = tuple(patterns)
    folders = tuple(pattern for pattern in patterns if pattern.endswith("/"))
    others = [pattern for pattern in patterns if not pattern.endswith("/")]
    return sorted(name for name in names if name.startswith(folders) or any(fnmatchcase(name, one) for one in others))


@cache
def text(name: str) -> str:
    """Return what stands in a file of the repository; one that is no text is empty."""
    return (ROOT / name).read_text(encoding="utf-8", errors="ignore")


def reached(starts: Iterable[str], names: Iterable[str], read: Callable[[str], str] = text) -> set[str]:
    """Return these files, and all that they lead to: the roles and plugins they name, and what these import.

    :param starts: files of the repository, by their names from its root.
    :param names: all files of the repository.
    :param read: gives the text of a file.
    """
    known = set(names)
    roles: dict[str, list[str]] = {}
    for name in known:
        if name.startswith("roles/") and not name.endswith("README.md"):
            roles.setdefault(name.split("/")[1], []).append(name)
    found: set[str] = set()
    waiting = [name for name in starts if name in known]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        content = read(name)
        for word in set(NAMED.findall(content)):
            waiting += roles.get(word, [])
            waiting += [path for kind in KINDS if (path := f"plugins/{kind}/{word}.py") in known]
        waiting += [path for kind, word in IMPORTED.findall(content) if (path := f"plugins/{kind}/{word}.py") in known]
    return found


def digest(names: Iterable[str], words: Iterable[str] = ()) -> str:
    """Return a hash of files, their names included, and of other words that matter."""
    total = hashlib.sha256()
    for word in words:
        total.update(f"{word}\0".encode())
    for name in sorted(names):
        path = ROOT / name
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return total.hexdigest()
