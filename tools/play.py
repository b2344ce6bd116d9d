# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a playbook from make, handing on every name=value of make's command line.

    .venv/bin/python tools/play.py PLAYBOOK [NAME | NAME=DEFAULT ...]

NAME alone is an option that has another default with make, which playbooks/options.yml says. make leaves its command
line in MAKEFLAGS, with blanks and backslashes escaped. Each variable reaches Ansible as JSON, so that blanks, commas
and quotes in a value stay what they are. A name that nothing reads is refused: Ansible would take it without a word,
and measure the default.
"""

from __future__ import annotations

import difflib
import json
import locale
import os
import re
import sys
from pathlib import Path
from typing import Any

import yaml


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


def from_environment(root: Path) -> set[str]:
    """Return the names that are read from the environment, where make has put them already."""
    paths = [path for top in ("playbooks", "roles") for path in root.glob(f"{top}/**/*.yml")]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return {name for text in texts for name in re.findall(r"ansible\.builtin\.env', '([A-Z]\w*)'", text)}


def options(root: Path) -> dict[str, dict[str, Any]]:
    """Return the public options of the playbooks."""
    described: dict[str, dict[str, Any]] = yaml.safe_load((root / "playbooks/options.yml").read_text(encoding="utf-8"))
    return described


def known(root: Path) -> set[str]:
    """Return the names that something reads: the playbooks, fio's jobs, the roles."""
    names = from_environment(root) | set(options(root))
    for effort in yaml.safe_load((root / "playbooks/efforts.yml").read_text(encoding="utf-8")).values():
        names |= {*effort["variables"], *effort.get("suites", {}).get("variables", {})}
    for path in root.glob("roles/*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            names |= set(entry.get("options", {}))
    return names


def defaults(words: list[str], root: Path) -> dict[str, str]:
    """Return the variables of the command line, those without a value with that of the options."""
    pairs = (word.partition("=") for word in words)
    return {name: value if equals else options(root)[name]["make"] for name, equals, value in pairs}


def refuse_unknown(names: set[str], root: Path) -> None:
    """End with a sentence when nothing reads one of the names."""
    readable = known(root)
    for name in sorted(name for name in names - readable if not name.startswith("ansible_")):
        close = difflib.get_close_matches(name, readable, n=1, cutoff=0.7)
        hint = f" Did you mean '{close[0]}'?" if close else " The variables are in README.md and in the roles' READMEs."
        sys.exit(f"make: unknown variable '{name}'.{hint} Nothing was started.")


def with_utf8(environment: dict[str, str]) -> dict[str, str]:
    """Return an environment that Ansible starts in: it refuses every locale that is not UTF-8."""
    try:
        locale.setlocale(locale.LC_ALL, "")
        fits = locale.nl_langinfo(locale.CODESET) == "UTF-8"
    except locale.Error:
        fits = False
    return environment if fits else {**environment, "LC_ALL": "C.UTF-8"}


def with_bytecode(environment: dict[str, str], root: Path) -> dict[str, str]:
    """Return an environment in which Python keeps its bytecode, where no file of the checkout lies.

    Each task is a process of its own, and without bytecode compiles the parts of Ansible that it uses anew.
    """
    if "PYTHONDONTWRITEBYTECODE" not in environment:
        return environment
    others = {name: value for name, value in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(root / ".cache/bytecode"), **others}


def main() -> None:
    playbook, *words = sys.argv[1:]
    root = Path(__file__).resolve().parent.parent
    asked = given(os.environ.pop("MAKEFLAGS", ""))
    refuse_unknown(set(asked), root)
    handed = {name: value for name, value in asked.items() if name not in from_environment(root)}
    variables = {**defaults(words, root), **handed}
    extra = [word for name, value in variables.items() for word in ("-e", json.dumps({name: value}))]
    os.chdir(root)
    program = root / ".venv/bin/ansible-playbook"
    environment = with_bytecode(with_utf8(dict(os.environ)), root)
    os.execve(program, [str(program), playbook, *extra], environment)


if __name__ == "__main__":
    main()
