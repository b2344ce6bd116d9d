# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people write reaches a file only through the writer of its language. Templates are read, nothing is run.

Each value that a template shows is written by a filter of this collection (`netfs.bench.to_*`) or one that writes a
whole format, or it cannot be misread: a number, one of an option's choices, a constant of the template or the role.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from templates import Option, Template
from test_role_contract import ROOT, Rule, all_roles, described_options, load, replace, tasks

from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import holds_secret


def options_of(root: Path, role: str) -> dict[str, Option]:
    path = root / "roles" / role / "meta/argument_specs.yml"
    options: dict[str, Option] = load(path)["argument_specs"]["main"].get("options", {})
    return options


def private_of(root: Path, role: str) -> dict[str, Any]:
    path = root / "roles" / role / "vars/main.yml"
    return load(path) if path.is_file() else {}


def templates_write_with_filters(root: Path, role: str) -> Iterator[str]:
    for path in sorted((root / "roles" / role).glob("templates/**/*.j2")):
        template = Template(path.read_text(encoding="utf-8"), options_of(root, role), private_of(root, role))
        for line, what in template.unsafe():
            yield f"{path.relative_to(root)}:{line} writes {what} without a filter of its language"


def shells_take_values_as_arguments(root: Path, role: str) -> Iterator[str]:
    """What a task hands to `sh -c` is a constant; its values are arguments of their own."""
    options, private = options_of(root, role), private_of(root, role)
    for path, task in tasks_of(root, role):
        words = argv(task)
        for script in (words[index + 1] for index, word in enumerate(words[:-1]) if word == "-c"):
            if any(Template(script, options, private | task.get("vars", {})).unsafe()):
                yield f"{path}: {task['name']} writes values into a script"
        if "ansible.builtin.shell" in task or "ansible.builtin.raw" in task:
            yield f"{path}: {task['name']} gives a shell a text instead of arguments"


def marks_its_secrets(root: Path, role: str) -> Iterator[str]:
    if role == "service":  # what it is given has names of secrets, and no secret
        return
    for name, option in described_options(options_of(root, role), role):
        if not option.get("options") and holds_secret(name.rsplit(".", 1)[-1], option) and not option.get("no_log"):
            yield f"{name} is a secret by its name, without no_log in meta/argument_specs.yml"


def loops_over_no_secrets(root: Path, role: str) -> Iterator[str]:
    """Ansible shows the items of a loop; `label` hides only the header."""
    if role == "service":  # see above
        return
    options, private = options_of(root, role), private_of(root, role)
    for path, task in tasks_of(root, role):
        loop = task.get("loop", "")
        if task.get("no_log") is True or not isinstance(loop, str):
            continue
        template = Template(loop, options, private | task.get("vars", {}))
        if any(template.carries_secret(shown) for shown in template.shown()):
            yield f"{path}: {task['name']} loops over entries that hold a secret"


def tasks_of(root: Path, role: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((root / "roles" / role / "tasks").glob("*.yml")):
        for task in tasks(load(path)):
            yield str(path.relative_to(root)), task


def argv(task: dict[str, Any]) -> list[str]:
    """Return the words of a command that a task writes one by one."""
    words = task.get("ansible.builtin.command", {}).get("argv", [])
    return words if isinstance(words, list) else []


DELETION = re.compile(r"(?<![\w./-])rm\s+(?P<words>[^;&|'\n]+)")
MADE = re.compile(r"^\s*(?P<name>\w+)=(?P<value>.*)$", re.MULTILINE)


def scripts_delete_what_they_made(root: Path, role: str) -> Iterator[str]:
    """A script removes constants, and variables in quotes that it gave a value without any user's text itself."""
    for path in sorted((root / "roles" / role).rglob("*")):
        if not path.is_file() or path.suffix in (".yml", ".md", ".py"):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        recursive = {name for name, value in MADE.findall(text) if re.match(r"\"?\$\(mktemp |/[\w-]+/[\w/-]+$", value)}
        for found in DELETION.finditer(text):
            words = found["words"].split()
            targets = [word for word in words if not word.startswith("-")]
            where = f"{path.relative_to(root)}: rm {found['words'].strip()}"
            for target in targets:
                quoted = re.fullmatch(r'"\$\{?(\w+)\}?(/[\w./-]+)?"', target)
                if quoted is None and not re.fullmatch(r"(?!\.+$)/?[\w.-]+(/[\w.-]+\*?)*", target):
                    yield f"{where} removes what is neither a constant nor a variable in quotes"
                elif (
                    quoted
                    and any("r" in word for word in words if re.match(r"-\w", word))
                    and quoted[1] not in recursive
                ):
                    yield f"{where} removes a directory that mktemp did not make"


def tasks_delete_what_the_role_made(root: Path, role: str) -> Iterator[str]:
    """A task removes constants and the role's own names; of a path that a user chose, only something within."""
    options = options_of(root, role)
    for path, task in tasks_of(root, role):
        words = argv(task)
        # the command line of Ceph removes entries of a cluster, and no files
        words = [] if words[:1] == ["ceph"] else words
        if "rm" in words or "umount" in words or ("-delete" in words and not {"-xdev", "-empty"} & set(words)):
            yield f"{path}: {task['name']} removes with {words[0]}, where a module does it or a mount may be"
        module = task.get("ansible.builtin.file", {})
        if module.get("state") != "absent":
            continue
        loop = task.get("loop", [])
        removed = [loop] if isinstance(loop, str) else loop
        removed = removed if module["path"] == "{{ item }}" else [module["path"]]
        for text in removed:
            names = re.findall(r"\w+", text)
            whole = re.fullmatch(r"\{\{ *(\w+)[^~/]*\}\}", text)
            if (whole and whole[1] in options and "matched == 0" not in str(task.get("when"))) or (
                "{{" not in text and len(names) < 2
            ):
                yield f"{path}: {task['name']} removes {text}, which the role did not make"


# Each plugin that removes files or mounts, with what it removes. Another one is thought about, then added.
PLUGIN_DELETIONS = {
    "modules/ceph_daemon.py": "what an interrupted run left of a daemon that never ran",
    "modules/ceph_directory.py": "the file that it wrote to prove that the file system serves",
    "modules/ceph_key.py": "a key of a cluster, no file",
    "modules/labelled_mounts.py": "mount points of labels of its prefix, when they are empty",
    "modules/tuning.py": "files that it wrote, when there is nothing to be in them",
    "module_utils/_fault_player.py": "what it wrote to see whether a disk is full or slow, and its note of what undoes",
    "module_utils/_fault_unit.py": "the directory and the unit that it made for a timeline",
    "module_utils/_go.py": "the container it started to build in",
    "module_utils/_history.py": "the files that clients share, in a directory that was made for them and marked",
    "module_utils/_lag.py": "the directory that it made for the files of a measurement",
    "module_utils/_mount_probe.py": "the file that it wrote to prove that a mount keeps it",
    "module_utils/_durable_writer.py": "the directory that it made for the log of a writer",
    "modules/durable_writer.py": "the same, and the directory that it made for what was written, marked by it",
    "module_utils/_suite.py": "the directories that it made for a suite, marked by it",
    "modules/suite.py": "the directory that it made for configuration and output of a suite",
    "module_utils/_service_directories.py": "directories of a specification, never beyond their file system",
    "module_utils/_service_files.py": "files of a specification, and what it wrote beside them",
    "modules/client_file.py": "the files that clients wrote for each other to read",
    "modules/client_mount.py": "the mount it was asked to remove, and the directory if it made that",
    "plugin_utils/_deployment.py": "files of services in the directory of a run, which it wrote",
    "plugin_utils/_meeting.py": "its own temporary directory",
}
REMOVERS = {"rmtree", "unlink", "rmdir", "removedirs"}
PROGRAMS = {"rm", "rmdir", "umount"}


def plugins_that_delete(root: Path) -> set[str]:
    """Return the plugins that call one of Python's removers, or a program that removes."""
    return {
        str(path.relative_to(root / "plugins"))
        for path in sorted((root / "plugins").rglob("*.py"))
        if any(removes(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    }


def removes(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in REMOVERS or (node.attr == "remove" and getattr(node.value, "id", "") == "os")
    return isinstance(node, ast.Constant) and node.value in PROGRAMS


RULES: list[Rule] = [
    templates_write_with_filters,
    shells_take_values_as_arguments,
    marks_its_secrets,
    loops_over_no_secrets,
    scripts_delete_what_they_made,
    tasks_delete_what_the_role_made,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("role", all_roles(ROOT))
def test_role(role: str, rule: Rule) -> None:
    assert list(rule(ROOT, role)) == []


def test_plugins_delete_only_where_it_is_known_what() -> None:
    assert plugins_that_delete(ROOT) == set(PLUGIN_DELETIONS)


# The test of the test: a small role keeps every rule, is broken in one way, and exactly that is found.
DEMO = {
    "meta/argument_specs.yml": """
argument_specs:
  main:
    options:
      demo_port: {type: int}
      demo_directory: {type: path}
      demo_level: {type: str, choices: [low, high]}
      demo_users:
        type: list
        elements: dict
        options:
          name: {type: str}
          access: {type: str, choices: [rw, ro]}
          password: {type: str, no_log: true}
""",
    "vars/main.yml": """
__demo_etc: /etc/netfs-demo
__demo_config: "{{ __demo_etc }}/demo.conf"
__demo_place: "{{ demo_directory }}/state"
__demo_present: "{{ demo_users | selectattr('name', 'defined') }}"
""",
    "templates/demo.service.j2": """
# {{ ansible_managed }}
{% set level = {'low': 1, 'high': 2}[demo_level] %}
ExecStart=/usr/bin/demo --config {{ __demo_config }} --port {{ demo_port }} --level {{ level + 1 }} {{ demo_level }}
ReadWritePaths={{ demo_directory | netfs.bench.to_systemd_word('demo_directory') }}
{% for user in demo_users %}
# {{ loop.index }}: {{ user.access | default('rw') }} {{ ['a', demo_level] | join(',') }}
{% for name, value in {'a': user.name | to_json}.items() %}
{{ name }}={{ value }} {{ (user.access is defined) | ternary('yes', 'no') }}
{% endfor %}
{% endfor %}
""",
    "templates/probe.j2": """
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
made={{ demo_directory | netfs.bench.to_shell('demo_directory') }}/.probe-$$
rm -f -- "$made"
""",
    "tasks/main.yml": """
- name: Create the accounts
  ansible.builtin.user: {name: "{{ item }}"}
  loop: "{{ __demo_present | map(attribute='name') }}"
- name: Ask
  ansible.builtin.command: {argv: [sh, -c, 'ls -- "$1"', sh, "{{ demo_directory }}"]}
- name: Remove what the role wrote
  ansible.builtin.file: {path: "{{ item }}", state: absent}
  loop: ["{{ __demo_etc }}", "{{ demo_directory }}/known_hosts", /etc/demo.d/x]
""",
}
SERVICE = "templates/demo.service.j2"
BROKEN = [
    (
        templates_write_with_filters,
        SERVICE,
        (" | netfs.bench.to_systemd_word('demo_directory')", ""),
        "writes demo_directory",
    ),
    (templates_write_with_filters, SERVICE, ("to_systemd_word('demo_directory')", "x"), "writes demo_directory"),
    (templates_write_with_filters, SERVICE, ("__demo_config", "__demo_place"), "writes __demo_place"),
    (templates_write_with_filters, SERVICE, ("user.access | default('rw')", "user.name"), "writes user"),
    (
        templates_write_with_filters,
        SERVICE,
        ("default('rw')", "default(demo_directory)"),
        "writes user, demo_directory",
    ),
    (templates_write_with_filters, SERVICE, ("['a', demo_level]", "['a', user.name]"), "writes user"),
    (templates_write_with_filters, SERVICE, (" | to_json", ""), "writes value"),
    (templates_write_with_filters, SERVICE, ("'yes'", "user.name"), "writes user"),
    (templates_write_with_filters, SERVICE, ("'low': 1", "'low': demo_users"), "writes level"),
    (templates_write_with_filters, "meta/argument_specs.yml", (", choices: [low, high]", ""), "writes demo_level"),
    (
        shells_take_values_as_arguments,
        "tasks/main.yml",
        ('"$1"', "{{ demo_directory }}"),
        "writes values into a script",
    ),
    (marks_its_secrets, "meta/argument_specs.yml", (", no_log: true", ""), "demo.demo_users.password is a secret"),
    (
        loops_over_no_secrets,
        "tasks/main.yml",
        (" | map(attribute='name')", ""),
        "loops over entries that hold a secret",
    ),
    (loops_over_no_secrets, "tasks/main.yml", ("'name')", "'password')"), "loops over entries that hold a secret"),
    (scripts_delete_what_they_made, "templates/probe.j2", ('"$made"', "$made"), "neither a constant nor a variable"),
    (scripts_delete_what_they_made, "templates/probe.j2", ('"$made"', "{{ demo_directory }}"), "neither a constant"),
    (scripts_delete_what_they_made, "templates/probe.j2", ('-f -- "$made"', '-rf -- "$made"'), "mktemp did not make"),
    (scripts_delete_what_they_made, "templates/probe.j2", ('"$made"', "/"), "neither a constant nor a variable"),
    (scripts_delete_what_they_made, "templates/probe.j2", ('"$made"', "/srv/*"), "neither a constant nor a variable"),
    (
        tasks_delete_what_the_role_made,
        "tasks/main.yml",
        ("{{ demo_directory }}/known_hosts", "{{ demo_directory }}"),
        "which the role did not make",
    ),
    (tasks_delete_what_the_role_made, "tasks/main.yml", ("/etc/demo.d/x", "/etc"), "which the role did not make"),
    (tasks_delete_what_the_role_made, "tasks/main.yml", ("[sh, -c,", "[rm, -rf,"), "removes with rm"),
]


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    for name, text in DEMO.items():
        path = tmp_path / "roles/demo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("rule, name, change, message", BROKEN)
def test_broken_role_is_found(demo: Path, rule: Rule, name: str, change: tuple[str, str], message: str) -> None:
    assert [line for each in RULES for line in each(demo, "demo")] == []
    replace(f"roles/demo/{name}", *change)(demo)
    found = list(rule(demo, "demo"))
    assert any(message in line for line in found), found


@pytest.mark.parametrize(
    "line, found",
    [
        ("shutil.rmtree(path)", True),
        ("os.remove(path)", True),
        ("partial(os.unlink, path)", True),
        ("module.run_command(['umount', path])", True),
        ("words.remove('a')", False),
    ],
)
def test_plugin_that_deletes_is_found(tmp_path: Path, line: str, found: bool) -> None:
    (tmp_path / "plugins/modules").mkdir(parents=True)
    (tmp_path / "plugins/modules/demo.py").write_text(f"{line}\n")
    assert plugins_that_delete(tmp_path) == ({"modules/demo.py"} if found else set())
