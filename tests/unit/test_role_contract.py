# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every role keeps the contract of docs/adding-a-server.md. Files are read, nothing is run."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENTRY_POINTS = ("main", "start", "stop", "facts", "absent")
# What a role needs besides whose service spans hosts; it says which in its variable NAME_hosts.
CLUSTER_ENTRY_POINTS = ("join", "leave", "health", "upgrade")
# Keywords of a task or a block; what remains is its module.
KEYWORDS = {
    *("name", "vars", "when", "loop", "loop_control", "register", "changed_when", "failed_when", "until", "retries"),
    *("delay", "block", "rescue", "always", "become", "become_user", "check_mode", "delegate_to", "delegate_facts"),
    *("diff", "environment", "no_log", "notify", "run_once", "tags", "timeout", "throttle", "async", "poll"),
    *("any_errors_fatal", "ignore_unreachable", "module_defaults", "args"),
}


PORT_KEYS = {"port", "variable", "last", "protocol", "loopback"}


def load(path: Path) -> Any:
    """Read a YAML file; an empty one is an empty mapping."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}


def spec_name(role: str) -> str:
    return f"__{role}_service"


def server_roles(root: Path) -> list[str]:
    """Return the roles that describe a service to role `service`."""
    return sorted(
        path.parent.parent.name
        for path in root.glob("roles/*/vars/main.yml")
        if spec_name(path.parent.parent.name) in load(path)
    )


def all_roles(root: Path) -> list[str]:
    return sorted(path.parent.parent.name for path in root.glob("roles/*/tasks/main.yml"))


def tasks(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every task, also those inside blocks."""
    for item in items:
        yield item
        for part in ("block", "rescue", "always"):
            yield from tasks(item.get(part, []))


def service_options(root: Path) -> dict[str, Any]:
    spec = load(root / "roles/service/meta/argument_specs.yml")["argument_specs"]
    options: dict[str, Any] = spec["main"]["options"]["service_spec"]["options"]
    return options


# Each rule looks at one role and yields what is wrong with it.
Rule = Callable[[Path, str], Iterator[str]]


def has_its_files(root: Path, role: str) -> Iterator[str]:
    wanted = ["README.md", "defaults/main.yml", "meta/argument_specs.yml", "vars/main.yml"]
    wanted += [f"tasks/{entry}.yml" for entry in ENTRY_POINTS]
    for name in wanted:
        if not (root / "roles" / role / name).is_file():
            yield f"roles/{role}/{name} is missing"
    for name in ("handlers", "meta/main.yml"):
        if (root / "roles" / role / name).exists():
            yield f"roles/{role}/{name} has no place in a server role"


def has_a_scenario(root: Path, role: str) -> Iterator[str]:
    for name in (f"molecule/{role}/molecule.yml", f"tests/testinfra/test_{role}.py"):
        if not (root / name).is_file():
            yield f"{name} is missing"


def describes_its_entry_points(root: Path, role: str) -> Iterator[str]:
    path = root / "roles" / role / "meta/argument_specs.yml"
    described = load(path).get("argument_specs", {}) if path.is_file() else {}
    for entry in {*ENTRY_POINTS, *described}:
        if entry not in described:
            yield f"{role}: entry point {entry} is not in meta/argument_specs.yml"
        elif not (root / "roles" / role / f"tasks/{entry}.yml").is_file():
            yield f"{role}: entry point {entry} is described and has no tasks"
        else:
            for key in ("short_description", "description"):
                if not described[entry].get(key):
                    yield f"{role}: entry point {entry} has no {key}"


def described_options(options: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, option in options.items():
        yield f"{path}.{name}", option
        yield from described_options(option.get("options", {}), f"{path}.{name}")


def describes_its_variables(root: Path, role: str) -> Iterator[str]:
    folder = root / "roles" / role
    described = load(folder / "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {})
    defaults = load(folder / "defaults/main.yml")
    for name in sorted(set(defaults) - set(described)):
        yield f"{role}: {name} has a default and no description"
    for name in sorted(name for name in set(described) - set(defaults) if not described[name].get("required")):
        yield f"{role}: {name} is described, not required, and has no default"
    for name in sorted(set(defaults) | set(described)):
        if not name.startswith(f"{role}_"):
            yield f"{role}: {name} does not start with {role}_"
    for name, option in described_options(described, role):
        if "default" in option:
            yield f"{name}: a second copy of the default stands in meta/argument_specs.yml"
        for key in ("type", "description"):
            if key not in option:
                yield f"{name} has no {key}"


def keeps_private_names_private(root: Path, role: str) -> Iterator[str]:
    for name in load(root / "roles" / role / "vars/main.yml"):
        if not name.startswith(f"__{role}_"):
            yield f"{role}: {name} in vars/main.yml does not start with __{role}_"


def describes_its_service(root: Path, role: str) -> Iterator[str]:
    private = load(root / "roles" / role / "vars/main.yml")
    spec = private[spec_name(role)]
    options = service_options(root)
    for key in sorted(set(spec) - set(options)):
        yield f"{role}: {spec_name(role)}.{key} is not an option of role service"
    for key in sorted(key for key, option in options.items() if option.get("required") and key not in spec):
        yield f"{role}: {spec_name(role)}.{key} is missing"
    for key, given in spec.items():
        # values that are made by a template are checked when the role runs
        entries = given if isinstance(given, list) else [given]
        known = options.get(key, {}).get("options")
        for entry in (entry for entry in entries if known and isinstance(entry, dict)):
            for name in sorted(set(entry) - set(known)):
                yield f"{role}: {spec_name(role)}.{key}.{name} is not an option of role service"
    # of a list that depends on variables, the parts are private lists
    parts = [files for name, files in private.items() if name.endswith("_files")]
    for item in (item for part in (spec.get("files"), spec.get("units"), *parts) for item in part or []):
        if not isinstance(item, dict):
            continue
        name = item.get("src", "")
        if name and "{" not in name and not (root / "roles" / role / "templates" / name).is_file():
            yield f"{role}: template {name} is missing"
        if item.get("secret") and item.get("mode") not in ("0600", "0400"):
            yield f"{role}: {item['dest']} holds a secret and has mode {item.get('mode')}"


def lists_its_ports(root: Path, role: str) -> Iterator[str]:
    """Security groups are made from meta/ports.yml: each port that the spec names is in it, and nothing unheard of."""
    path = root / "roles" / role / "meta/ports.yml"
    table = load(path) if path.is_file() else []
    listed = {str(entry.get("port", entry.get("variable"))) for entry in table}
    private = load(root / "roles" / role / "vars/main.yml")
    for name in re.findall(r"'port': ['\"]?(?:\{\{ )?(\w+)", str(private[spec_name(role)].get("ports", ""))):
        if name not in listed and str(private.get(name)) not in listed:
            yield f"{role}: the service has port {name}, and roles/{role}/meta/ports.yml does not list it"
    defaults = load(root / "roles" / role / "defaults/main.yml")
    for entry in table:
        if ("port" in entry) == ("variable" in entry) or set(entry) - PORT_KEYS:
            yield f"{role}: {entry} of meta/ports.yml has one of port and variable, and of others {sorted(PORT_KEYS)}"
        elif not isinstance(defaults.get(entry.get("variable"), entry.get("port")), int):
            yield f"{role}: {entry} of meta/ports.yml comes to no number"
        if entry.get("protocol", "tcp") not in ("tcp", "udp"):
            yield f"{role}: {entry} of meta/ports.yml is neither tcp nor udp"


def called(folder: Path, name: str) -> Iterator[str]:
    """Yield the entry points of role `service` that a tasks file calls, also through other files of the role."""
    path = folder / "tasks" / name
    if "{" in name or not path.is_file():
        return
    for task in tasks(load(path)):
        for word in ("ansible.builtin.import_tasks", "ansible.builtin.include_tasks"):
            if word in task:
                further = task[word]["file"] if isinstance(task[word], dict) else task[word]
                yield from called(folder, further)
        for word in ("ansible.builtin.import_role", "ansible.builtin.include_role"):
            if task.get(word, {}).get("name") == "netfs.bench.service":
                yield task[word].get("tasks_from", "main")


def leaves_the_life_cycle_to_service(root: Path, role: str) -> Iterator[str]:
    for entry in ENTRY_POINTS:
        found = set(called(root / "roles" / role, f"{entry}.yml"))
        if entry not in found and not (entry == "main" and {"prepare", "run"} <= found):
            yield f"{role}: entry point {entry} calls {sorted(found) or 'nothing'} of role service"


def names_its_tasks_and_modules(root: Path, role: str) -> Iterator[str]:
    for path in sorted((root / "roles" / role / "tasks").glob("*.yml")):
        for task in tasks(load(path)):
            where = f"roles/{role}/tasks/{path.name}: {task.get('name', 'a task')}"
            if not task.get("name", "").strip()[:1].isupper():
                yield f"{where} has no name that starts with a capital letter"
            for word in set(task) - KEYWORDS:
                if not re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+){2,}", word):
                    yield f"{where} uses {word} without the name of its collection"
                elif isinstance(task[word], str) and not re.search(r"\.(include|import)_", word):
                    yield f"{where} gives {word} its arguments as text"
            if "ignore_errors" in task:
                yield f"{where} ignores errors"
            if task.get("become") and "become_user" not in task:
                yield f"{where} decides on become, which the play does"


def checks_its_arguments_first(root: Path, role: str) -> Iterator[str]:
    """Role service is called by roles: what they give has been checked, and is templates."""
    first = load(root / "roles" / role / "tasks/main.yml")[0]
    if role != "service" and "netfs.bench.check_arguments" not in first:
        yield f"roles/{role}/tasks/main.yml does not begin with netfs.bench.check_arguments"


def names_no_group(root: Path, role: str) -> Iterator[str]:
    for path in (root / "roles" / role).rglob("*"):
        if path.is_file() and re.search(r"\bgroups\[|\bgroup_names\b", path.read_text(errors="replace")):
            yield f"{path.relative_to(root)} looks at inventory groups"


def spans_hosts(root: Path, role: str) -> bool:
    """Return whether a role's service is one service on several hosts."""
    described = load(root / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    options = described["main"].get("options", {})
    # a service of one host may say how it is, too
    return f"{role}_hosts" in options or any(entry in described for entry in CLUSTER_ENTRY_POINTS if entry != "health")


def grows_and_shrinks(root: Path, role: str) -> Iterator[str]:
    """A service that spans hosts takes one more, gives one up, says how it is, and is upgraded one host at a time."""
    if not spans_hosts(root, role):
        return
    described = load(root / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    hosts = described["main"].get("options", {}).get(f"{role}_hosts", {})
    if hosts.get("type") != "list" or not hosts.get("required"):
        yield f"{role}: {role}_hosts is no list that is required, so nothing says which hosts the service spans"
    for entry in CLUSTER_ENTRY_POINTS:
        if entry not in described:
            yield f"{role}: spans hosts and has no entry point {entry}"


def publishes_its_health(root: Path, role: str) -> Iterator[str]:
    """An entry point health says what it found as all others do."""
    described = load(root / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    if "health" in described and not {"health", "health_of_host"} & set(called(root / "roles" / role, "health.yml")):
        yield f"{role}: entry point health does not publish with that of role service"


SERVER_RULES: list[Rule] = [
    has_its_files,
    has_a_scenario,
    describes_its_entry_points,
    describes_its_variables,
    keeps_private_names_private,
    describes_its_service,
    lists_its_ports,
    leaves_the_life_cycle_to_service,
    grows_and_shrinks,
    publishes_its_health,
]
ROLE_RULES: list[Rule] = [names_its_tasks_and_modules, checks_its_arguments_first, names_no_group]


def test_there_are_server_roles() -> None:
    assert "ganesha" in server_roles(ROOT)


@pytest.mark.parametrize("rule", SERVER_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("role", server_roles(ROOT))
def test_server_role(role: str, rule: Rule) -> None:
    assert list(rule(ROOT, role)) == []


@pytest.mark.parametrize("rule", ROLE_RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("role", all_roles(ROOT))
def test_role(role: str, rule: Rule) -> None:
    assert list(rule(ROOT, role)) == []


# The test of the test: a copy of role ganesha is broken in one way, and exactly that is found.
def remove(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


ROLE = "roles/ganesha"
BREAKAGES = [
    (has_its_files, remove(f"{ROLE}/README.md"), "README.md is missing"),
    (has_its_files, remove(f"{ROLE}/tasks/facts.yml"), "tasks/facts.yml is missing"),
    (has_a_scenario, remove("molecule/ganesha/molecule.yml"), "molecule/ganesha/molecule.yml is missing"),
    (
        describes_its_entry_points,
        replace(f"{ROLE}/meta/argument_specs.yml", "\n  stop:\n", "\n  halt:\n"),
        "entry point stop is not in",
    ),
    (
        describes_its_variables,
        replace(f"{ROLE}/defaults/main.yml", "ganesha_port: 22049", "ganesha_prot: 22049"),
        "ganesha_prot has a default and no description",
    ),
    (
        describes_its_variables,
        replace(
            f"{ROLE}/meta/argument_specs.yml", "      ganesha_port:\n", "      ganesha_port:\n        default: 1\n"
        ),
        "a second copy of the default",
    ),
    (
        keeps_private_names_private,
        replace(f"{ROLE}/vars/main.yml", "__ganesha_strict:", "ganesha_strict:"),
        "ganesha_strict in vars/main.yml",
    ),
    (
        describes_its_service,
        replace(f"{ROLE}/vars/main.yml", "  durability:", "  durabilty:"),
        "durabilty is not an option",
    ),
    (describes_its_service, replace(f"{ROLE}/vars/main.yml", "  durability:", "  durabilty:"), "durability is missing"),
    (
        describes_its_service,
        replace(f"{ROLE}/vars/main.yml", "src: check.j2,", "src: chekc.j2,"),
        "template chekc.j2 is missing",
    ),
    (
        describes_its_service,
        replace(f"{ROLE}/vars/main.yml", "mode: '0755', validate", "secret: true, mode: '0755', validate"),
        "holds a secret and has mode 0755",
    ),
    (
        lists_its_ports,
        replace(f"{ROLE}/meta/ports.yml", "- {variable: ganesha_mount_port}\n", ""),
        "port ganesha_mount_port, and roles/ganesha/meta/ports.yml does not list it",
    ),
    (lists_its_ports, remove(f"{ROLE}/meta/ports.yml"), "port ganesha_port, and"),
    (
        lists_its_ports,
        replace(f"{ROLE}/meta/ports.yml", "variable: ganesha_mount_port", "variable: ganesha_moutn_port"),
        "comes to no number",
    ),
    (lists_its_ports, replace(f"{ROLE}/meta/ports.yml", "protocol: udp", "protocol: utp"), "is neither tcp nor udp"),
    (lists_its_ports, replace(f"{ROLE}/meta/ports.yml", "protocol: udp", "protcol: udp"), "has one of port and"),
    (
        leaves_the_life_cycle_to_service,
        replace(f"{ROLE}/tasks/stop.yml", "tasks_from: stop", "tasks_from: start"),
        "entry point stop calls ['start']",
    ),
    (
        publishes_its_health,
        replace(f"{ROLE}/tasks/health.yml", "tasks_from: health_of_host", "tasks_from: facts"),
        "entry point health does not publish",
    ),
    (
        names_its_tasks_and_modules,
        replace(f"{ROLE}/tasks/access.yml", "ansible.builtin.command:", "command:"),
        "uses command without the name of its collection",
    ),
    (
        names_its_tasks_and_modules,
        replace(f"{ROLE}/tasks/access.yml", "  changed_when: false", "  changed_when: false\n  ignore_errors: true"),
        "ignores errors",
    ),
    (
        checks_its_arguments_first,
        replace(f"{ROLE}/tasks/main.yml", "  netfs.bench.check_arguments:", "  ansible.builtin.meta: noop"),
        "does not begin with netfs.bench.check_arguments",
    ),
    (
        names_no_group,
        replace(f"{ROLE}/defaults/main.yml", "22049", "{{ groups['server'] }}"),
        "looks at inventory groups",
    ),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of everything the rules read about role ganesha."""
    for name in (ROLE, "roles/service", "molecule/ganesha"):
        shutil.copytree(ROOT / name, tmp_path / name)
    tests = "tests/testinfra/test_ganesha.py"
    (tmp_path / tests).parent.mkdir(parents=True)
    shutil.copy(ROOT / tests, tmp_path / tests)
    return tmp_path


@pytest.mark.parametrize("rule, breakage, message", BREAKAGES)
def test_broken_role_is_found(copy: Path, rule: Rule, breakage: Callable[[Path], None], message: str) -> None:
    assert list(rule(copy, "ganesha")) == []
    breakage(copy)
    found = list(rule(copy, "ganesha"))
    assert any(message in line for line in found), found


SPEC = "roles/ceph/meta/argument_specs.yml"


@pytest.mark.parametrize(
    "breakage, message",
    [
        (replace(SPEC, "\n  upgrade:\n", "\n  renew:\n"), "spans hosts and has no entry point upgrade"),
        (replace(SPEC, "        required: true\n", ""), "ceph_hosts is no list that is required"),
        (replace(SPEC, "      ceph_hosts:\n", "      ceph_members:\n"), "ceph_hosts is no list that is required"),
        (
            replace("roles/ceph/tasks/health.yml", "tasks_from: health", "tasks_from: facts"),
            "entry point health does not publish",
        ),
        (remove("roles/ceph/tasks/health.yml"), "entry point health does not publish"),
    ],
)
def test_broken_role_of_a_cluster_is_found(tmp_path: Path, breakage: Callable[[Path], None], message: str) -> None:
    shutil.copytree(ROOT / "roles/ceph", tmp_path / "roles/ceph")
    rules = (grows_and_shrinks, publishes_its_health)
    assert [line for rule in rules for line in rule(tmp_path, "ceph")] == []
    breakage(tmp_path)
    found = [line for rule in rules for line in rule(tmp_path, "ceph")]
    assert any(message in line for line in found), found
