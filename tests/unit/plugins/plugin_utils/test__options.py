# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program's own parser reads back the same options."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._options import to_options
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@THOROUGH
@given(TEXTS)
def test_a_parser_reads_back_the_same_value(value: str) -> None:
    try:
        words = to_options({"dir-name": value, "list": ["a", value]})
    except RefusedValueError:
        return
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--dir-name")
    parser.add_argument("--list", action="append")
    assert vars(parser.parse_args(words)) == {"dir_name": value, "list": ["a", value]}


def test_booleans_and_numbers() -> None:
    assert to_options({"a": True, "b": 7, "c": 0.5}) == ["--a=true", "--b=7", "--c=0.5"]


@pytest.mark.parametrize("value", [{"--a": 1}, {"": 1}, {"a b": 1}, {"a": None}, {"a": {}}, {"a": "x\ny"}, ["a"], "a"])
def test_what_is_no_option_is_refused(value: object) -> None:
    with pytest.raises(RefusedValueError, match=r"^rclone_options.*: .* cannot be used: "):
        to_options(value, "rclone_options")
