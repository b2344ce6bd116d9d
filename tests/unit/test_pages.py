# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every command of the pages is read out of them and proven, each in one of these ways:

* reports, comparisons and the tool run for real, on results that were made up;
* what measures is planned for real (``plan_only``); the smoke test measures with the same playbooks;
* what makes or removes nodes, and what changes hosts, has its playbook and its words checked by Ansible
  (``--syntax-check``); the smoke test and the roles' scenarios run the same playbooks on nodes;
* mounts must name ports that a role has by default; the roles' scenarios mount with them;
* what runs the checks is handed to the table of the checks, which CI runs from end to end.

A command that none of these fits fails: pages have no commands that nobody proves.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import suites
import synthetic
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LATEST = "20261124T062003Z-ganesha-smoke"  # the run that docs/first-benchmark.md shows
# What stands in the pages for something of the reader's own
STANDS_FOR = {"NAME": LATEST, "RUN": LATEST, "BASE": LATEST, "sample": "ganesha", "SAMPLE": "ganesha", "PROOF": "cuts"}
BIN = Path(sys.executable).parent


def blocks(text: str, *languages: str) -> list[str]:
    return re.findall(rf"^```(?:{'|'.join(languages)})\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def commands_of(text: str) -> list[str]:
    """Return the commands of a page: all of a sh block, what follows a prompt in a console block, make in prose."""
    lines = [line for block in blocks(text, "sh", "bash") for line in block.replace("\\\n", " ").splitlines()]
    lines += [line[2:] for block in blocks(text, "console") for line in block.splitlines() if line[:2] in ("$ ", "# ")]
    lines += [said for said in re.findall(r"`(make [^`\n]+)`", text) if "NAME" not in said]
    return list(dict.fromkeys(line.split("  #")[0].strip() for line in lines if line.strip() and line[0] != "#"))


COMMANDS = [(page, line) for page in PAGES for line in commands_of(page.read_text(encoding="utf-8"))]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results with one run, made up, and where runs are planned one in which the power was cut."""
    place = tmp_path_factory.mktemp("pages") / "results"
    shape = synthetic.Shape(
        systems={"ganesha": 1.0, "samba": 1.1},
        protocols=["nfs3"],
        workloads={"rand-read-4k": synthetic.WORKLOADS["rand-read-4k"]},
        passes=["warm"],
        trials=8,
        raw=False,
        extras=False,
    )
    synthetic.write_run(place / LATEST, shape)
    suites.write_cut_run(place / "new/cuts", [suites.cut_record([suites.power_cut()])])
    return place


def run(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv/collections"),
    }
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@cache
def play(playbook: str, options: tuple[str, ...], results: Path, cwd: Path = ROOT) -> None:
    """Prove a playbook with the words a page gives it; the same words on another page are proven already."""
    inventory = () if "-i" in options else ("-i", "nobody.example,")
    words = [*inventory, *options, "-e", f"results={results}"]
    if "inventories/ec2" in words:
        # reading it needs an account: tests/integration/cloud reads it, here its plays and words are looked at
        words[words.index("inventories/ec2")] = "nobody.example,"
        done = run("ansible-playbook", "--syntax-check", playbook, *words, cwd=cwd)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    if Path(playbook).stem == "cluster":
        done = run("ansible-playbook", playbook, *words, "-e", "plan_only=true", cwd=cwd)
        assert re.search(r"topology \S+: \d+ nodes at a, b", done.stdout), done.stdout + done.stderr
    elif Path(playbook).stem in ("bench", "plan", "validate"):
        words[-1] += "/new"  # the run that was made up is for reports only
        done = run("ansible-playbook", playbook, *words, "-e", "plan_only=true", cwd=cwd)
        assert re.search(r"run \S+: \d+ cells", done.stdout), done.stdout + done.stderr
    elif Path(playbook).stem in ("report", "compare"):
        done = run("ansible-playbook", playbook, *words, cwd=cwd)
        assert "Page: " in done.stdout or LATEST in done.stdout, done.stdout + done.stderr
    else:
        done = run("ansible-playbook", "--syntax-check", playbook, *words, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


def prove_make(words: list[str], results: Path, made, program) -> None:
    target = words[0]
    if target == "cluster-ssh":
        return  # test_cluster_ssh.py runs it
    if target in ("bench", "validate", "plan", "nodes", "report", "destroy", "acceptance") or target.startswith(
        "cluster"
    ):
        playbook, variables = made(*words)
        given = sorted(f"{name}={value}" for name, value in variables.items() if name != "plan_only")
        play(playbook, tuple(word for variable in given for word in ("-e", variable)), results)
        return
    said = subprocess.check_output(["make", "--dry-run", *words], cwd=ROOT, text=True)
    if target not in ("setup", "clean", "requirements"):
        assert {"system": "tools/system.py", "contract": "test_role_contract.py"}.get(target, "tools/check.py") in said
    for line in re.findall(r"tools/check\.py *(.*)", said):
        check = program("check")
        assert check.chosen(check.arguments().parse_args(line.split()).parts)


def prove_ansible(page: Path, words: list[str], results: Path, tmp_path: Path) -> None:
    playbook = next(word for word in words if word.endswith(".yml") and words[words.index(word) - 1] != "-i")
    options = tuple(word for word in words if word not in (playbook, "--check", "--diff"))
    if (ROOT / playbook).is_file():
        play(playbook, options, results)
        return
    # the reader's own play is the first one that the page shows
    shown = next(
        block
        for block in blocks(page.read_text(encoding="utf-8"), "yaml")
        if re.search("^[ -] hosts:", block, re.MULTILINE)
    )
    (tmp_path / playbook).write_text(shown, encoding="utf-8")
    (tmp_path / "hosts.yml").write_text((ROOT / "docs/examples/hosts.yml").read_text(encoding="utf-8"))
    play(playbook, options, results, cwd=tmp_path)


def prove_tool(words: list[str], results: Path) -> None:
    done = run(ROOT / "tools/netfs-bench", *words, cwd=results.parent)
    assert (done.returncode, LATEST in done.stdout) == (0, True), done.stdout + done.stderr


def prove_docker(words: list[str]) -> None:
    """The smoke test kills nodes with the first form; the second names a file that the node's own start keeps."""
    if words[0] == "kill":
        assert 'docker("kill", f"{INSTALLATION.name}-server")' in (ROOT / "tests/smoke/test_bench.py").read_text(
            encoding="utf-8"
        )
    else:
        assert words[0] == "exec"
        assert "/run/uml" in words[-1]
        start = (ROOT / "roles/nodes_docker/files/image/uml-node").read_text(encoding="utf-8")
        assert "run=/run/uml" in start
        assert '> "$run/pid"' in start


def prove_mount(line: str) -> None:
    defaults = {
        value
        for path in ROOT.glob("roles/*/defaults/main.yml")
        for name, value in yaml.safe_load(path.read_text(encoding="utf-8")).items()
        if name.endswith("_port")
    }
    ports = {int(port) for port in re.findall(r"port=(\d+)", line)}
    assert ports
    assert ports <= defaults
    assert "mount -t nfs" not in line or re.search(r"vers=(3.*nolock|4\.[012]),?", line)


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page.name}: {line}" for page, line in COMMANDS])
def test_command(page: Path, line: str, results: Path, request: pytest.FixtureRequest) -> None:
    for word, own in STANDS_FOR.items():
        line = re.sub(rf"(?<![\w.-]){word}(?![\w.-])", own, line)
    program_name, *words = shlex.split(line)
    if program_name == "make":
        prove_make(words, results, *(request.getfixturevalue(name) for name in ("made", "program")))
    elif Path(program_name).name == "ansible-playbook":
        prove_ansible(page, words, results, request.getfixturevalue("tmp_path"))
    elif program_name == "tools/netfs-bench":
        prove_tool(words, results)
    elif program_name == "docker":
        prove_docker(words)
    elif line == "set -a && . ./.env && set +a":
        pass  # the shell's own; test_repository.py holds the variables of the table to what is read
    elif program_name in ("mount", "smbclient"):
        prove_mount(line)
    else:
        pytest.fail(f"Nothing proves this command: {line}")


def test_pages_have_commands() -> None:
    assert {"make bench", "make test"} <= {line for page, line in COMMANDS if page.name == "README.md"}
    assert {page for page, _line in COMMANDS} >= {ROOT / "README.md", ROOT / "docs/first-benchmark.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_yaml_of_pages_can_be_read(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8"), "yaml"):
        assert yaml.safe_load(block)
