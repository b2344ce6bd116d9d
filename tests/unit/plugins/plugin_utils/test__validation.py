# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which word a result gets, and what a run of suites comes to."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import suites

from ansible_collections.netfs.bench.plugins.plugin_utils import _reports, _results, _validation, _verdicts
from ansible_collections.netfs.bench.plugins.plugin_utils._run import RunError
from ansible_collections.netfs.bench.plugins.plugin_utils._validation_report import NO_REFERENCE

SCHEMA = json.loads((Path(__file__).parents[4] / "schemas/cell.schema.json").read_text(encoding="utf-8"))
EXPECTED = {
    "systems": ["ganesha"],
    "cases": ["b"],
    "reason": "It has none.",
    "since": "6.5",
    "evidence": "https://example.org/1",
}


def judged(tmp_path, ganesha="ppp", kernel="ppp", local="ppp", expected=None, **more):
    """A run of one suite on ganesha and two references, judged; "" leaves a record out."""
    given = dict(zip(suites.PLACES, (ganesha, kernel, local), strict=True))
    records = [suites.record(*place, outcomes) for place, outcomes in given.items() if outcomes != "-"]
    planned = [suites.record(*place, "p") for place in given]
    for one in records:
        if one["system"] == "ganesha":
            one["suite"].update(more)
        jsonschema.validate(one, SCHEMA)
    directory = suites.write_run(tmp_path / "r", records, expected, planned)
    return _reports.judge(directory)[0]


def of(validation, system="ganesha"):
    return next(one for one in validation.results if one.name.system == system)


@pytest.mark.parametrize(
    ("given", "word", "code"),
    [
        ({}, "pass", 0),
        ({"ganesha": "pps"}, "pass", 0),
        ({"ganesha": "pfp"}, "fail", 20),
        # what the reference fails as well says nothing of the system
        ({"ganesha": "pfp", "kernel": "pfp"}, "as-reference", 0),
        # the first reference counts: it speaks the same protocol
        ({"ganesha": "pfp", "kernel": "pfp", "local": "ppp"}, "as-reference", 0),
        ({"ganesha": "pfp", "kernel": "ppp", "local": "pfp"}, "fail", 20),
        ({"ganesha": "pff", "kernel": "pfp"}, "fail", 20),
        # a reference that was not asked about a case excuses nothing
        ({"ganesha": "ppf", "kernel": "pp"}, "fail", 20),
        ({"ganesha": "pfp", "kernel": None, "local": "pfp"}, "as-reference", 21),
        ({"ganesha": "pfp", "kernel": "-", "local": "-"}, "fail", 20),
        # a reference that fails makes no system fail
        ({"kernel": "pfp"}, "pass", 0),
        ({"ganesha": None}, "hung", 21),
        ({"ganesha": "-"}, "not-measured", 21),
        ({"kernel": "-"}, "pass", 21),
        ({"ganesha": "pfp", "expected": [EXPECTED]}, "pass", 0),
        ({"ganesha": "pff", "expected": [EXPECTED]}, "fail", 20),
        ({"ganesha": "ppp", "expected": [EXPECTED]}, "pass", 0),
    ],
)
def test_the_word_of_a_result_and_the_exit_code(tmp_path, given, word, code):
    validation = judged(tmp_path, **given)
    assert (of(validation).word, validation.code) == (word, code)
    assert bool(_validation.failure_of(validation)) == bool(code)


def test_a_reference_that_is_asked_for_itself_is_judged(tmp_path):
    records = [suites.record("kernel-nfs", "nfs3", "pf"), suites.record("local", "local", "pp")]
    directory = suites.write_run(tmp_path / "r", records)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    (directory / "plan.json").write_text(json.dumps({**plan, "beside": ["local"]}), encoding="utf-8")
    validation = _reports.judge(directory)[0]
    assert [(one.name.system, one.word) for one in validation.asked] == [("kernel-nfs", "fail")]
    assert validation.code == 20


def test_counts_are_told_apart(tmp_path):
    result = of(judged(tmp_path, "pffsf", "pppsf", expected=[EXPECTED]))
    assert result.counts == {
        "passed": 1,
        "failed": 2,
        "skipped": 1,
        "expected failures": 1,
        "unexpected passes": 0,
    }
    assert (result.failing, result.shared) == (["c"], ["e"])
    assert result.expected == {"b": "It has none. Since 6.5; https://example.org/1"}


def test_an_unexpected_pass_is_told(tmp_path):
    validation = judged(tmp_path, expected=[EXPECTED])
    assert of(validation).unexpected == ["b"]
    assert any("passed 1 that it is expected to fail (b)" in line for line in _validation.warnings(validation))


def test_a_share_is_of_what_the_reference_passes(tmp_path):
    shares = of(judged(tmp_path, "ppff", "pppf", "ppps")).shares
    assert [tuple(share) for share in shares] == [("kernel-nfs", 2, 3), ("local", 2, 3)]
    assert shares[0].text == "2 of the 3 that kernel-nfs passes (66.7%)"


def test_without_a_reference_there_is_no_number(tmp_path):
    validation = judged(tmp_path, kernel="-", local="-")
    lines = "\n".join(_reports.tables(validation)[0])
    assert NO_REFERENCE in lines
    assert any("No reference was measured" in line for line in _validation.warnings(validation))


def test_only_records_that_disagree_make_a_case_flaky(tmp_path):
    assert of(judged(tmp_path / "one", "pfp")).flaky == []
    assert of(judged(tmp_path / "two", "ppp", earlier=[{"a": "passed", "b": "failed"}])).flaky == ["b"]
    assert of(judged(tmp_path / "three", "ppp", earlier=[{"b": "skipped"}])).flaky == []


def test_a_case_that_failed_in_one_trial_has_failed(tmp_path):
    records = [
        suites.record("ganesha", "nfs3", outcomes, trial=trial) for trial, outcomes in enumerate(("pp", "pf"), 1)
    ]
    result = of(_reports.judge(suites.write_run(tmp_path / "r", records))[0])
    assert (result.word, result.failing, result.flaky) == ("fail", ["b"], ["b"])


def test_a_trial_that_was_not_measured_is_never_hidden_by_others(tmp_path):
    records = [
        suites.record("ganesha", "nfs3", outcomes, trial=trial) for trial, outcomes in enumerate(("pp", None), 1)
    ]
    result = of(_reports.judge(suites.write_run(tmp_path / "r", records))[0])
    assert (result.word, len(result.measured), result.planned) == ("hung", 1, 2)


def test_remarks_and_reasons_are_warnings(tmp_path):
    validation = judged(tmp_path, None, remarks=["/mnt/x could not be removed within 120 s"])
    warned = _validation.warnings(validation)
    assert any("was not measured: Hung: it did nothing for 60 s" in line for line in warned)
    assert "ganesha nfs3 posix: /mnt/x could not be removed within 120 s." in warned


def test_every_report_has_every_failing_case_and_is_the_same_twice(tmp_path):
    validation = judged(tmp_path, "pfsf", "ppsf")
    directory = tmp_path / "r"
    _lines, changed = _reports.write(directory, validation)
    assert set(changed) == {"report.txt", "report.md", "report.json", "report.junit.xml", "report.html"}
    assert not any(_reports.write(directory, _reports.judge(directory)[0])[1].values())
    texts = {name: (directory / name).read_text(encoding="utf-8") for name in changed}
    assert "fails b; fails as the reference does: d" in texts["report.md"]
    document = json.loads(texts["report.json"])
    assert document["exit_code"] == 20
    assert document["results"][0]["failing"] == ["b"]
    suite = ElementTree.fromstring(texts["report.junit.xml"]).find("testsuite[@name='ganesha nfs3 posix']")
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
    }
    assert suite.find("testcase[@name='b']/failure").get("message") == "b is <wrong> here"


def test_what_was_not_measured_is_an_error_for_machines(tmp_path):
    validation = judged(tmp_path, None)
    root = ElementTree.fromstring(_reports.export(validation, "junit"))
    assert root.find("testsuite[@name='ganesha nfs3 posix']/testcase/error").get("message").startswith("Hung: ")


def test_control_characters_of_a_program_make_no_broken_xml(tmp_path):
    validation = judged(tmp_path, "f", lines={"a": ["\x00\x1b[31mred\x07"]})
    assert "red" in ElementTree.fromstring(_reports.export(validation, "junit")).find(".//failure").text


def test_the_page_leads_from_each_word_to_its_evidence(tmp_path):
    page = _reports.html(judged(tmp_path, "pf"))
    assert 'href="#result-ganesha-nfs3-posix"' in page
    assert 'id="result-ganesha-nfs3-posix" open' in page
    assert 'href="raw/ganesha~nfs3~posix~warm~1.txt"' in page
    assert "b is &lt;wrong&gt; here\nleft: 1, right: 2" in page
    assert "http://" not in page
    assert "https://" not in page


def test_a_run_of_suites_is_no_baseline_and_is_compared_with_none(tmp_path):
    judged(tmp_path)
    with pytest.raises(RunError, match="cannot be the baseline"):
        _verdicts.declare_baseline(tmp_path / "r")
    with pytest.raises(RunError, match="a suite has its references in its own run"):
        _reports.judge(tmp_path / "r", tmp_path / "r")
    with pytest.raises(RunError, match="exported as json or junit only"):
        _reports.export(_reports.judge(tmp_path / "r")[0], "csv")


def test_how_many_cells_failed_and_are_missing(tmp_path):
    assert _reports.unmeasured_of(judged(tmp_path, None, "-", "pf")) == (1, 1)


def test_the_records_of_a_run_of_suites_are_read_as_they_were_written(tmp_path):
    directory = suites.write_run(tmp_path / "r", [suites.record("ganesha", "nfs3", "pf")])
    cell = _results.read_run(directory).cells[0]
    assert cell.document()["suite"] == suites.record("ganesha", "nfs3", "pf")["suite"]


def cut(tmp_path, *cuts, durability="local-durable"):
    """A run of power cuts, judged; its record is a valid one."""
    one = suites.cut_record(list(cuts))
    jsonschema.validate(one, SCHEMA)
    return _reports.judge(suites.write_cut_run(tmp_path / "r", [one], durability))[0]


@pytest.mark.parametrize(
    ("cuts", "durability", "word", "code"),
    [
        ([{}, {}], "local-durable", "pass", 0),
        ([{}, {"lost": 1}], "local-durable", "fail", 20),
        ([{}, {"torn": 1}], "remote-durable", "fail", 20),
        ([{}, {"stale": 1}], "local-durable", "fail", 20),
        # who promises nothing breaks no promise, and it is told what was lost
        ([{}, {"lost": 1}], "volatile", "volatile", 0),
        ([{}, {}], "volatile", "pass", 0),
    ],
)
def test_the_word_of_power_cuts_is_by_what_was_promised(tmp_path, cuts, durability, word, code):
    made = [suites.power_cut(number, **harms) for number, harms in enumerate(cuts, 1)]
    validation = cut(tmp_path, *made, durability=durability)
    assert (of(validation).word, validation.code) == (word, code)
    assert _validation.warnings(validation) == []


def test_no_reference_excuses_a_loss(tmp_path):
    records = [suites.cut_record([suites.power_cut(lost=1)], system) for system in ("ganesha", "kernel-nfs")]
    validation = _reports.judge(suites.write_cut_run(tmp_path / "r", records))[0]
    assert [one.word for one in validation.asked] == ["fail", "fail"]
    assert of(validation).shares == []


def test_the_figures_of_power_cuts_are_those_of_all_trials(tmp_path):
    records = [suites.cut_record([suites.power_cut(1, lost=trial - 1)], trial=trial) for trial in (1, 2, 3)]
    figures = of(_reports.judge(suites.write_cut_run(tmp_path / "r", records))[0]).figures
    assert figures._replace(longest_pause_s=0) == (3, 2, 120, 90, {"lost": 3, "torn": 0, "stale": 0}, 0, True)
    assert figures.bound == pytest.approx(0.98305, abs=1e-5)


def test_every_report_has_the_figures_of_power_cuts(tmp_path):
    validation = cut(tmp_path, suites.power_cut(1), suites.power_cut(2, torn=2))
    text = "0 lost, 2 torn, 0 stale of 80 acknowledged in 2 cuts; a cut loses something with a probability below 97.5%"
    lines, changed = _reports.write(tmp_path / "r", validation)
    texts = {name: (tmp_path / "r" / name).read_text(encoding="utf-8") for name in changed}
    assert text in "\n".join(lines)
    assert text in texts["report.md"]
    assert text in texts["report.html"]
    assert "The longest pause of a writer was 22.0 s." in texts["report.html"]
    document = json.loads(texts["report.json"])["results"][0]["power_cuts"]
    assert (document["acknowledged"], document["harmed"]["torn"]) == (80, 2)
    assert document["loss_probability_upper_bound"] == pytest.approx(0.974679, abs=1e-5)
    suite = ElementTree.fromstring(texts["report.junit.xml"]).find("testsuite[@name='ganesha nfs3 power-cut']")
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1")


def test_a_writer_that_did_not_go_on_has_no_pause(tmp_path):
    validation = cut(tmp_path, suites.power_cut(1, resumed=False))
    page = _reports.html(validation)
    assert "At least one writer did not go on after its cut." in page
    assert "did not go on" in page
    assert "The longest pause" not in page


def shared(tmp_path, ganesha, local="valid", stronger="invalid"):
    """A run in which clients shared files on ganesha and on its reference, with what came of one kind."""
    records = [
        suites.consistency_record("ganesha", "nfs3", "close-to-open", ganesha, stronger),
        suites.consistency_record("local", "local", "linearizable", local, ""),
    ]
    for one in records:
        jsonschema.validate(one, SCHEMA)
    return _reports.judge(suites.write_run(tmp_path / "r", records))[0]


@pytest.mark.parametrize(
    ("given", "word", "code"),
    [
        # more than is claimed is nobody's promise
        (("valid", "valid", "invalid"), "pass", 0),
        (("valid", "valid", "valid"), "pass", 0),
        (("invalid", "valid", "invalid"), "fail", 20),
        (("invalid", "invalid", "invalid"), "as-reference", 0),
        (("unknown", "valid", "unknown"), "not-measured", 21),
    ],
)
def test_the_word_of_consistency_is_by_what_is_claimed(tmp_path, given, word, code):
    validation = shared(tmp_path, *given)
    assert (of(validation).word, validation.code) == (word, code)


def test_every_report_has_both_models_and_the_example(tmp_path):
    validation = shared(tmp_path, "invalid")
    _reports.write(tmp_path / "r", validation)
    document = json.loads((tmp_path / "r/report.json").read_text(encoding="utf-8"))
    (told,) = next(one for one in document["results"] if one["system"] == "ganesha")["consistency"]
    assert (told["claim"], told["result"]) == ("close-to-open", "invalid")
    assert (told["stronger"], told["stronger_result"]) == ("linearizable", "invalid")
    failure = ElementTree.parse(tmp_path / "r/report.junit.xml").getroot().find(".//failure")
    assert "register-write.0.1 is not close-to-open" in failure.text
    assert "client 1, 0.0 to 0.0 ms: read: 0" in failure.text
    page = (tmp_path / "r/report.html").read_text(encoding="utf-8")
    assert page.count('<svg class="timeline"') == 1
    assert "register-write: not close-to-open, which it claims" in page
    assert "It claims to be close-to-open: who opens a file sees what was closed before" in page


def test_an_example_against_more_than_is_claimed_is_shown_and_fails_nothing(tmp_path):
    validation = shared(tmp_path, "valid", stronger="invalid")
    _reports.write(tmp_path / "r", validation)
    page = (tmp_path / "r/report.html").read_text(encoding="utf-8")
    assert "register-write: not linearizable, more than it claims" in page
    assert ElementTree.parse(tmp_path / "r/report.junit.xml").getroot().find(".//failure") is None


def under_faults(tmp_path, outcomes="ppp", **came):
    """A run of one suite under faults, judged."""
    records = [
        suites.faulted(suites.record("ganesha", "nfs3", outcomes), **came),
        suites.record("local", "local", "ppp"),
    ]
    for one in records:
        jsonschema.validate(one, SCHEMA)
    return _reports.judge(suites.write_run(tmp_path / "r", records))[0]


@pytest.mark.parametrize(
    ("outcomes", "recovered", "word", "code"),
    [
        ("ppp", True, "pass", 0),
        ("pfp", True, "fail", 20),
        ("ppp", False, "not-recovered", 20),
        # wrong bytes are worse
        ("pfp", False, "fail", 20),
        # a program that hangs because nobody answers does not hang by itself
        (None, False, "not-recovered", 20),
        (None, True, "hung", 21),
    ],
)
def test_a_service_that_did_not_come_back_is_a_result_of_its_own(tmp_path, outcomes, recovered, word, code):
    validation = under_faults(tmp_path, outcomes, recovered=recovered)
    assert (of(validation).word, validation.code) == (word, code)


def test_every_report_has_the_faults(tmp_path):
    validation = under_faults(tmp_path, recovered=False)
    lines, changed = _reports.write(tmp_path / "r", validation)
    texts = {name: (tmp_path / "r" / name).read_text(encoding="utf-8") for name in changed}
    why = "The service did not come back within 120 s after the last fault: refused"
    assert f"✖ ganesha nfs3 posix: {why}." in lines
    for name in ("report.md", "report.html"):
        assert "faults begun: kill 1; 1 of 1 held" in texts[name]
    for shown in ("2026-11-30 00:00:07", "1 of 1 units lost what ran", "all units run", "not begun"):
        assert shown in texts["report.html"]
    (faults,) = json.loads(texts["report.json"])["results"][0]["faults"]
    assert [event["begun_at"] for event in faults["timeline"]] == ["2026-11-30T00:00:03+00:00", ""]
    suite = ElementTree.fromstring(texts["report.junit.xml"]).find("testsuite[@name='ganesha nfs3 posix']")
    assert suite.get("failures") == "1"
    assert suite.find("testcase[@name='recovered']/failure").get("message") == why


def test_a_run_without_faults_says_nothing_of_them(tmp_path):
    _lines, changed = _reports.write(tmp_path / "r", judged(tmp_path))
    assert all(
        "faults" not in (tmp_path / "r" / name).read_text(encoding="utf-8") for name in changed if "json" in name
    )
