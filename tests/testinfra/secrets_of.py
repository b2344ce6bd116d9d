# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look for secrets where none may be. The node only tells what it shows; the comparison is made here, since a secret on
the command line of a search would be found by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from testinfra.host import Host

ROOT = Path(__file__).parent.parent.parent
TEXT = " | tr -cd '\\11\\12\\40-\\176'"  # some logs and state files are not text


def shown_by(node: Host, unit: str) -> dict[str, str]:
    """Return everything that an account without privileges, a log collector or a curious colleague gets to see."""
    return {
        "processes": node.check_output("ps -eww -o args"),
        "environment in ps": node.check_output("runuser -u nobody -- ps -eww e -o args"),
        "systemctl show": node.check_output("systemctl show %s", unit),
        "systemctl cat": node.check_output("systemctl cat %s", unit),
        "journal": node.check_output("journalctl --no-pager --output=cat"),
        "logs": node.check_output(f"find /var/log -type f -name '*.log*' -exec cat '{{}}' + {TEXT}"),
        "world-readable files": node.check_output(
            "find /etc /usr/local /run /var/lib /tmp -xdev -type f -size -200k -perm -o+r -exec cat '{}' + 2>/dev/null"
            + TEXT
        ),
    }


def kept() -> Path:
    """Return the directory of the controller in which roles keep what they generated."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return state / "netfs.bench" / os.environ["NETFS_BENCH_INSTALLATION"] / "secrets"


def play(*words: str, refused: bool = False, **environment: str) -> str:
    """Run a playbook of the scenario, see that it succeeds (or is refused), and return everything it said."""
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [str(program), *words],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "default", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 2) if refused else (done.returncode == 0), said[-6000:]
    return said


def told(secret: str, said: str) -> bool:
    """Tell whether Ansible has said a secret, as it is or as JSON has it."""
    written = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return any(text in said for text in (secret, *written))


def refusal(**variables: object) -> str:
    """Apply the scenario's services with other variables, see that this is refused, and return what was said."""
    extra = f"--extra-vars={json.dumps(variables)}"
    return " ".join(play(*inventory(), extra, "molecule/shared/converge.yml", refused=True).split())


def inventory() -> list[str]:
    """Return the arguments that name the inventory of the scenario."""
    return ["--inventory", str(ROOT / "inventories" / os.environ.get("NETFS_BENCH_INVENTORY", "docker"))]


def refusals(file: Path, access_key: str) -> str:
    """Get wrong what the scenario lists, with an access key whose secret is another; return all that was said."""
    file.write_text(f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = guessed\n")
    wrong = f"--extra-vars=scenario_wrong_keys={file}"
    return play("--diff", "-vvv", *inventory(), wrong, "molecule/shared/refusals.yml")
