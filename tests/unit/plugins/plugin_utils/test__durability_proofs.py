# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import suites

from ansible_collections.netfs.bench.plugins.plugin_utils._durability import lines_of, state_of
from ansible_collections.netfs.bench.plugins.plugin_utils._durability_proofs import proofs_of
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import PlanError
from ansible_collections.netfs.bench.plugins.plugin_utils._results import read_run


def cut_run(tmp_path, **harms):
    """A run in which the power of Ganesha was cut twice."""
    record = suites.cut_record([suites.power_cut(1), suites.power_cut(2, **harms)])
    record["provenance"]["service"] = {"version": "6.5"}
    return read_run(suites.write_cut_run(tmp_path / "r", [record]))


def profile(**settings):
    (service,) = suites.PROFILE["services"]
    return {**suites.PROFILE, "services": [{**service, **settings}]}


@pytest.mark.parametrize(
    ("harms", "given", "state", "says"),
    [
        ({}, profile(), "proven", "over nfs3 0 lost, 0 torn, 0 stale of 80 acknowledged in 2 cuts"),
        ({"lost": 1}, profile(), "disproven", "1 lost, 0 torn"),
        ({}, profile(variables={"sync": False}), "unproven", "run r cut its power with other settings"),
        # what a profile has for suites alone is no other setting
        ({}, {**profile(), "suites": {"share": "scratch"}}, "proven", "(run r)"),
    ],
)
def test_what_cuts_say_of_a_system(tmp_path, harms, given, state, says):
    found = proofs_of({"ganesha": given}, cut_run(tmp_path, **harms))["ganesha"]
    assert found["state"] == state
    assert says in found["text"]
    assert found["version"] == ("unknown" if state == "unproven" else "6.5")


def test_a_system_whose_power_was_not_cut_is_unproven(tmp_path):
    found = proofs_of({"ganesha": profile(), "samba": profile()}, cut_run(tmp_path))
    assert found["samba"]["state"] == "unproven"
    plan = {"durability_proofs": found}
    assert [state_of(plan, name, "6.5") for name in ("ganesha", "samba")] == ["proven", "unproven"]
    assert state_of(plan, "ganesha", "6.6") == "unproven"
    assert lines_of(plan)[1] == "  durability of samba: declared; run r did not cut its power"


def test_a_run_that_says_nothing_of_any_is_refused(tmp_path):
    with pytest.raises(PlanError, match="Run r did not cut the power of rclone, samba"):
        proofs_of({"rclone": profile(), "samba": profile()}, cut_run(tmp_path))
