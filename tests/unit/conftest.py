# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several unit tests need."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from collection import ROOT
from importing import imported


@pytest.fixture
def program() -> Callable[[str], ModuleType]:
    """Import a program of tools/ by its name."""
    return lambda name: imported(f"tools_{name}", ROOT / f"tools/{name}.py")


@pytest.fixture
def made(tmp_path: Path):
    """Run make in a copy whose set-up does nothing and whose ansible-playbook shows what it was given."""
    (tmp_path / "tools").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "tools/play.py", tmp_path / "tools")
    (tmp_path / "playbooks").symlink_to(ROOT / "playbooks")
    (tmp_path / "roles").symlink_to(ROOT / "roles")
    for path, lines in {
        "tools/setup": "#!/bin/sh\n",
        # no link: a Python that is found by one may not be that of the environment, and lack its packages
        ".venv/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        ".venv/bin/ansible-playbook": f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n",
    }.items():
        (tmp_path / path).write_text(lines)
        (tmp_path / path).chmod(0o755)

    def run(*words: str) -> tuple[str, dict[str, str]]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        said = subprocess.check_output(["make", *words], cwd=tmp_path, text=True, env=clean)
        playbook, *options = json.loads(said)
        assert options[::2] == ["-e"] * (len(options) // 2)
        variables: dict[str, str] = {}
        for option in options[1::2]:
            variables |= json.loads(option)
        return playbook, variables

    return run
