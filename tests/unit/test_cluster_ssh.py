# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""make cluster-ssh asks the inventory, and becomes ssh."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from collection import ROOT

OPTIONS = "-o IdentityFile='\"/home/a b/key\"' -o StrictHostKeyChecking=yes"
OPTIONS_OF_SSH = ["-o", 'IdentityFile="/home/a b/key"', "-o", "StrictHostKeyChecking=yes"]
NODE = {"node_name": "storage-a-1", "ansible_host": "198.18.7.5", "ansible_user": "root", "node_running": True}
LISTED = {
    "_meta": {
        "hostvars": {
            "nb-storage-a-1": {
                **NODE,
                # as ansible-inventory shows what a plugin read from elsewhere
                "node_name": {"__ansible_unsafe": "storage-a-1"},
                "ansible_ssh_common_args": OPTIONS,
                "node_sites": [{"__ansible_unsafe": "a"}],
            },
            "nb-fuse-client": {**NODE, "node_name": "fuse-client", "node_running": False},
            "nas": {"ansible_port": 2222, "ansible_ssh_private_key_file": "/k"},
        }
    },
    "storage": {"hosts": ["nb-storage-a-1", "bare.example"]},
}


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose inventory and whose ssh play their parts."""
    (tmp_path / "tools").mkdir()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "tools/ssh.py", tmp_path / "tools")
    for path, text in {
        "tools/setup": "#!/bin/sh\n",
        ".venv/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
        ".venv/bin/ansible-inventory": f"#!/bin/sh\ncat {tmp_path}/listed\n",
        "ssh": f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n",
    }.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
        (tmp_path / path).chmod(0o755)
    (tmp_path / "listed").write_text(json.dumps(LISTED), encoding="utf-8")
    return tmp_path


def make(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment = {**clean, "PATH": f"{checkout}:{clean['PATH']}"}
    return subprocess.run(
        ["make", "cluster-ssh", *words], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "called"),
    [
        (
            ["node=storage-a-1"],
            ["-t", *OPTIONS_OF_SSH, "root@198.18.7.5"],
        ),
        (
            ["node=storage-a-1", "command=echo 'a  b' | wc"],
            [*OPTIONS_OF_SSH, "root@198.18.7.5", "echo 'a  b' | wc"],
        ),
        (["node=nas"], ["-t", "-i", "/k", "-p", "2222", "nas"]),
        (["node=bare.example"], ["-t", "bare.example"]),
    ],
)
def test_ssh_gets_what_ansible_hands_to_it(checkout, words, called):
    done = make(checkout, *words)
    assert json.loads(done.stdout) == called, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["node=storage-a-11"], "Unknown node 'storage-a-11'. Did you mean 'storage-a-1'? Known: bare.example, nas,"),
        ([], "Which node? make cluster-ssh node=storage-a-1. Known: "),
        (["node=fuse-client"], "fuse-client is stopped. Start the cluster with make cluster."),
    ],
)
def test_a_node_that_cannot_be_reached_is_refused(checkout, words, said):
    done = make(checkout, *words)
    assert done.returncode != 0
    assert said in done.stderr


def test_an_inventory_without_nodes_is_said(checkout):
    (checkout / "listed").write_text('{"_meta": {"hostvars": {}}}', encoding="utf-8")
    assert "There are no nodes of this installation." in make(checkout, "node=a").stderr
