# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssh itself reads back what is written for it, after Ansible has split it."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import assume, given
from nasty import PATHS, TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError
from ansible_collections.netfs.bench.plugins.plugin_utils._ssh import to_ssh_option


def understood(arguments: str) -> dict[str, str]:
    """Return the options that ssh takes from the arguments: {name in lower case: value}."""
    command = ["ssh", "-F", "none", *shlex.split(arguments), "-G", "host.invalid"]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=10).stdout
    pairs = (line.partition(b" ") for line in answer.split(b"\n"))
    return {name.decode(): value.decode() for name, _blank, value in pairs}


@THOROUGH
@given(PATHS)
def test_ssh_reads_back_the_same_path(path: str) -> None:
    """Of all paths ssh shows only this one as it expands it; the others are read in the same way."""
    options = {"UserKnownHostsFile": path, "ControlPath": path, "IdentityFile": path}
    try:
        arguments = to_ssh_option(options)
    except RefusedValueError:
        assert "${" in path or "\t" in path
        return
    known = understood(arguments)
    assert known["controlpath"] == path
    assert known["userknownhostsfile"] == path
    assert known["identityfile"] == path.replace("%", "%%")  # shown before ssh expands it


@THOROUGH
@given(TEXTS)
def test_any_text_is_read_back_or_refused(text: str) -> None:
    try:
        arguments = to_ssh_option({"ControlPath": text, "ConnectTimeout": 7})
    except RefusedValueError:
        control = any(ord(character) < 32 or character == "\x7f" for character in text)
        assert control or not text or text.startswith("~") or "${" in text
        return
    assume(text.lower() != "none")
    known = understood(arguments)
    assert (known["controlpath"], known["connecttimeout"]) == (text, "7")


def test_what_is_plain_stays_readable_and_null_is_left_out() -> None:
    options = {"UserKnownHostsFile": "/home/a/known_hosts", "ControlPath": None, "StrictHostKeyChecking": "yes"}
    assert to_ssh_option(options) == "-o UserKnownHostsFile=/home/a/known_hosts -o StrictHostKeyChecking=yes"


@pytest.mark.parametrize(
    "value, reason",
    [
        ("/home/${HOME}", "ssh expands"),
        ("~/known_hosts", "ssh expands a leading ~ to a home directory"),
        ("", "an option of ssh needs a value"),
        ("/a\nb", "control character"),
    ],
)
def test_what_ssh_would_replace_is_refused_by_name(value: str, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=f"^nodes_docker_state: .* cannot be used: .*{reason}"):
        to_ssh_option({"UserKnownHostsFile": value}, "nodes_docker_state")


def test_options_are_a_dictionary() -> None:
    with pytest.raises(RefusedValueError, match="options of ssh must be a dictionary, not a string"):
        to_ssh_option("ConnectTimeout=7")
