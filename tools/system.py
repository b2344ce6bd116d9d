# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes a new system: a role that works, its scenario and test, its profile. See docs/adding-a-server.md.

    .venv/bin/python tools/system.py NAME

Everything is copied from tools/skeleton/, with NAME in place of "sample". Nothing that is there is changed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SKELETON = ROOT / "tools/skeleton"


def named(text: str, name: str) -> str:
    """Return a text of the skeleton with the name of the new system."""
    return text.replace("sample", name).replace("Sample", name.capitalize())


def main() -> int:
    name = "".join(sys.argv[1:])
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        sys.exit("make system name=NAME: NAME starts with a letter and has small letters, digits and _ only.")
    wanted = {
        ROOT / named(str(path.relative_to(SKELETON)), name): path for path in SKELETON.rglob("*") if path.is_file()
    }
    present = [str(path.relative_to(ROOT)) for path in wanted if path.exists()]
    if present:
        sys.exit(f"make system name={name}: {', '.join(sorted(present))} is there already. Nothing was written.")
    for path, source in sorted(wanted.items()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(named(source.read_text(encoding="utf-8"), name), encoding="utf-8")
        print(path.relative_to(ROOT))
    print(f"\nNext: edit roles/{name}/vars/main.yml, then run: make role ROLE={name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
