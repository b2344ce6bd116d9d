# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the repository promises about itself: set-up, make, lock files, texts."""

from __future__ import annotations

import configparser
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements", "requirements-setup", "requirements-test"]


def tracked() -> list[Path]:
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"]
    names = subprocess.check_output(words, cwd=ROOT, text=True).split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file() and not (ROOT / name).is_symlink()]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def markdown() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text_of(ROOT / "Makefile"), flags=re.MULTILINE))


# Names of hosts are put together here, so that this file does not name them either
@pytest.mark.parametrize(
    "host",
    [
        ".".join(words)
        for words in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
            ("snapshot", "debian", "org"),
            ("archive", "ubuntu", "com"),
            ("galaxy", "ansible", "com"),
            ("quay", "io"),
            ("ghcr", "io"),
            ("hub", "docker", "com"),
            ("registry", "npmjs", "org"),
            ("proxy", "golang", "org"),
        )
    ],
)
def test_no_file_names_a_registry(host: str) -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if host in text_of(path)] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    own = re.compile("|".join([r"(?<![\w.}])/work" + "/(main|shared|notes)", "/tmp" + "/venv", r"/root/\.py" + "env"]))
    found = [(str(path.relative_to(ROOT)), hit.group()) for path in tracked() if (hit := own.search(text_of(path)))]
    assert found == []


@pytest.mark.parametrize("name", ["tools/setup", ".ci/run"])
def test_scripts_can_be_run(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


def test_no_step_has_the_name_of_a_playbook() -> None:
    """Ansible looks for what a step includes beside the playbook, too, and may find that first."""
    books = {path.name for folder in (ROOT, ROOT / "playbooks") for path in folder.glob("*.yml")}
    assert len(books) > 15
    assert sorted(path.name for path in (ROOT / "playbooks/steps").rglob("*.yml") if path.name in books) == []


def jobs() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text_of(ROOT / ".github/workflows/checks.yml"))["jobs"]
    return found


def test_ci_runs_every_check() -> None:
    assert "make test" in text_of(ROOT / ".ci/run")
    steps = jobs()["checks"]["steps"]
    assert "bash .ci/run" in [step.get("run") for step in steps]


def test_settings_of_the_linter_name_files_that_exist() -> None:
    kinds = yaml.safe_load(text_of(ROOT / ".ansible-lint"))["kinds"]
    patterns = [pattern for kind in kinds for pattern in kind.values()]
    assert patterns
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []


def test_ci_tests_every_role_on_debian_12() -> None:
    (step,) = [step for step in jobs()["scenarios"]["steps"] if step.get("id") == "list"]
    # what jq makes a list of is one name a line
    script = step["run"].replace("| jq -Rnc '[inputs]'", "").replace('>> "$GITHUB_OUTPUT"', "")
    said = subprocess.check_output(["bash", "-euc", script], cwd=ROOT, text=True).strip()
    scenarios = {path.parent.name for path in ROOT.glob("molecule/*/molecule.yml")}
    assert set(said.removeprefix("roles=").split()) == scenarios - {"reuse"}
    assert "needs.scenarios.outputs.roles" in jobs()["debian_12"]["strategy"]["matrix"]["role"]


def test_ci_runs_what_runs_only_by_name(program) -> None:
    check = program("check")
    assert set(jobs()["by_name"]["strategy"]["matrix"]["part"]) == {part.name for part in check.parts() if part.by_name}


def test_ci_starts_with_the_oldest_supported_ansible() -> None:
    oldest = yaml.safe_load(text_of(ROOT / "meta/runtime.yml"))["requires_ansible"].removeprefix(">=")
    versions = jobs()["ansible"]["strategy"]["matrix"]["include"]
    assert f"ansible-core=={oldest}" in versions[0]["packages"].split()


# make


def test_help_lists_every_target() -> None:
    said = subprocess.check_output(["make"], cwd=ROOT, text=True)
    listed = set(re.findall(r"^  ([a-z-]+)  +\S", said, flags=re.MULTILINE)) - {"make"}
    assert listed == make_targets()
    assert set(re.findall(r"^\.PHONY: (.*)", text_of(ROOT / "Makefile"), flags=re.MULTILINE)[0].split()) == listed


def test_bench_alone_measures_ganesha(made) -> None:
    assert made("bench") == ("bench.yml", {"system": "ganesha", "effort": "smoke"})


@pytest.mark.parametrize(
    "value",
    ["rclone", "a,b", "two words", "it's", '"quoted"', "back\\slash", "$HOME", "{{ x }}", "a=b", "x -- y=z", "#no", ""],
)
def test_bench_hands_every_value_on(made, value: str) -> None:
    given = {"system": "ganesha", "effort": "smoke", "workload": value}
    assert made("bench", f"workload={value}") == ("bench.yml", given)


@pytest.mark.parametrize("flags", [["-s"], ["-j2"], ["-k", "-s"], ["--no-print-directory"]])
def test_flags_of_make_are_no_variables(made, flags: list[str]) -> None:
    given = {"system": "samba", "effort": "quick"}
    assert made(*flags, "bench", "system=samba", "effort=smoke", "effort=quick")[1] == given


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("sytem=samba", "unknown variable 'sytem'. Did you mean 'system'?"),
        ("size=1m", "unknown variable 'size'."),
        ("nodes_docker_subent=198.18.7.0/24", "Did you mean 'nodes_docker_subnet'?"),
        ("frobnicate=1", "The variables are in README.md"),
    ],
)
def test_a_misspelt_variable_is_refused_before_anything_starts(
    made, word: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        made("bench", word)
    assert says in capfd.readouterr().err


def test_variables_of_ansible_itself_are_handed_on(made) -> None:
    assert made("bench", "ansible_user=me")[1]["ansible_user"] == "me"


def test_a_variable_of_the_environment_may_stand_on_the_command_line_of_make(made) -> None:
    assert "BENCH_SUBNET" not in made("bench", "BENCH_SUBNET=198.18.7.0/24")[1]


@pytest.mark.parametrize("target", ["nodes", "report", "destroy"])
def test_targets_name_playbooks_that_exist(made, target: str) -> None:
    assert (ROOT / made(target, "run=x")[0]).is_file()


def test_role_wants_a_name(made) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        made("role")


# Lock files


def locked(name: str) -> dict[str, list[str]]:
    """Return each requirement of a lock file with its hashes."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\w)", text_of(ROOT / f"{name}.txt")):
        if not block.startswith("#"):
            head = block.split(" \\\n")[0].split("    # via")[0].strip()
            found[head] = re.findall(r"--hash=sha256:[0-9a-f]{64}", block)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_requirements_are_pinned_with_hashes(name: str) -> None:
    pins = locked(name)
    assert pins
    assert [
        pin for pin, hashes in pins.items() if not re.match(r"[\w.\[\]-]+==[\w.]+( ; .*)?$", pin) or not hashes
    ] == []


@pytest.mark.parametrize("name", LOCKS)
def test_requirements_hold_what_was_asked_for(name: str) -> None:
    asked = re.findall(r"^[a-z][\w.-]*", text_of(ROOT / f"{name}.in"), flags=re.MULTILINE)
    assert set(asked) <= {re.split("[=[]", pin)[0] for pin in locked(name)}


def test_tests_run_with_the_packages_of_a_run() -> None:
    run, test = ({pin.split(" ; ")[0] for pin in locked(name)} for name in ("requirements", "requirements-test"))
    assert run <= test


# Settings


def test_an_inventory_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "ansible.cfg")
    assert settings["inventory"] == {"unparsed_is_failed": "true", "any_unparsed_is_failed": "true"}
    words = ["ansible-inventory", "-i", str(tmp_path / "nothing"), "--list"]
    program_path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shown = subprocess.run(
        words,
        cwd=ROOT,
        env={**os.environ, "PATH": program_path, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode != 0
    assert "nothing" in shown.stderr


def test_files_of_the_execution_environment_exist() -> None:
    environment = yaml.safe_load(text_of(ROOT / "meta/execution-environment.yml"))
    assert environment["version"] == 3
    for name in environment["dependencies"].values():
        assert (ROOT / name).is_file()


def test_ansible_is_new_enough_for_the_collection() -> None:
    wanted = yaml.safe_load(text_of(ROOT / "meta/runtime.yml"))["requires_ansible"]
    least = re.fullmatch(r">=(\d+)\.(\d+)\.\d+", wanted)
    core = next(
        re.match(r"ansible-core==(\d+)\.(\d+)", pin) for pin in locked("requirements") if "ansible-core==" in pin
    )
    assert least
    assert core
    assert tuple(map(int, core.groups())) >= tuple(map(int, least.groups()))


# Texts


def test_links_in_texts_lead_somewhere() -> None:
    # what make system writes stands two folders higher than its skeleton
    places = {path: Path(str(path).replace("/tools/skeleton/", "/")).parent for path in markdown()}
    links = [
        (path, link)
        for path in places
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(path))
        if not re.match(r"[a-z]+:", link)
    ]
    missing = [(path, link) for path, link in links if not Path(os.path.normpath(places[path] / link)).exists()]
    assert [f"{path.name}: {link}" for path, link in missing] == []


# The runner of the checks


@pytest.fixture
def runner(program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    check = program("check")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr(check, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(check.inputs, "ROOT", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(check, "files", lambda *_patterns: [path.name for path in tmp_path.glob("input*")])

    def run(*parts, words: Sequence[str] = ()) -> tuple[int, list[str]]:
        table = [
            check.Part(
                f"part{number}",
                part,
                lambda names, number=number: [name for name in names if name == f"input{number}"],
                minutes=0.05,
                shares_nodes=part.__name__ == "nodes",
            )
            for number, part in enumerate(parts)
        ]
        monkeypatch.setattr(check, "parts", lambda: table)
        monkeypatch.setattr(sys, "argv", ["check", *words])
        return check.main(), capsys.readouterr().out.rstrip("\n").splitlines()

    return run


def good(job) -> None:
    job("true", cwd=ROOT)
    job.count(2)


def bad(job) -> None:
    job("sh", "-c", "echo what went wrong; exit 3", cwd=ROOT)
    job.count(2)


def test_the_runner_counts_what_passed(runner) -> None:
    code, lines = runner(good, good)
    assert (code, lines[-1]) == (0, "4 passed, 0 failed")


def test_the_runner_goes_on_after_a_failure_and_shows_it(runner) -> None:
    code, lines = runner(bad, good)
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")
    assert "what went wrong" in lines


def test_what_has_passed_is_run_again_when_a_file_of_it_has_changed(runner, tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"input{number}").write_text("as it was")
    assert runner(good, bad, words=["--changed"])[1][-1] == "2 passed, 1 failed"
    code, lines = runner(good, good, words=["--changed"])
    assert (code, lines[-1]) == (0, "2 passed, 0 failed")
    assert [line for line in lines if line.startswith("part0")] == [
        f"{'part0':24} not run: 2 passed with the current files"
    ]
    assert runner(good, good)[1][-1] == "4 passed, 0 failed"  # without a word everything runs
    (tmp_path / "input0").write_text("as it is now")
    assert "part0 ..." in runner(good, good, words=["--changed"])[1]


def test_what_differs_from_a_commit_is_run(runner, tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for number in range(3):
        (tmp_path / f"input{number}").write_text("as it was")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "input0", "input1"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    (tmp_path / "input0").write_text("as it is now")
    lines = runner(good, good, good, words=["--since", "HEAD"])[1]
    assert [line.split()[0] for line in lines if line.endswith(" ...")] == ["part0", "part2"]
    (tmp_path / "input1").unlink()
    assert "part1 ..." in runner(good, good, good, words=["--since", "HEAD"])[1]
    with pytest.raises(SystemExit, match="git knows no commit 'nothing'"):
        runner(good, words=["--since", "nothing"])


def test_a_part_that_ran_nothing_has_failed(runner) -> None:
    code, lines = runner(good, lambda _job: None)
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


@pytest.mark.parametrize(
    ("suite", "images", "words"),
    [
        ("", ["trixie-1", "trixie-1"], []),
        ("bookworm", ["bookworm-1", "bookworm-1"], []),
        ("bookworm", ["trixie-1", "trixie-1"], ["destroy", "reset"]),
        ("", ["bookworm-1", "bookworm-1"], ["destroy", "reset"]),
        ("", [], ["reset"]),
    ],
)
def test_a_role_is_tested_on_nodes_of_the_release_that_was_asked_for(
    program, monkeypatch: pytest.MonkeyPatch, suite: str, images: list[str], words: list[str]
) -> None:
    check = program("check")
    ran = []

    class Recorder(check.Job):
        def __call__(self, *argv, **_options) -> str:
            ran.append(argv)
            return "".join(f"netfs-bench-node:{image}\n" for image in images) if argv[0] == "docker" else ""

    monkeypatch.setitem(check.ENVIRONMENT, "NETFS_BENCH_SUITE", suite)
    check.molecule(Recorder(io.StringIO(), 0), "samba")
    assert [argv[1] for argv in ran if argv[0] == "molecule"] == [*words, "test"]


def test_a_scenario_on_nodes_that_are_gone_has_failed(program) -> None:
    """Its plays have no host then, and every one of them has passed."""
    check = program("check")

    class Emptied(check.Job):
        def __call__(self, *argv, **_options) -> str:
            return f"PLAY [Serve]\n{check.NO_HOSTS}\n" if argv[1] == "test" else ""

    job = Emptied(io.StringIO(), 0)
    check.molecule(job, "reuse")
    assert (job.passed, job.failed) == (0, 1)


def test_a_part_that_hangs_is_stopped(runner) -> None:
    code, lines = runner(lambda job: job("sleep", "60", cwd=ROOT), good)
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_a_program_that_is_killed_is_a_failure(runner) -> None:
    def killed(job) -> None:
        job("sh", "-c", "kill -TERM $$", cwd=ROOT)
        job.count(1)

    code, lines = runner(killed, good)
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_a_missing_program_is_a_failure(runner) -> None:
    code, lines = runner(lambda job: job("no-such-program", cwd=ROOT), good)
    assert (code, lines[-1]) == (1, "2 passed, 1 failed")


def test_two_parts_run_at_a_time_and_those_that_share_nodes_never_do(runner) -> None:
    meeting = threading.Barrier(2)
    ended: list[str] = []

    def files(job) -> None:
        meeting.wait(timeout=30)
        ended.append("files")
        job.count(1)

    def make(number: int):
        def nodes(job) -> None:
            assert len([name for name in ended if name.startswith("nodes")]) == number
            if not number:
                meeting.wait(timeout=30)
            ended.append(f"nodes{number}")
            job.count(1)

        return nodes

    code, lines = runner(make(0), make(1), files)
    assert (code, lines[-1]) == (0, "3 passed, 0 failed")
    assert sorted(ended) == ["files", "nodes0", "nodes1"]
    table = lines[lines.index(next(line for line in lines if line.startswith("In all"))) + 1 :]
    assert [line.split()[0] for line in table[:3]] == ["part0", "part1", "part2"]


def test_reasons_of_a_failure_stand_at_the_end(runner) -> None:
    _code, lines = runner(lambda job: job("sh", "-c", "echo 'fatal: [server]: it burns'; exit 2", cwd=ROOT), good)
    assert "fatal: [server]: it burns" in lines[-4:]


def test_contributing_names_every_part_of_the_checks(program) -> None:
    page = text_of(ROOT / "CONTRIBUTING.md")
    names = {"role:NAME" if part.name.startswith("role:") else part.name for part in program("check").parts()}
    assert {name for name in names if f"`{name}`" not in page} == set()


# Those who come from the compose file have these in their .env
OF_COMPOSE = [
    *("S3_ENDPOINT", "S3_BUCKET", "S3_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    *("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
    *("DITTOFS_CONTROLPLANE_SECRET",),
    *("BENCH_WAL_ENABLED", "BENCH_CPU_LIMIT", "BENCH_MEM_LIMIT", "BENCH_CACHE_SIZE", "BENCH_CACHE_SIZE_MB"),
]


@pytest.mark.parametrize("name", OF_COMPOSE)
def test_the_page_for_compose_says_whether_a_variable_is_read(program, name: str) -> None:
    rows = [row for row in text_of(ROOT / "docs/coming-from-compose.md").splitlines() if f"`{name}`" in row]
    assert len(rows) == 1
    assert ("not read" in rows[0]) != (name in program("play").from_environment(ROOT))


SYSTEMS_OF_COMPOSE = [
    *("dittofs-badger-fs", "dittofs-badger-s3", "dittofs-postgres-s3", "dittofs-smb"),
    *("ganesha", "juicefs", "kernel-nfs", "rclone", "samba"),
]


def test_the_page_for_compose_names_every_system_it_had() -> None:
    page = text_of(ROOT / "docs/coming-from-compose.md")
    assert [name for name in SYSTEMS_OF_COMPOSE if f"`{name}`" not in page] == []
