# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public options stand in playbooks/options.yml, and the plays, the tables of the pages and make say the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from collection import ROOT

from ansible_collections.netfs.bench.plugins.lookup.options import LookupModule
from ansible_collections.netfs.bench.plugins.plugin_utils._public_options import (
    OptionError,
    public_options,
    values_of,
)

OPTIONS = public_options(ROOT / "playbooks/options.yml")
PLAYS = [
    path
    for path in sorted((ROOT / "playbooks").rglob("*.y*ml")) + sorted((ROOT / "playbooks").rglob("*.j2"))
    if path.name != "options.yml" and "report" not in path.parts
]
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PLAYS}


def default(option: dict[str, Any]) -> str:
    """What a table shows as the default."""
    plain = str(option["default"]).lower() if isinstance(option["default"], bool) else option["default"]
    return str(option.get("default_is", f"`{plain}`" if plain != "" else "")).strip()


def row(*cells: str) -> str:
    return re.sub(r"\|  \|", "| |", f"| {' | '.join(cells)} |")


def rows(page: str) -> list[str]:
    """The rows of the first table of a page that begins with a variable."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| variable |"))
    return lines[start + 2 : lines.index("", start)]


def test_the_readme_shows_the_first_options() -> None:
    wanted = [row(f"`{name}`", one["values"], default(one)) for name, one in OPTIONS.items() if one.get("first")]
    shown = [line for line in rows("README.md") if "`SIZE`" not in line]  # fio's variables are those of the efforts
    assert shown == wanted, "\n".join(wanted)


def test_the_page_of_options_shows_all() -> None:
    wanted = [row(f"`{name}`", one["description"], one["values"], default(one)) for name, one in OPTIONS.items()]
    assert rows("docs/options.md") == wanted, "\n".join(wanted)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_is_described_and_read(name: str) -> None:
    option = OPTIONS[name]
    assert set(option) <= {"type", "default", "description", "values", "default_is", "make", "first"}
    assert option["description"].endswith(".")
    used = [text for text in TEXTS.values() if f"options.{name}" in text]
    inventories = [path.read_text(encoding="utf-8") for path in (ROOT / "inventories").rglob("*.yml")]
    assert used or any(name in text for text in inventories)


def test_plays_read_no_option_that_is_not_described_and_have_no_default_of_their_own() -> None:
    for name, text in TEXTS.items():
        assert set(re.findall(r"(?<![\w.])options\.(?!yml)(\w+)", text)) <= set(OPTIONS), name
        own = re.findall(r"(?<![\w.'])(\w+) \| default\(", text)
        assert [word for word in own if word in OPTIONS] == [], name


def test_make_has_the_defaults_of_the_options(program: Callable[[str], ModuleType]) -> None:
    play = program("play")
    assert play.defaults(["system", "plan_only=true"], ROOT) == {
        "system": OPTIONS["system"]["make"],
        "plan_only": "true",
    }
    assert set(OPTIONS) <= play.known(ROOT)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({}, "effort", "quick"),
        ({}, "plan_only", False),
        ({"plan_only": "true"}, "plan_only", True),
        ({"trials": "8"}, "trials", 8),
        ({"system": ["a", "b"]}, "system", ["a", "b"]),
        ({"node_kind": "ec2"}, "node_kind", "ec2"),
        ({"another": 1}, "seed", ""),
    ],
)
def test_an_option_has_its_type_or_its_default(given: dict[str, Any], name: str, value: object) -> None:
    assert values_of(OPTIONS, given)[name] == value


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"plan_only": "maybe"}, "plan_only: 'maybe' cannot be used: it must be a boolean"),
        ({"trials": "many"}, "trials: 'many' cannot be used: it must be a whole number"),
        ({"ceilings_port": 70000}, "ceilings_port: 70000 cannot be used: a port must be"),
    ],
)
def test_a_value_of_another_type_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=f"^{re.escape(message)}"):
        values_of(OPTIONS, given)


def test_the_lookup_reads_variables_wherever_they_were_set() -> None:
    variables = {"effort": trust_as_template("{{ wanted }}"), "wanted": "full"}
    lookup = LookupModule(loader=DataLoader(), templar=Templar(loader=DataLoader(), variables=variables))
    (found,) = lookup.run([], variables=variables)
    assert found["effort"] == "full"
    with pytest.raises(AnsibleError, match="dry_run: 'x' cannot be used"):
        lookup.run([], variables={"dry_run": "x"})


def test_names_of_the_benchmark_are_few() -> None:
    """A fact or a register is seen by all that follows; what one task needs is its own variable."""
    names = {name for text in TEXTS.values() for name in re.findall(r"(?<!netfs\.bench\.)\bbench_\w+", text)}
    assert len(names) <= 27, sorted(names)


def test_no_fact_has_a_name_that_is_data() -> None:
    for path in [*PLAYS, *(ROOT / "roles").rglob("tasks/*.yml")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"set_fact:(\s*\{|\n\s+)\s*\"?\{\{", text), path


def test_no_loop_hides_an_option() -> None:
    """Options are read at every task, for its time limit: a variable of a loop would pass for what the user gave."""
    files = [path for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*.yml")]
    names = {name for path in files for name in re.findall(r"loop_var: (\w+)", path.read_text(encoding="utf-8"))}
    assert len(names) > 5
    assert names & set(OPTIONS) == set()
