# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scenarios that run at the same time have subnets of their own; one with sites takes the one after its own too."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITES = 2


def test_no_two_scenarios_share_a_subnet() -> None:
    taken = Counter(
        int(number) + site
        for path in [*ROOT.glob("molecule/*/molecule.yml"), ROOT / ".config/molecule/config.yml"]
        for number in re.findall(r"SUBNET:-198\.18\.(\d+)\.0/24", path.read_text(encoding="utf-8"))
        for site in range(SITES if "SITES" in path.read_text(encoding="utf-8") else 1)
    )
    assert len(taken) > 5
    assert [number for number, times in taken.items() if times > 1] == []
