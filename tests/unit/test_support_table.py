# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of systems in README.md says what the profiles and the roles say, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HEAD = [
    "| system | protocols | port | an acknowledged write is | cold is | metrics | Debian | known, not tested |",
    "|---|---|---|---|---|---|---|---|",
]


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return content


def protocols(names: list[str]) -> str:
    nfs = ", ".join(name.removeprefix("nfs") for name in names if name.startswith("nfs"))
    return f"NFSv{nfs}" if nfs else "SMB 3.1.1"


def port(role: str, defaults: dict[str, Any], served: list[str]) -> int:
    family = "nfs" if served[0].startswith("nfs") else "smb"
    number: int = defaults.get(f"{role}_{family}_port", defaults.get(f"{role}_port"))
    return number


def cold(spec: dict[str, Any]) -> str:
    steps = [
        "a restart",
        *(["an empty cache"] if spec.get("remove") else []),
        *(["no page cache"] if spec.get("page_cache") else []),
    ]
    return ", ".join(steps)


def metrics(role: str, defaults: dict[str, Any]) -> str:
    names = [name for name in defaults if name in (f"{role}_metrics_port", f"{role}_remote_control_port")]
    return f"`{names[0]}`" if names else "none"


def row(system: str) -> str:
    profile = load(f"playbooks/systems/{system}.yml")
    role = profile["services"][-1]["role"]
    defaults, spec = load(f"roles/{role}/defaults/main.yml"), load(f"roles/{role}/vars/main.yml")[f"__{role}_service"]
    cells = [
        f"`{system}`",
        protocols(profile["protocols"]),
        port(role, defaults, profile["protocols"]),
        profile["durability"],
        cold(spec["cold"]),
        metrics(role, defaults),
        ", ".join(spec["platforms"]["Debian"]),
        ", ".join(spec.get("untested", ["none"])),
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def test_the_table_says_what_the_roles_and_profiles_say() -> None:
    """A system of one's own need not stand there; one that does says the truth, in its place."""
    wanted = [row(path.stem) for path in sorted(ROOT.glob("playbooks/systems/*.yml"))]
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    start = lines.index(HEAD[0])
    shown = lines[start : lines.index("", start)]
    assert shown[: len(HEAD)] == HEAD
    assert shown[len(HEAD) :] == [line for line in wanted if line in shown], "\n".join(wanted)
    assert len(shown) > len(HEAD)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"page_cache": True}, "a restart, no page cache"),
        ({"page_cache": True, "remove": ["/var/cache/x"]}, "a restart, an empty cache, no page cache"),
        ({}, "a restart"),
    ],
)
def test_what_is_cold_in_words(given: dict[str, Any], words: str) -> None:
    assert cold(given) == words


def test_the_table_explains_each_promise() -> None:
    tiers = {load(f"playbooks/systems/{path.name}")["durability"] for path in ROOT.glob("playbooks/systems/*.yml")}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [tier for tier in tiers if f"* `{tier}`: " not in readme] == []
