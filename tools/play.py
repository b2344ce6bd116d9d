# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a playbook from make, handing on every name=value of make's command line.

    .venv/bin/python tools/play.py PLAYBOOK [NAME=DEFAULT ...]

make leaves its command line in MAKEFLAGS, with blanks and backslashes escaped. Each variable reaches Ansible as JSON,
so that blanks, commas and quotes in a value stay what they are.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path


def given(makeflags: str) -> dict[str, str]:
    """Return the variables of make's command line; later ones win, as in make."""
    flags = makeflags if makeflags.startswith("-- ") else makeflags.partition(" -- ")[1:][-1]
    words = re.findall(r"(?:\\.|[^\s\\])+", flags.removeprefix("-- "), flags=re.DOTALL)
    pairs = {}
    for word in reversed(words):  # make lists the last one first
        name, equals, value = word.partition("=")
        if equals:
            pairs[name.rstrip(":?+!")] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL).replace("$$", "$")
    return pairs


def main() -> None:
    playbook, *defaults = sys.argv[1:]
    root = Path(__file__).resolve().parent.parent
    variables = {**dict(word.split("=", 1) for word in defaults), **given(os.environ.pop("MAKEFLAGS", ""))}
    extra = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
    os.chdir(root)
    program = root / ".venv/bin/ansible-playbook"
    os.execv(program, [str(program), playbook, *extra])


if __name__ == "__main__":
    main()
