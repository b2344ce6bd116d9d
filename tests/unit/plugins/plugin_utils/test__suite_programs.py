# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What further programs print: what was recorded, what fails, and what says nothing of a file system."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import OutputError, outcome_of

WRONG = (
    "verify: bad magic header 0, wanted acca at file /d/{} offset 20480, length 4096 (requested block: offset=20480)\n"
)
RECORDED = Path(__file__).parents[2] / "fixtures/suites"


def recorded(name):
    return (RECORDED / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("parser", "file", "exit_code", "counts", "failing"),
    [
        (
            "stress-ng",
            "stress-ng",
            2,
            {"passed": 22, "skipped": 1, "failed": 1},
            (
                "fpunch",
                "info: data at file offset 0xa00 was 0xff and not zero",
            ),
        ),
        (
            "fio-verify",
            "fio-verify",
            0,
            {"passed": 1, "failed": 1},
            (
                "again-random",
                "offset 20480, 4096 bytes: " + WRONG.format("random").replace("/d/", "/t/fb/")[:-2] + ", length=4096)",
            ),
        ),
        (
            "nfstest",
            "nfstest",
            1,
            {"passed": 428, "failed": 4},
            (
                "read: read - file st_atime should be updated",
                "FAIL: read - file st_atime should be updated",
            ),
        ),
        ("connectathon", "connectathon-b", 0, {"passed": 9}, (None, "")),
        ("connectathon", "connectathon-g", 0, {"passed": 6}, (None, "")),
        ("connectathon", "connectathon-s", 0, {"passed": 15}, (None, "")),
        (
            "connectathon",
            "connectathon-l",
            1,
            {"passed": 20, "failed": 1},
            (
                "non-native 64 bit LFS locking: 7 - Test parent/child mutual exclusion.",
                "Parent: **** Expected success, returned errno=5...",
            ),
        ),
        (
            "xfstests",
            "xfstests",
            1,
            {"passed": 16, "skipped": 7, "failed": 1},
            (
                "generic/504",
                "+lock info not found",
            ),
        ),
        (
            "json",
            "protocols",
            1,
            {"passed": 78, "failed": 4},
            (
                "first to second: a lock keeps another one out, and lets it in when it is gone",
                "what a second lock came to (0: got it, 1: no): 0 instead of 1",
            ),
        ),
        ("json", "libnfs", 0, {"passed": 12}, (None, "")),
    ],
)
def test_what_was_recorded_is_understood(parser, file, exit_code, counts, failing):
    failed, line = failing
    found = outcome_of(parser, recorded(file), exit_code)
    assert Counter(case.outcome for case in found.cases) == counts
    lines = {case.name: case.lines for case in found.cases if case.outcome == "failed"}
    assert all(lines.values())
    assert all(not case.lines for case in found.cases if case.outcome == "passed")
    assert failed is None or line in lines[failed]


def test_stress_ng_tells_how_much_each_stressor_did():
    found = outcome_of("stress-ng", recorded("stress-ng"), 2)
    assert "seek: 18710 operations in 5.14 s" in found.remarks
    skipped = next(case for case in found.cases if case.outcome == "skipped")
    assert (skipped.name, skipped.lines) == ("xattr", ["warn: [2808] aborted early, out of system resources"])


def stress(*lists, more=""):
    return more + "".join(f"stress-ng: info:  [7] {one}\n" for one in lists)


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("stress-ng: info:  [7] dispatching hogs: 1 seek\n", 0, "stress-ng printed no summary"),
        ("stress-ng: error: [7] Value 16.0MB is out of range\n", 1, "out of range"),
        (stress("skipped: 0", "passed: 2: seek (1)", "failed: 0"), 0, "counts 2 stressors as passed, and names 1"),
        (stress("skipped: 0", "passed: 1: seek (1)", "failed: 0"), 2, "ended with an error"),
        (stress("skipped: 0", "passed: 1: seek (1)", "failed: 0"), 4, "ended with an error"),
        (stress("skipped: 0", "passed: 0", "failed: 0"), 0, "ran no stressor"),
        (stress("skipped: 1: xattr (1)", "passed: 0", "failed: 0"), 4, "Every case was skipped"),
    ],
)
def test_what_stress_ng_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("stress-ng", output, exit_code)
    assert why in str(error.value)


def test_a_stressor_that_cannot_run_here_hides_no_other():
    found = outcome_of("stress-ng", stress("skipped: 1: xattr (1)", "passed: 1: seek (1)", "failed: 0"), 4)
    assert [tuple(case) for case in found.cases] == [("xattr", "skipped", []), ("seek", "passed", [])]


def job(name, error=0, reads=8, **options):
    return {"jobname": name, "error": error, "read": {"total_ios": reads}, "job options": options}


def fio(*jobs, wrong=""):
    return wrong + json.dumps({"jobs": list(jobs)}, indent=1) + "\n"


@pytest.mark.parametrize("exit_code", [0, 1])
def test_fio_names_the_bytes_that_are_wrong(exit_code):
    output = fio(job("a", error=84, filename="one"), job("b", filename="two"), wrong=WRONG.format("one"))
    found = outcome_of("fio-verify", output, exit_code)
    assert [(case.name, case.outcome) for case in found.cases] == [("a", "failed"), ("b", "passed")]
    assert found.cases[0].lines[0].startswith("offset 20480, 4096 bytes: verify: bad magic header 0")
    assert found.remarks == []


def test_a_job_that_only_loads_is_no_case_unless_it_fails():
    loads = {"verify": "0", "filename": "load"}
    output = fio(job("a", filename="one"), job("load", reads=0, **loads))
    assert [case.name for case in outcome_of("fio-verify", output, 0).cases] == ["a"]
    output = fio(job("a", filename="one"), job("load", error=5, **loads))
    assert [case.outcome for case in outcome_of("fio-verify", output, 1).cases] == ["passed", "failed"]


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("", 0, "fio printed no result: it printed nothing"),
        ("fio: failed parsing size=(1k*3000)\n", 1, "failed parsing"),
        ('{\n "jobs": [\n', 0, "fio printed no result"),
        ('{\n "jobs": 3\n}\n', 0, "fio printed no result"),
        (fio(job("a", reads=0, filename="one")), 0, "fio read nothing back in job a"),
        (fio(job("a", filename="one"), wrong=WRONG.format("one")), 0, "told of wrong bytes, and of no job"),
        (fio(job("load", verify="0")), 0, "fio ran no job that verifies"),
        (fio(job("a", filename="one")), 1, "ended with an error"),
    ],
)
def test_what_fio_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("fio-verify", output, exit_code)
    assert why in str(error.value)


TEST = "    TEST: Running test 'chdir'\n"
GOOD = "    PASS: chdir - chdir() should succeed\n"
BAD = "    FAIL: open - it should fail (256 passed, 256 failed)\n"
TRACE = '    FAIL: Traceback (most recent call last):\n            File "/usr/bin/nfstest_posix", line 1\n'


def test_nfstest_has_a_case_a_line():
    output = f"{TEST}{GOOD}{GOOD}{BAD}{TRACE}\n4 tests (2 passed, 2 failed)\n\nTotal time: 1s\n"
    found = outcome_of("nfstest", output, 1)
    assert [tuple(case) for case in found.cases] == [
        ("chdir: chdir - chdir() should succeed", "passed", []),
        ("chdir: chdir - chdir() should succeed (2)", "passed", []),
        ("chdir: open - it should fail", "failed", [BAD.strip()]),
        (
            "chdir: Traceback (most recent call last):",
            "failed",
            ["FAIL: Traceback (most recent call last):", 'File "/usr/bin/nfstest_posix", line 1'],
        ),
    ]


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        (f"{TRACE}\n1 tests (0 passed, 1 failed)\n", 1, "NFStest failed before its first test"),
        (f"{TEST}{GOOD}", 139, "NFStest printed no summary"),
        (f"{TEST}{GOOD}\n2 tests (2 passed, 0 failed)\n", 0, "counts [2, 2, 0], and its lines [1, 1, 0]"),
        (f"{TEST}{GOOD}\n1 tests (1 passed, 0 failed)\n", 1, "ended with an error"),
        (f"{TEST}\n0 tests (0 passed, 0 failed)\n", 0, "NFStest ran no test"),
    ],
)
def test_what_nfstest_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("nfstest", output, exit_code)
    assert why in str(error.value)


BASIC = "\nStarting BASIC tests: test directory /d (arg: -t)\n\n"
FIRST = "./test1: File and directory creation test\n\t./test1 ok.\n\n"
SECOND = "./test2: File and directory removal test\n\t./test2: (/d) Can't remove file.1: Permission denied\n"
SPECIAL = "\nSPECIAL TESTS: directory /d\ncp runtests /d\n\ntest exclusive create.\n"
GENERAL = "\nGENERAL TESTS: directory /d\ncp Makefile /d\n\nSmall Compile\n"
PAIR = "Test #1 - Test.\n\tParent: 1.1 PASSED.\n\nTest #2 - Try.\n\tChild: 2.1 FAILED!\n"
COMPLETE = "\nGeneral tests complete\n\nAll tests completed\n"
LOCKING = "\nStarting LOCKING tests: test directory /d (arg: -t)\n\nTesting native post-LFS locking\n\n"


@pytest.mark.parametrize(
    ("output", "exit_code", "failed", "passed"),
    [
        (f"{BASIC}{FIRST}{SECOND}basic tests failed\n", 1, "File and directory removal test", 1),
        (f"{SPECIAL}\ntest rename\nrename: Stale file handle\nspecial tests failed\n", 1, "test rename", 1),
        (
            f"{GENERAL}\t1.0 real\n\nTbl\nCommand exited with non-zero status 1\n\nNroff\n{COMPLETE}",
            0,
            "Tbl",
            2,
        ),
        (
            f"{LOCKING}{PAIR}\nlock tests failed\n",
            1,
            "native post-LFS locking: 2 - Try.",
            1,
        ),
    ],
)
def test_connectathon_ends_a_set_with_the_test_that_fails(output, exit_code, failed, passed):
    found = outcome_of("connectathon", output, exit_code)
    assert [case.name for case in found.cases if case.outcome == "failed"] == [failed]
    assert Counter(case.outcome for case in found.cases) == {"failed": 1, "passed": passed}
    missed = "The set ended with the case that failed; what comes after it did not run"
    assert (missed in found.remarks) is (exit_code == 1)


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("", 0, "Connectathon came to no end"),
        (f"{BASIC}{FIRST}", 0, "Connectathon came to no end"),
        (f"{BASIC}{FIRST}\nAll tests completed\n", 1, "ended with an error"),
        (f"{BASIC}\nbasic tests failed\n", 1, "Connectathon ran no test"),
        ("runtests: NFSTESTDIR environment variable not set\n", 1, "Connectathon came to no end"),
    ],
)
def test_what_connectathon_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("connectathon", output, exit_code)
    assert why in str(error.value)


RAN = "generic/001         5s\ngeneric/002       [not run] no second device\n"


def test_xfstests_says_why_a_test_did_not_run():
    lists = "Ran: generic/001 generic/002\nNot run: generic/002\nPassed all 2 tests\n"
    output = f"{RAN}generic/003       [expunged]\n{lists}"
    found = outcome_of("xfstests", output, 0)
    assert [tuple(case) for case in found.cases] == [
        ("generic/001", "passed", []),
        ("generic/002", "skipped", ["no second device"]),
        ("generic/003", "skipped", ["excluded"]),
    ]


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("", 0, "xfstests came to no end"),
        (RAN, 0, "xfstests came to no end"),
        ("Error: $TEST_DEV (h:/e) is not a NFS export\n", 1, "is not a NFS export"),
        (f"{RAN}Ran: generic/001\nInterrupted!\nPassed all 1 tests\n", 1, "xfstests came to no end"),
        (f"{RAN}Ran: generic/001\nPassed all 2 tests\n", 0, "counts [2, 0] tests that ran and that failed"),
        (f"{RAN}Ran: generic/001\nFailures: generic/009\nFailed 1 of 1 tests\n", 1, "lists generic/009 as run"),
        (f"{RAN}Ran: generic/001\nPassed all 1 tests\n", 1, "ended with an error"),
        ("Passed all 0 tests\n", 0, "lists no test as run"),
        (f"{RAN}Ran: generic/002\nNot run: generic/002\nPassed all 1 tests\n", 0, "Every case was skipped"),
    ],
)
def test_what_xfstests_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("xfstests", output, exit_code)
    assert why in str(error.value)


CASE = '{"case": "a", "outcome": "passed", "lines": []}\n'


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        (CASE, 0, "tells of 1 cases, and of None at its end"),
        (f'{CASE}{{"cases": 2}}\n', 0, "tells of 1 cases, and of 2 at its end"),
        ('{"cases": 0}\n', 0, "tells of 0 cases"),
        (f'{CASE}{{"cases": 1}}\n', 1, "ended with an error"),
        ('{"case": "a", "outcome": "good", "lines": []}\n{"cases": 1}\n', 0, "neither passed nor failed nor skipped"),
        (f"{CASE}OSError: libnfs.so.14\n", 1, "its last line is 'OSError: libnfs.so.14'"),
        ('{"case": "a"}\n', 0, "printed what is no case"),
        ("3\n", 0, "printed what is no case"),
    ],
)
def test_what_programs_of_ours_never_say_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("json", output, exit_code)
    assert why in str(error.value)
