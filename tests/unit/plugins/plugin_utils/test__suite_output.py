# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What programs print, also when they are killed, lie, or print what nobody understands."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._suite_output import (
    LINES_MAX,
    PARSERS,
    OutputError,
    outcome_of,
    shortened,
)

RECORDED = Path(__file__).parents[2] / "fixtures/suites"
GOOD = "All operations completed A-OK!\n"
WRONG_BYTES = """\
[ERROR fsx] miscompare: offset= 0x2a, size = 0x10
[ERROR fsx] OFFSET  GOOD  BAD  RANGE
[ERROR fsx] 0x0002a 0x01 0x00  0x10
[ERROR fsx] Step# for the bad data is unknown; check HOLE and EXTEND ops
[ERROR fsx] Using seed 7
[ERROR fsx] LOG DUMP
[ERROR fsx]    1 WRITE    0x00000 => 0x0003f (0x00040 bytes) EXTEND
[ERROR fsx]    2 READ     0x0002a => 0x00039 (0x00010 bytes)
"""
PANIC = """
thread 'main' (4711) panicked at src/main.rs:1404:25:
called `Result::unwrap()` on an `Err` value: Os { code: 5, kind: Uncategorized, message: "Input/output error" }
"""


@pytest.mark.parametrize(
    ("output", "exit_code", "outcome", "told"),
    [
        (GOOD, 0, "passed", []),
        ("[WARN fsx] mapread skipped\n" + GOOD, 0, "passed", []),
        (WRONG_BYTES, 1, "failed", ["[ERROR fsx] miscompare: offset= 0x2a, size = 0x10", "LOG DUMP"]),
        (PANIC, 101, "failed", ["panicked at src/main.rs:1404:25:", "Input/output error"]),
    ],
)
def test_fsx_has_one_case(output, exit_code, outcome, told):
    found = outcome_of("fsx", output, exit_code)
    assert [(case.name, case.outcome) for case in found.cases] == [("every operation", outcome)]
    for text in told:
        assert any(text in line for line in found.cases[0].lines), text
    assert found.remarks == []


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("", 0, "it printed nothing"),
        ("a-ok\n", 0, "its last line is 'a-ok'"),
        ("error: unexpected argument '-X' found\n\nUsage: fsx [OPTIONS] <FNAME>\n", 2, "Usage: fsx"),
        ("posix_fallocate is not supported on this platform.\n", 1, "not supported on this platform"),
        (GOOD, 1, "No case failed, and yet the program ended with an error"),
        (GOOD + "something after it\n", 0, "something after it"),
        ("./fsx: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.99' not found\n", 1, "GLIBC_2.99"),
    ],
)
def test_what_fsx_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("fsx", output, exit_code)
    assert why in str(error.value)


def pjdfstest(*lines, failed=0, skipped=0, passed=0, total=None):
    """The output of pjdfstest with a summary."""
    total = failed + skipped + passed if total is None else total
    counts = f"{failed} failed, {skipped} skipped, {passed} passed, 0 expected failures, {total} total"
    return "".join(f"{line}\n" for line in (*lines, "", f"Summary: {counts}"))


OK = "chmod::change_perm::regular                                              ok"
SKIPPED = "chflags::set::regular                                                    skipped"
REASON = "\trequires features: chflags"
FAILED = "utimensat::y2038                                                          FAILED"
PANIC_TEXT = "\tassertion `left == right` failed"
MORE = "  left: 4294967295"
ERROR = "Error: Some tests have failed"


def test_pjdfstest_has_a_case_a_line():
    output = pjdfstest(OK, SKIPPED, REASON, FAILED, PANIC_TEXT, MORE, failed=1, skipped=1, passed=1) + ERROR + "\n"
    found = outcome_of("pjdfstest", output, 1)
    assert [tuple(case) for case in found.cases] == [
        ("chmod::change_perm::regular", "passed", []),
        ("chflags::set::regular", "skipped", ["requires features: chflags"]),
        ("utimensat::y2038", "failed", ["assertion `left == right` failed", "left: 4294967295"]),
    ]
    assert found.remarks == []


def test_an_exit_code_that_hides_failures_is_told():
    found = outcome_of("pjdfstest", pjdfstest(OK, FAILED, failed=1, passed=1), 0)
    assert [case.outcome for case in found.cases] == ["passed", "failed"]
    assert found.remarks == ["1 cases failed, and the exit code is 0"]


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("", 0, "pjdfstest printed no summary: it printed nothing"),
        (OK + "\n", 0, "pjdfstest printed no summary"),
        (pjdfstest(OK, passed=2), 0, "counts [0, 0, 2, 0, 2], and its lines [0, 0, 1, 0, 1]"),
        (pjdfstest(OK, passed=1, total=2), 0, "counts [0, 0, 1, 0, 2]"),
        (pjdfstest(OK, passed=1), 1, "No case failed, and yet the program ended with an error"),
        (pjdfstest(OK, passed=1), -9, "No case failed, and yet the program ended with an error"),
        (pjdfstest(OK, OK, passed=2), 0, "Cases were told twice: chmod::change_perm::regular"),
        (pjdfstest(), 0, "pjdfstest ran no case"),
        (pjdfstest(SKIPPED, skipped=1), 0, "Every case was skipped"),
        (pjdfstest(OK.replace("ok", "PASSED UNEXPECTEDLY"), passed=1), 1, "which is not its business"),
    ],
)
def test_what_pjdfstest_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("pjdfstest", output, exit_code)
    assert why in str(error.value)


TORTURE = """\
smbtorture 4.22.8-Debian-4.22.8+dfsg-0+deb13u1
Using seed 7
time: 2026-12-01 00:10:00.000000
test: valid-request
time: 2026-12-01 00:10:00.100000
success: valid-request
test: open
time: 2026-12-01 00:10:01.000000
failure: open [
../../source4/torture/smb2/create.c:100: status was NT_STATUS_ACCESS_DENIED, expected NT_STATUS_OK: bad

]
test: quota-fake-file
skip: quota-fake-file [
only for NTFS
]
test: open
error: open [
exception
]
"""


def test_smbtorture_tells_begin_and_end_of_each_case():
    found = outcome_of("smbtorture", TORTURE, 1)
    denied = "../../source4/torture/smb2/create.c:100: status was NT_STATUS_ACCESS_DENIED, expected NT_STATUS_OK: bad"
    assert [tuple(case) for case in found.cases] == [
        ("valid-request", "passed", []),
        ("open", "failed", [denied]),
        ("quota-fake-file", "skipped", ["only for NTFS"]),
        ("open (2)", "failed", ["exception"]),
    ]
    assert found.remarks == []


@pytest.mark.parametrize(
    ("output", "exit_code", "why"),
    [
        ("Connection to \\\\h\\s failed - NT_STATUS_LOGON_FAILURE\n", 1, "told of no case"),
        ("test: one\n", 0, "ended within one"),
        ("test: one\nsuccess: one\ntest: two\n", -6, "ended within two"),
        ("test: one\nfailure: one [\nwhy\n", 1, "ended within one"),
        ("test: one\nsuccess: one\n", 1, "ended with an error"),
        ("test: one\nskip: one\n", 0, "Every case was skipped"),
        ("test: one\nxfail: one\n", 0, "which is not its business"),
    ],
)
def test_what_smbtorture_never_says_is_no_pass(output, exit_code, why):
    with pytest.raises(OutputError) as error:
        outcome_of("smbtorture", output, exit_code)
    assert why in str(error.value)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("output", ["\x00\x01\ufffd\n" * 50, "ok ok ok\n", "Summary: all well, 0 failed\n", " \n"])
def test_rubbish_is_no_pass(parser, output):
    with pytest.raises(OutputError):
        outcome_of(parser, output, 0)


def test_of_many_lines_both_ends_are_kept():
    lines = [str(number) for number in range(1000)]
    kept = shortened(lines)
    assert (kept[0], kept[-1], len(kept)) == ("0", "999", LINES_MAX + 1)
    assert any("940 lines more" in line for line in kept)
    assert shortened(lines[:LINES_MAX]) == lines[:LINES_MAX]


@pytest.mark.parametrize(
    ("parser", "counts", "failed", "lines"),
    [
        (
            "pjdfstest",
            {"passed": 379, "skipped": 16, "failed": 3},
            "ftruncate::affected_create_flags_only",
            ["called `Result::unwrap()` on an `Err` value: EACCES"],
        ),
        (
            "smbtorture",
            {"passed": 60, "skipped": 5, "failed": 17},
            "nulldacl",
            ["source4/torture/smb2/create.c:1353: DACL has been created on the server!"],
        ),
    ],
)
def test_what_was_recorded_is_understood(parser, counts, failed, lines):
    found = outcome_of(parser, (RECORDED / f"{parser}.txt").read_text(encoding="utf-8"), 1)
    assert Counter(case.outcome for case in found.cases) == counts
    assert next(case.lines for case in found.cases if case.name == failed) == lines
    # a case without a word on why it failed would be no evidence
    assert all(case.lines for case in found.cases if case.outcome == "failed")
