# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible starts only where the locale is UTF-8; make sees to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START = """
import os, sys
sys.path.insert(0, "tools")
from play import with_utf8
os.execve(sys.argv[1], [sys.argv[1], "--version"], with_utf8(dict(os.environ)))
"""


@pytest.mark.parametrize("locale", ["C", "xx_XX.ISO-8859-1"])
def test_ansible_starts_in_every_locale(locale: str) -> None:
    program = str(ROOT / ".venv/bin/ansible-playbook")
    environment = {**os.environ, "LC_ALL": locale}
    command = [sys.executable, "-c", START, program]
    answer = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("ansible-playbook")
