# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import rendered

from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import holds_secret, type_errors

ROOT = Path(__file__).resolve().parents[4]
SPECS = {
    path.parent.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml"))
}


def found(option: dict[str, Any], value: Any, name: str = "demo") -> list[str]:
    return list(type_errors({name: option}, {name: value}))


# What each type takes, and what Ansible's own validation lets pass although the role would read something else.
TAKES: dict[str, list[Any]] = {
    "str": ["", "alice", "22", "yes", "null", "~", "é", 1000],
    "path": ["", "/srv/media old", "~/files", "/srv/pay$", "/srv/100 $ a"],
    "int": [0, 22049, "22049", "0", 2**63 - 1],
    "float": [0, 1, 0.5, "0.5", "20", -1.5],
    "bool": [True, False, "true", "False", "yes", "no", "on", "off", "1", "0", 1, 0],
    "list": [[], ["a"], ("a",), [1]],
    "dict": [{}, {"a": 1}, {"a": None}],
    "raw": [None, 1, "a", [], {}, True],
}
REFUSES: dict[str, list[Any]] = {
    "str": [None, True, False, 1.1, date(2024, 1, 1), ["a"], {"a": 1}],
    "path": [None, True, 1, 1.5, ["/srv"], {}],
    "int": [None, True, 1.0, 1.5, "1.0", "1e3", "1_0", " 1", "1 ", "0755", "0x10", "+1", "", "yes", "٣", -1, "-1"],
    "float": [None, True, "", "1e3", ".5", "1.", "nan", float("nan"), float("inf"), "9" * 400, [1], {}],
    "bool": [None, "", "y", "n", "t", "f", "maybe", 2, 1.0, [], {}],
    "list": [None, "", "alice", "192.0.2.0/24", "a,b", "[a]", 1, True, {}, {"a": 1}],
    "dict": [None, "", "a=1", '{"a": 1}', 1, True, [], ["a"], {True: 1}, {1: 1}],
    "raw": [],
}
REFUSES["int"] += [2**63, "9" * 19, "9" * 400, [1], {}]
PORT = {"type": "int"}
MODE = {"type": "str"}
CHOICE = {"type": "str", "choices": ["3", "4"]}
NESTED = {
    "type": "list",
    "elements": "dict",
    "options": {
        "name": {"type": "str", "required": True},
        "users": {"type": "list", "elements": "str"},
        "mode": {"type": "str"},
        "password": {"type": "str"},
        "inner": {"type": "dict", "options": {"port": {"type": "int"}}},
        "argv": {"type": "list", "elements": "list"},
    },
}


@pytest.mark.parametrize("wanted, value", [(kind, value) for kind, values in TAKES.items() for value in values])
def test_value_of_its_type_is_taken(wanted: str, value: Any) -> None:
    assert found({"type": wanted}, value) == []
    assert found({"type": "list", "elements": wanted}, [value, value]) == []


@pytest.mark.parametrize("path", ["/srv/$HOME", "$HOME/x", "/srv/${HOME}x"])
def test_a_path_that_modules_would_expand_is_refused(path: str) -> None:
    (sentence,) = found({"type": "path"}, path)
    assert f"'{path}' cannot be used: Ansible's modules expand $ in a path as an environment variable" in sentence


@pytest.mark.parametrize("wanted, value", [(kind, value) for kind, values in REFUSES.items() for value in values])
def test_value_of_another_type_is_refused_by_name(wanted: str, value: Any) -> None:
    (sentence,) = found({"type": wanted}, value)
    assert sentence.startswith("demo: ")
    assert " cannot be used: it" in sentence
    sentences = found({"type": "list", "elements": wanted}, [value])
    assert len(sentences) == 1
    assert sentences[0].startswith("demo[0]: ")


@pytest.mark.parametrize(
    "option, name, value, reason",
    [
        ({"type": "list"}, "users", "alice", "it must be a list; write [alice]."),
        ({"type": "list"}, "clients", "192.0.2.0/24,::1", 'it must be a list; write [192.0.2.0/24, "::1"].'),
        ({"type": "list"}, "clients", "*", 'it must be a list; write ["*"].'),
        (
            MODE,
            "mode",
            493,
            "it must be a string, and YAML reads 0755 as the number 493; write it with quotes, such as '0755'.",
        ),
        (MODE, "file_mode", "789", "a mode must have three or four octal digits, such as '0755'."),
        (PORT, "samba_port", 0, "a port must be a number from 1 to 65535."),
        (PORT, "port", "65536", "a port must be a number from 1 to 65535."),
        (CHOICE, "version", 4, "it must be one of 3, 4; write it with quotes if YAML would read something else."),
    ],
)
def test_sentence(option: dict[str, Any], name: str, value: Any, reason: str) -> None:
    assert found(option, value, name) == [f"{name}: {value!r} cannot be used: {reason}"]


@pytest.mark.parametrize("value", ["755", "0755", "1777", "01777", "u=rwX,g=rX"])
def test_mode_is_taken(value: str) -> None:
    assert found(MODE, value, "mode") == []


def test_zero_turns_off_what_can_be() -> None:
    options = {"metrics_port": PORT, "port": PORT}
    assert len(list(type_errors(options, {"metrics_port": 0, "port": "0"}, {"metrics_port"}))) == 1
    assert list(type_errors(options, {"metrics_port": "0", "port": "1"}, {"metrics_port"})) == []


def test_everything_inside_is_looked_at_and_named() -> None:
    good = {"name": "a", "users": ["alice"], "argv": [["ls", "-l"]], "inner": {"port": "445"}}
    bad = {"name": True, "users": ["alice", None], "mode": 493, "inner": {"port": 0}, "argv": ["ls"]}
    sentences = found(NESTED, [good, bad, "c"], "shares")
    assert [sentence.split(": ")[0] for sentence in sentences] == [
        *("shares[1].name", "shares[1].users[1]", "shares[1].mode", "shares[1].inner.port", "shares[1].argv[0]"),
        "shares[2]",
    ]


def test_what_was_not_given_is_not_looked_at() -> None:
    assert list(type_errors({"demo": {"type": "int"}}, {"other": "x"})) == []


@pytest.mark.parametrize(
    "option, value",
    [
        (NESTED, [{"name": "a", "password": 12345678}]),
        (NESTED, ["alice:12345678"]),
        (NESTED, "12345678"),
        ({"type": "str", "no_log": True}, 12345678.5),
        ({"type": "dict", "no_log": True}, "12345678"),
    ],
)
def test_secret_is_not_shown(option: dict[str, Any], value: Any) -> None:
    sentences = found(option, value)
    assert sentences
    assert "12345678" not in " ".join(sentences)


@pytest.mark.parametrize(
    "name, wanted, is_secret",
    [
        ("samba_password", "str", True),
        ("secret_access_key", "str", True),
        ("api_token", "str", True),
        ("secrets", "str", True),
        ("samba_secrets_directory", "path", False),
        ("tls_key", "path", False),
        ("update_password", "bool", False),
        ("monkey", "str", False),
        ("access_key", "str", False),
    ],
)
def test_secret_is_known_by_its_name(name: str, wanted: str, is_secret: bool) -> None:
    assert holds_secret(name, {"type": wanted}) is is_secret


def test_choice_is_no_secret() -> None:
    assert not holds_secret("update_password", {"type": "str", "choices": ["always", "on_create"]})


@pytest.mark.parametrize("role", SPECS)
def test_defaults_of_a_role_are_of_their_types(role: str) -> None:
    defaults = yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8"))
    off = {name for name, value in defaults.items() if value == 0}
    # What has no default, other defaults may stand on
    required = {name: option["type"] for name, option in SPECS[role].items() if option.get("required")}
    asked = {name: {"list": ["node"]}.get(kind, "") for name, kind in required.items()}
    given = {
        name: rendered(value, role, inventory_hostname="node", ansible_check_mode=False, **asked)
        for name, value in defaults.items()
    }
    assert list(type_errors(SPECS[role], given, off)) == []


@pytest.mark.parametrize("profile", sorted(ROOT.glob("playbooks/systems/*.yml")), ids=lambda path: path.stem)
def test_variables_of_a_profile_are_of_their_types(profile: Path) -> None:
    for service in yaml.safe_load(profile.read_text(encoding="utf-8"))["services"]:
        given = {name: value for name, value in service.get("variables", {}).items() if "{{" not in str(value)}
        assert list(type_errors(SPECS[service["role"]], given)) == []
