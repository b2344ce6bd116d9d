# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far clocks differ, and how surely."""

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._clocks import Sample, clock_differences, offset


@pytest.mark.parametrize(
    "samples, ahead, uncertainty",
    [
        ([Sample(100, 105.1, 100.2)], 5.0, 0.1),
        ([Sample(100, 100.5, 101), Sample(200, 200.0, 200.2)], -0.1, 0.1),
        ([Sample(100, 100, 100)], 0, 0),
    ],
)
def test_the_quickest_answer_says_most(samples: list[Sample], ahead: float, uncertainty: float) -> None:
    assert offset(samples) == pytest.approx((ahead, uncertainty))


def clock(ahead: float, uncertainty: float = 0.02) -> dict[str, float]:
    return {"offset_seconds": ahead, "uncertainty_seconds": uncertainty}


@pytest.mark.parametrize(
    "clocks, told",
    [
        ({}, []),
        ({"a": clock(0.0), "b": clock(0.08)}, []),
        ({"a": clock(0.0), "b": clock(0.1)}, ["a and b differ by about 0.1 s, and by more than 0.06 s"]),
        ({"a": clock(0.0, 1), "b": clock(1.9, 1)}, []),
        (
            {"b": clock(-3600.0), "a": clock(0.0), "c": clock(0.0)},
            [
                "a and b differ by about 3.6e+03 s, and by more than 3.6e+03 s",
                "b and c differ by about 3.6e+03 s, and by more than 3.6e+03 s",
            ],
        ),
    ],
)
def test_only_what_is_sure_is_told(clocks: dict[str, dict[str, float]], told: list[str]) -> None:
    assert clock_differences(clocks, 0.05) == told
