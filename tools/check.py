# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the checks of this repository, quick ones first, and counts what they looked at.

    .venv/bin/python tools/check.py [PART ...]     all parts, or these: a part's name, "lint", "ansible", "role:NAME"
    .venv/bin/python tools/check.py --changed      those that have not passed on this machine with the files as they are
    .venv/bin/python tools/check.py --since REV    those whose files differ from those of a commit
    .venv/bin/python tools/check.py --list         their names

Three parts run at a time, two on a small machine; those of roles that share nodes never at once.
All parts run even when one fails. A part that looked at nothing has failed. The output of each is kept in
.cache/check/; the last line says how many checks passed and failed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

import inputs
import yaml as yaml_reader

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOGS = ROOT / ".cache/check"
COLLECTION = Path("ansible_collections/netfs/bench")
PLAN_OF_GANESHA = ["-e", "system=ganesha", "-e", "effort=smoke", "-e", "plan_only=true"]
LANES = 3 if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 14 << 30 else 2
"""How many parts run at a time. Each waits for much, and its nodes take up to 4 GiB."""
TAIL = 120  # lines of a failed program's output that are shown at once; the log has them all
BY_NAME = {"role:ceph_mirror", "role:claudefs", "role:claudefs_conduit"}
"""Scenarios that run only when they are named: the cluster mirrors between its sites, too, and of ClaudeFS the servers
are doubles, until the programs exist."""
NO_HOSTS = "skipping: no hosts matched"  # what Ansible says of a play that then counts as passed
QUICK = 5  # minutes: the limit of a part that says nothing else
REASONS = 4  # lines of it that look like a reason, shown again at the end
INTERRUPTED = threading.Event()


@dataclass
class Part:
    """One line of the table: what it is called, what it does, how long it may take, what it shares with others."""

    name: str
    run: Callable[[Job], None]
    inputs: Callable[[list[str]], Iterable[str]]
    """Of all files of the repository, those that can make it pass or fail; what all parts share is added."""
    minutes: float = QUICK
    shares_nodes: bool = False
    """Such parts never run at once: they use the same nodes, and the programs built for them."""
    by_name: bool = False
    """Such parts run only when they are named: with them, all of it would take too long."""


@dataclass
class Job:
    """A part that runs: its log, its time limit, what it has counted so far."""

    log: IO[str]
    deadline: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    why: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def __call__(self, *argv: str | Path, cwd: Path = ROOT, check: bool = True, **env: str) -> str:
        """Run a program, log what it says, and return it; note a failure and go on."""
        words = [str(word) for word in argv]
        print("$", *words, file=self.log, flush=True)
        start = self.log.tell()
        with subprocess.Popen(
            words,
            cwd=cwd,
            env={**ENVIRONMENT, **env},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            code = self._code(process)
            if code is None:  # what was started never outlives the part
                stop(process)
                self.fail(f"{words[0]} was stopped: {'interrupted' if INTERRUPTED.is_set() else 'time limit reached'}")
        self.log.seek(start)
        text = self.log.read()
        self.log.seek(0, os.SEEK_END)
        if code != 0:
            self.shown += [f"$ {' '.join(words)}"[:1000], *text.splitlines()[-TAIL:]]
        if check and code:
            how = f"exited with status {code}" if code > 0 else f"was ended by signal {abs(code)}"
            self.fail(f"{Path(words[0]).name} {how}")
        if "[DEPRECATION WARNING]" in text:
            self.fail(f"{Path(words[0]).name} uses a deprecated Ansible feature")
        return text

    def _code(self, process: subprocess.Popen[bytes]) -> int | None:
        """Return a program's exit code, or None when it has to be stopped."""
        while time.monotonic() < self.deadline and not INTERRUPTED.is_set():
            try:
                return process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        return None

    def reasons(self) -> list[str]:
        """Return the lines of the failed programs' output that look most like a reason, the last of them."""
        kinds = (r"\s*FAILED ", r"\s*(E  |fatal: |\[ERROR\]|ERROR)", r".*\b(error|Error|refused)\b")
        told = [line for line in self.shown if "Ansible return code was" not in line]
        found = (line[:300] for kind in kinds for line in reversed(told) if re.match(kind, line))
        return list(dict.fromkeys(found))[:REASONS]

    def fail(self, why: str) -> None:
        self.failed += 1
        self.why.append(why)
        print(f"FAILED: {why}", file=self.log, flush=True)

    def count(self, number: int) -> None:
        """Count checks that were made by a program that has just passed or failed as a whole."""
        if not self.failed:
            self.passed += number


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program and what it started, gently first: molecule and bench.yml clean up after themselves."""
    for number, patience in ((signal.SIGINT, 30), (signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def environment() -> dict[str, str]:
    """Return what every part runs with: our programs first, our settings, no colours."""
    # Without its bytecode every program, and each of the thousands of tasks, would compile Ansible anew
    unwanted = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {
        **inherited,
        "PATH": f"{VENV / 'bin'}:{inherited.get('PATH', '')}:/usr/sbin:/sbin",
        "VIRTUAL_ENV": str(VENV),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_INJECT_FACT_VARS": "false",
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPYCACHEPREFIX": str(ROOT / ".cache/bytecode"),
    }


ENVIRONMENT = environment()


def files(*patterns: str) -> list[str]:
    """Return the files of the repository, also those not yet added, that match a pattern of git's."""
    text = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", *patterns],
        cwd=ROOT,
        text=True,
    )
    return sorted(name for name in text.split("\0") if name and (ROOT / name).exists())


@contextmanager
def export() -> Iterator[Path]:
    """Give a clean copy of the checkout at a path that Ansible knows collections by."""
    with tempfile.TemporaryDirectory(prefix="netfs-bench-") as folder:
        target = Path(folder) / COLLECTION
        for name in files():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)
        yield target


def yaml(job: Job) -> None:
    names = files("*.yml", "*.yaml", ".yamllint")
    job("yamllint", "--strict", *names)
    job.count(len(names))


def ruff(job: Job) -> None:
    names = files("*.py")
    job("ruff", "check", *names)
    job.count(len(names))


def mypy(job: Job) -> None:
    names = files(*(f"plugins/{part}/*.py" for part in ("action", "callback", "module_utils", "plugin_utils")))
    job("mypy", *(VENV / "collections" / COLLECTION / name for name in names))
    job.count(len(names))


def shell(job: Job) -> None:
    # not a template, and not a program whose first command is to become another language
    first = re.compile(rb'#!\S*(/| )(ba|da)?sh\b.*\n(?!"exec" )')
    names = [name for name in files() if not name.endswith(".j2") and first.match((ROOT / name).read_bytes())]
    job("shellcheck", *names)
    job.count(len(names))


def changelog(job: Job) -> None:
    job("antsibull-changelog", "lint")
    job.count(1)
    job("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")
    job.count(1)


def pytest(job: Job, *words: str) -> None:
    report = LOGS / f"{Path(words[0]).stem}.xml"
    report.unlink(missing_ok=True)
    job("pytest", "-q", f"--junit-xml={report}", *words, check=False)
    if not report.exists():
        job.fail("pytest wrote no report")
        return
    for suite in ElementTree.parse(report).iter("testsuite"):
        total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        job.passed += max(total - failed - skipped, 0)
        job.skipped += skipped
        job.failed += failed
        if failed:
            job.why.append(f"{failed} of {total} tests failed")


def unit(job: Job) -> None:
    pytest(job, "tests/unit")


def docs(job: Job) -> None:
    """Lint the documentation, and let ansible-doc show every module, plugin and role."""
    job("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", ".")
    job.count(1)
    plugins = {"module": "modules", "callback": "callback", "filter": "filter", "lookup": "lookup"}
    for kind, folder in plugins.items():
        if not (ROOT / "plugins" / folder).is_dir():  # git would warn
            continue
        names = [f"netfs.bench.{Path(name).stem}" for name in files(f"plugins/{folder}/[!_]*.py")]
        if names:
            job("ansible-doc", "--type", kind, *names)
            job.count(len(names))
    roles = [f"netfs.bench.{Path(name).parts[1]}" for name in files("roles/*/meta/argument_specs.yml")]
    if roles:
        shown = job("ansible-doc", "--type", "role", *roles)
        for role in roles:
            if role not in shown:
                job.fail(f"ansible-doc does not show the role {role}")
        job.count(len(roles))


def site(job: Job) -> None:
    """Make the documentation site: the guides, and a reference of every module and role. A warning is a failure."""
    out = ROOT / ".cache/site"
    shutil.rmtree(out, ignore_errors=True)
    with export() as tree:
        reference = tree / "reference"
        reference.mkdir()
        words = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", reference]
        job("antsibull-docs", "collection", *words, "netfs.bench")
        job("sphinx-build", "-q", "-W", "--keep-going", "-c", tree / "docs/site", tree, out)
    start = out / "docs/site/index.html"
    (out / "index.html").write_text('<meta http-equiv="refresh" content="0; url=docs/site/index.html">\n')
    job.count(len(list(out.rglob("*.html"))) if start.exists() else 0)


def ansible_lint(job: Job) -> None:
    said = job("ansible-lint", "--offline", "--strict")
    job.count(max((int(number) for number in re.findall(r"(\d+) files? processed", said)), default=0))


def sanity(job: Job) -> None:
    """Run Ansible's own sanity tests, each in an environment of its own that is kept in .cache."""
    home = ROOT / ".cache/sanity"
    code = next(VENV.glob("lib/*/site-packages/ansible_test/_internal/python_requirements.py")).read_text()
    pip = re.search(r"pip='([\d.]+)'", code)
    if not pip:
        job.fail("this ansible-test does not state its version of pip")
        return
    # ansible-test fetches its pip from a place of its own, unless it finds this file; Python brings one along
    bootstrap = home / f".ansible/test/cache/get_pip_{pip[1].replace('.', '_')}.py"
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_text("import ensurepip\n\nensurepip.bootstrap(default_pip=True)\n")
    # It hands no variable on to pip, so pip's settings (a mirror, certificates) go where pip looks in any case
    settings = dict(re.findall(r"^\S+\.([\w-]+)='(.*)'$", job("pip", "config", "list"), flags=re.MULTILINE))
    (home / ".pip").mkdir(exist_ok=True)
    (home / ".pip/pip.conf").write_text(
        "[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())
    )
    with export() as tree:
        # With this Python alone: what other ones the machine has must not change what is checked
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        said = job("ansible-test", "sanity", "--local", "--python", version, "--color", "no", cwd=tree, HOME=str(home))
    job.count(len(set(re.findall(r"^Running sanity test \"([\w-]+)\"", said, flags=re.MULTILINE))))


def tarball(job: Job) -> None:
    """Build the collection, install it where nothing else is, and check its playbooks from there."""
    with export() as tree, tempfile.TemporaryDirectory(prefix="netfs-bench-") as folder:
        place = Path(folder)
        job("ansible-galaxy", "collection", "build", "--output-path", place, cwd=tree)
        settings = place / "ansible.cfg"
        settings.write_text("[defaults]\ninventory = hosts\nstdout_callback = netfs.bench.progress\n")
        (place / "hosts").write_text("nobody.example\n")
        alone = {"ANSIBLE_CONFIG": str(settings), "ANSIBLE_COLLECTIONS_PATH": str(place / "installed")}
        for archive in place.glob("*.tar.gz"):
            # Offline and with its dependencies: what requirements.txt brings must be new enough
            job("ansible-galaxy", "collection", "install", "--offline", archive, cwd=place, **alone)
        root = place / "installed" / COLLECTION
        inside = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
        odd = [str(path) for path in inside if str(path) not in {*files(), "MANIFEST.json", "FILES.json"}]
        if odd or not inside:
            job.fail(f"the archive holds {', '.join(odd) or 'nothing'}")
        job.count(1)
        books = [path for path in sorted(root.glob("playbooks/*.yml")) if is_playbook(path)]
        for book in books:
            job("ansible-playbook", "--syntax-check", f"netfs.bench.{book.stem}", cwd=place, **alone)
        job.count(len(books))
        # The main job finds its catalog, its modules and its callback there, and not in this checkout
        planned = job("ansible-playbook", "netfs.bench.bench", *PLAN_OF_GANESHA, cwd=place, **alone)
        if not re.search(r"run \S+-ganesha-smoke: \d+ cells", planned):
            job.fail("the installed collection did not plan a run")
        job.count(1)


def is_playbook(path: Path) -> bool:
    return bool(re.search(r"^-? *(hosts|(ansible\.builtin\.)?import_playbook):", path.read_text(), flags=re.MULTILINE))


def scenarios() -> list[str]:
    """Return molecule's scenarios: the longest first, and last the one that makes and removes the nodes of others."""
    names = [Path(name).parts[1] for name in files("molecule/*/molecule.yml")]
    return sorted(names, key=lambda name: (name == "default", name != "reuse", name))


def has_own_nodes(scenario: str) -> bool:
    settings = yaml_reader.safe_load((ROOT / f"molecule/{scenario}/molecule.yml").read_text())
    return settings.get("shared_state", True) is False


def molecule(job: Job, scenario: str) -> None:
    """Test one role; the nodes that most roles share stay for the next one, and go with the last."""
    if not has_own_nodes(scenario):
        images = images_of_nodes(job)
        suite = f"netfs-bench-node:{ENVIRONMENT.get('NETFS_BENCH_SUITE') or 'trixie'}-"
        others = [image for image in images if not image.startswith(suite)]
        if others:  # molecule would test them, whatever release was asked for
            remove_nodes(job, "default")
        if others or not images:
            # molecule remembers nodes by the checkout's path, also when somebody else has removed them
            job("molecule", "reset", "--scenario-name", scenario)
    owner = scenario if has_own_nodes(scenario) else "default"
    if owner == scenario:
        # what an interrupted run left: molecule would take its nodes for this run's, also when they are gone
        remove_nodes(job, scenario)
    # Nodes are removed by themselves, so that what is shown of a failure is not the end of their removal.
    said = job("molecule", "test", "--scenario-name", scenario, "--destroy=never")
    if NO_HOSTS in said:
        job.fail("a play of the scenario had no host")
    if owner == scenario or job.failed:
        # What failed left what it had installed, and the next scenario would fail for that. This takes time of its own.
        job.deadline = max(job.deadline, time.monotonic() + 120)
        remove_nodes(job, owner)
    job.count(1)


def remove_nodes(job: Job, scenario: str) -> None:
    """Remove the nodes of a scenario; those that most roles share belong to scenario `default`."""
    job("molecule", "destroy", "--scenario-name", scenario)


def images_of_nodes(job: Job) -> list[str]:
    """Return the image of each node of this installation that runs."""
    installation = ENVIRONMENT.get("NETFS_BENCH_INSTALLATION", "netfs-bench-test")
    label = f"label=netfs.bench.installation={installation}"
    return job("docker", "ps", "--format", "{{.Image}}", "--filter", label).split()


def leftovers(job: Job) -> None:
    """Remove the nodes that an earlier run left when it was broken off, or a scenario when it failed."""
    remove_nodes(job, "default")
    job.count(1)


def browser(job: Job) -> None:
    pytest(job, "tests/browser")


def integration(job: Job) -> None:
    """Run modules against real servers on this machine; the first of the roles' scenarios has built their program."""
    pytest(job, "tests/integration")


SMOKE = ["tests/smoke/test_bench.py"]
VALIDATION = ["tests/smoke/test_validate.py", "tests/smoke/test_consistency.py"]


def smoke(job: Job) -> None:
    pytest(job, *SMOKE)


def validation(job: Job) -> None:
    """Run suites on real nodes, and the checker of histories on a file system that misbehaves."""
    pytest(job, *VALIDATION)


def cluster(job: Job) -> None:
    pytest(job, "tests/cluster/test_cluster.py")


def operation(job: Job) -> None:
    pytest(job, "tests/cluster/test_operation.py")


GROUPS = {
    "lint": ["yaml", "ruff", "mypy", "shell", "changelog", "ansible-lint"],
    # what another Ansible could make fail
    "ansible": ["ansible-lint", "unit", "docs", "tarball", "sanity", "leftovers", "role:samba", "role:default"],
}


def matching(*patterns: str) -> Callable[[list[str]], Iterable[str]]:
    return lambda names: inputs.chosen(names, patterns)


def role_inputs(scenario: str) -> Callable[[list[str]], Iterable[str]]:
    """Return what says which files a scenario of molecule looks at."""

    def find(names: list[str]) -> set[str]:
        settings = ROOT / f"molecule/{scenario}/vars.yml"
        services = [scenario]
        if settings.exists():
            services += yaml_reader.safe_load(settings.read_text()).get("scenario_services", [])
        own = [f"molecule/{name}/" for name in ("shared", "default", scenario)]
        own += [f"roles/{name}/[!R]*" for name in services]  # all but README.md
        own += [f"tests/testinfra/test_{name}.py" for name in (*services, "absent")]
        if scenario == "default":
            own.append("tests/testinfra/test_nodes_docker.py")
        if scenario == "reuse":  # the plays of other people, as the pages show them
            own += ["docs/examples/", "roles/*/README.md"]
        return inputs.reached(
            inputs.chosen(names, [*own, "tests/testinfra/[!t]*.py", ".config/", "inventories/docker/", "ansible.cfg"]),
            names,
        )

    return find


def inputs_of_tests(*patterns: str) -> Callable[[list[str]], Iterable[str]]:
    """Return what says which files some tests look at: their own, and those of ours that these lead to."""
    return lambda names: inputs.reached(inputs.chosen(names, [*patterns, "tests/support/", "pyproject.toml"]), names)


def roles_of(profiles: Iterable[Path]) -> set[str]:
    """Return patterns of the files of the roles that profiles name."""
    services = [one for path in profiles for one in yaml_reader.safe_load(path.read_text())["services"]]
    return {f"roles/{service['role']}/[!R]*" for service in services}


def smoke_inputs(*patterns: str) -> Callable[[list[str]], Iterable[str]]:
    """Return what says which files smoke tests look at: of the servers, those of the systems that they measure."""

    def find(names: list[str]) -> set[str]:
        tests = inputs.chosen(names, [*patterns, "tests/support/", "pyproject.toml"])
        asked = {
            name
            for test in tests
            for word in re.findall(r"system=([a-z0-9,-]+)", inputs.text(test))
            for name in word.split(",")
        }
        roles = roles_of(path for name in asked if (path := ROOT / f"playbooks/systems/{name}.yml").exists())
        own = ["bench.yml", "validate.yml", "playbooks/", "inventories/", "roles/nodes_docker/[!R]*", *roles]
        return inputs.reached([*tests, *inputs.chosen(names, own)], names)

    return find


def cluster_inputs(names: list[str]) -> set[str]:
    """Return the files that the tests of the cluster look at, also those of the roles that its profile names."""
    own = [
        "tests/cluster/",
        "tests/support/",
        "pyproject.toml",
        "cluster.yml",
        "acceptance.yml",
        "playbooks/",
        "inventories/",
    ]
    roles = roles_of([ROOT / "playbooks/clusters/cephfs.yml"])
    return inputs.reached(inputs.chosen(names, [*own, "roles/nodes_docker/[!R]*", *roles]), names)


CODE = ("plugins/", "tests/", "tools/", "docs/site/", "roles/*.py", "pyproject.toml")
PAGES = ("*.md", "docs/", "plugins/", "roles/*/meta/", "meta/", "changelogs/changelog.yaml")


def parts() -> list[Part]:
    """Return the table of all parts, quick ones first."""
    return [
        Part("yaml", yaml, matching("*.yml", "*.yaml", ".yamllint")),
        Part("ruff", ruff, matching(*CODE)),
        Part("shell", shell, matching("tools/", ".ci/", "roles/*/files/", "docs/")),
        Part("changelog", changelog, matching("changelogs/", "CHANGELOG.md")),
        Part("mypy", mypy, matching(*CODE)),
        Part("unit", unit, lambda names: names, minutes=45),
        Part("docs", docs, matching(*PAGES)),
        Part("site", site, matching(*PAGES), minutes=10),
        Part("ansible-lint", ansible_lint, matching("*.yml", ".ansible-lint", "plugins/", "roles/*/[!R]*"), minutes=20),
        Part("tarball", tarball, matching("*.yml", "plugins/", "playbooks/", "roles/", "meta/", "inventories/")),
        Part("sanity", sanity, matching("plugins/", "tests/", "meta/", "changelogs/"), minutes=25),
        # what is shown comes from these; what steps name is for nodes
        Part(
            "browser",
            browser,
            inputs_of_tests("tests/browser/", "playbooks/templates/", "playbooks/workloads/", "plugins/plugin_utils/"),
            minutes=10,
        ),
        Part("leftovers", leftovers, inputs_of_tests("molecule/default/"), shares_nodes=True),
        Part("smoke", smoke, smoke_inputs(*SMOKE), minutes=60),
        Part("validation", validation, smoke_inputs(*VALIDATION), minutes=60),
        Part("cluster", cluster, cluster_inputs, minutes=45),
        Part("operation", operation, cluster_inputs, minutes=90, by_name=True),
        *(
            Part(
                f"role:{name}",
                lambda job, name=name: molecule(job, name),
                role_inputs(name),
                minutes=50,
                shares_nodes=not has_own_nodes(name),
                by_name=f"role:{name}" in BY_NAME,
            )
            for name in scenarios()
        ),
        Part(
            "integration",
            integration,
            inputs_of_tests(
                "tests/integration/",
                "plugins/",
                "roles/nodes_ec2/",
                "roles/*/meta/ports.yml",
                "inventories/ec2/",
                "playbooks/topologies/",
                "playbooks/steps/cluster/nodes_ec2.yml",
            ),
            minutes=30,
        ),
    ]


class Memory:
    """What has passed on this machine, by a hash of all that it looked at. A fresh clone remembers it too."""

    def __init__(self) -> None:
        state = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        self.folder = Path(state) / "netfs.bench/passed"
        self.names = files()
        suite = [ENVIRONMENT.get(name, "") for name in ("NETFS_BENCH_SUITE", "NETFS_BENCH_ANSIBLE")]
        self.words = [sys.version, *suite]

    def looked_at(self, part: Part) -> list[str]:
        return sorted({*part.inputs(self.names), *inputs.chosen(self.names, inputs.SHARED)})

    def note(self, part: Part) -> Path:
        return self.folder / f"{part.name.replace(':', '-')}-{inputs.digest(self.looked_at(part), self.words)[:32]}"

    def keep(self, note: Path, job: Job) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{job.passed} passed\n")


def changed_since(revision: str) -> set[str]:
    """Return the files that differ from those of a commit, also those that are not committed or not added."""
    words = ["git", "diff", "--name-only", "-z", revision, "--"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"tools/check.py: git knows no commit {revision!r}: {done.stderr.strip()}")
    new = subprocess.check_output(["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=ROOT, text=True)
    return {name for name in (done.stdout + new).split("\0") if name}


def chosen(words: list[str]) -> list[Part]:
    table = {part.name: part for part in parts()}
    names = [name for word in words for name in GROUPS.get(word, [word])]
    unknown = [name for name in names if name not in table]
    if unknown:
        sys.exit(f"tools/check.py: there is no part {', '.join(unknown)}; there is: {' '.join([*GROUPS, *table])}")
    return [table[name] for name in names] or [part for part in table.values() if not part.by_name]


def due(table: list[Part], memory: Memory, *, since: str | None, changed: bool) -> list[Part]:
    """Return the parts that are to be run, and say which are not and why."""
    left: list[Part] = []
    differs = changed_since(since) if since else set()
    for part in table:
        # a file that is gone counts as well, and only its name is left of it
        if since and not differs & {*memory.looked_at(part), *part.inputs([*memory.names, *differs])}:
            print(f"{part.name:24} not run: none of its files differs from {since}")
        elif changed and memory.note(part).exists():
            print(f"{part.name:24} not run: {memory.note(part).read_text().strip()} with the current files")
        else:
            left.append(part)
    return left


def execute(part: Part) -> Job:
    path = LOGS / f"{part.name.replace(':', '-')}.log"
    with path.open("w+") as log:
        job = Job(log, time.monotonic() + part.minutes * 60)
        try:
            part.run(job)
        except (OSError, ValueError, subprocess.SubprocessError, ElementTree.ParseError) as error:
            job.fail(f"{type(error).__name__}: {error}")
        if not job.passed and not job.failed:
            job.fail("it ran nothing")
    return job


def report(part: Part, job: Job, seconds: float) -> str:
    line = f"{part.name:24} {seconds:7.1f} s  {job.passed:4} passed {job.failed:3} failed"
    line += f" {job.skipped:3} skipped" if job.skipped else ""
    return line + (f"  {'; '.join(job.why)}" if job.why else "")


class Queue:
    """Parts that wait to be run. Those that share nodes go first: they are the longest chain.

    Of the others, quick ones go first, then those with the widest limit, so that no long one is left alone at the end.
    """

    def __init__(self, table: list[Part], memory: Memory) -> None:
        self.table = table
        self.memory = memory
        self.waiting = sorted(table, key=lambda part: (part.minutes > QUICK, -part.minutes))
        self.nodes_taken = False
        self.lock = threading.Lock()
        self.done: dict[str, tuple[Job, str]] = {}

    def take(self) -> Part | None:
        """Return a part that may run now; None when there is none, or only such that whoever has the nodes will run."""
        with self.lock:
            able = [part for part in self.waiting if not (part.shares_nodes and self.nodes_taken)]
            if not able or INTERRUPTED.is_set():
                return None
            part = next((part for part in able if part.shares_nodes), able[0])
            self.nodes_taken |= part.shares_nodes
            self.waiting.remove(part)
            return part

    def work(self) -> None:
        """Run parts until none is left; show each when it is done, in one piece."""
        while part := self.take():
            print(f"{part.name} ...\n", end="", flush=True)
            start = time.monotonic()
            note = self.memory.note(part)  # of the files as they were when it began
            job = execute(part)
            if job.passed and not job.failed and not job.skipped:
                self.memory.keep(note, job)
            line = report(part, job, time.monotonic() - start)
            print("\n".join([*(job.shown if job.failed else []), line]) + "\n", end="", flush=True)
            with self.lock:
                self.done[part.name] = (job, line)
                self.nodes_taken &= not part.shares_nodes

    def run(self) -> list[tuple[Job, str]]:
        """Run all, some at a time, and return them in the table's order. Ctrl-C stops what runs, which then says so."""
        with ThreadPoolExecutor(LANES) as pool:
            try:
                for worker in [pool.submit(self.work) for _number in range(LANES)]:
                    worker.result()
            except BaseException:
                INTERRUPTED.set()
                raise
        return [self.done[part.name] for part in self.table if part.name in self.done]


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the checks of this repository.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="a part, lint or ansible; all if omitted")
    parser.add_argument("--changed", action="store_true", help="only parts that have not passed with the current files")
    parser.add_argument("--since", metavar="REV", help="only parts whose files differ from those of a commit")
    parser.add_argument("--list", action="store_true", help="print the names of the parts")
    return parser


def main() -> int:
    words = arguments().parse_args()
    if words.list:
        print(*(part.name for part in parts()), sep="\n")
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    memory = Memory()
    table = due(chosen(words.parts), memory, since=words.since, changed=words.changed)
    if not words.parts:
        for part in (part for part in parts() if part.by_name):
            print(f"{part.name:24} not run: only when it is named, tools/check.py {part.name}")
    if not table:
        print("\nNone of the selected parts has changed.\n\n0 passed, 0 failed")
        return 0
    begin = time.monotonic()
    done = Queue(table, memory).run()
    print(f"\nIn all {time.monotonic() - begin:.0f} s; the output of each part is in {LOGS.relative_to(ROOT)}/")
    print(*(line for _job, line in done), sep="\n")
    for job, line in done:
        if job.failed:
            print(f"\n{line}", *job.reasons(), sep="\n")
    failed = sum(job.failed for job, _line in done)
    print(f"\n{sum(job.passed for job, _line in done)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
