# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public names and the headings of pages use the words of docs/words.md, and none of those that it rules out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@cache
def ruled_out() -> dict[str, str]:
    """Return each word that docs/words.md rules out, with the word that is used instead."""
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \| ([^|]*)\|$", (ROOT / "docs/words.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return {word: used for used, words in rows[1:] for word in re.split(r", *", words.strip()) if word}


def options_of(entry: dict[str, dict]) -> Iterator[str]:
    """Yield the names of options, and of those inside of them."""
    for name, option in entry.items():
        yield name
        yield from options_of(option.get("options", {}))


def public_names() -> Iterator[tuple[str, str]]:
    """Yield each public name with where it stands."""
    for kind in ("modules", "filter", "lookup"):
        for path in sorted((ROOT / "plugins" / kind).glob("[a-z]*.py")):
            yield f"plugins/{kind}", path.stem
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        role = path.parts[-3]
        yield "roles", role
        for entry, described in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].items():
            yield f"roles/{role}", entry
            yield from ((f"roles/{role}", name) for name in options_of(described.get("options", {})))
    options = yaml.safe_load((ROOT / "playbooks/options.yml").read_text(encoding="utf-8"))
    yield from (("playbooks/options.yml", name) for name in options)
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        yield from ((path.name, heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE))


def faults(where: str, name: str) -> list[str]:
    """Return what is wrong with a name, a sentence for each of its words that is ruled out."""
    words = ruled_out()
    found = [part for part in re.findall(r"[a-z]+", name.lower()) if part in words]
    return [f"{where}: {name} has the word {part}; use {words[part]}" for part in found]


def test_public_names_use_the_words_of_the_glossary() -> None:
    names = list(public_names())
    assert len(names) > 300
    assert [fault for where, name in names for fault in faults(where, name)] == []


@pytest.mark.parametrize(
    "name, word",
    [("cell_obstacle", "failure reason"), ("judge-file", "validate"), ("Several machines", "node set")],
)
def test_a_name_with_a_word_that_is_ruled_out_is_found(name: str, word: str) -> None:
    (fault,) = faults("here", name)
    assert fault.endswith(f"use {word}")


NOUNLESS = re.compile(r"^ *- name: [A-Z][a-z]+ (it|them|this|these|those)( again| once more)?$", re.MULTILINE)


def test_a_task_is_named_with_its_noun_since_a_log_shows_one_task_at_a_time() -> None:
    assert NOUNLESS.search("    - name: Stop them once more\n")
    files = [path for folder in ("roles", "playbooks", "molecule") for path in (ROOT / folder).rglob("*.yml")]
    found = {str(path.relative_to(ROOT)): NOUNLESS.findall(path.read_text(encoding="utf-8")) for path in files}
    assert {place: names for place, names in found.items() if names} == {}
