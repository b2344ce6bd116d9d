# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Suites on real nodes: one that passes, and planted ones that fail, hang, print rubbish and are not there; and a
controller that is killed within a suite, and amid a fault."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from xml.etree import ElementTree

import jsonschema
import pytest
from collection import ROOT
from installation import Installation

from ansible_collections.netfs.bench.plugins.module_utils._history import KINDS

INSTALLATION = Installation(
    f"{os.environ.get('NETFS_BENCH_INSTALLATION', 'netfs')}-validate",
    os.environ.get("NETFS_BENCH_VALIDATE_SUBNET", "198.18.7.0/24"),
)
SUITE = """
question: Does it {name}?
needs: [mount]
program: {{file: {program}, version: "1"}}
command: [$program, $directory]
parser: pjdfstest
minutes: 2
quiet_seconds: 5
"""
PROGRAMS = {
    "plant-fails": "echo 'mode::a  ok'; echo 'mode::b  FAILED'; printf '\\tmode is 0644, not 0640\\n'; "
    "echo 'Summary: 1 failed, 0 skipped, 1 passed, 0 expected failures, 2 total'; exit 1",
    "plant-hangs": "echo 'mode::a  ok'; exec sleep 600",
    "plant-prints": "head -c 4096 /dev/urandom; echo all is well",
    "plant-lies": "echo 'mode::a  ok'; "
    "echo 'Summary: 0 failed, 0 skipped, 1 passed, 0 expected failures, 1 total'; exit 9",
    "plant-is-lost": None,
}
FROM_HERE = ("fsx", "consistency", "connectathon", "nfs-versions")
"""Suites of the collection: one of several clients, one whose source nobody has brought along, one of two protocols."""
WORDS = {
    "fsx": "pass",
    "consistency": "pass",
    "connectathon": "not-measured",
    "nfs-versions": "pass",
    "plant-fails": "fail",
    "plant-hangs": "hung",
    "plant-prints": "not-measured",
    "plant-lies": "not-measured",
    "plant-is-lost": "not-measured",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Where runs and planted suites go; the nodes go away with it, as do those that a broken off test left."""
    INSTALLATION.play("playbooks/destroy.yml")
    place = tmp_path_factory.mktemp("validate")
    for name, script in PROGRAMS.items():
        program = place / f"{name}.sh"
        if script is not None:
            program.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        text = SUITE.format(name=name.removeprefix("plant-"), program=program)
        (place / f"{name}.yml").write_text(text, encoding="utf-8")
    yield place
    INSTALLATION.play("playbooks/destroy.yml")


def asked(place, run, planted=tuple(PROGRAMS), suites=("fsx",)):
    listed = ",".join([*suites, *(str(place / f"{name}.yml") for name in planted)])
    return (
        "system=ganesha",
        "effort=smoke",
        "protocol=nfs4.2",
        "reference=local",
        "OPERATIONS=300",
        "duration=10",
        f"suite={listed}",
        f"results={place / 'results'}",
        f"run={run}",
    )


def results(place, run):
    """What the report says of each suite on the system, without what differs from run to run."""
    document = json.loads((place / "results" / run / "report.json").read_text(encoding="utf-8"))
    return {one["suite"]: one for one in document["results"] if one["system"] == "ganesha"}, document["exit_code"]


def table(place, run):
    """The table of a run, but for the time that a hung program was given."""
    return {
        (suite, one["result"], tuple(one["failing"]), tuple(one["failing_as_reference"]))
        for suite, one in results(place, run)[0].items()
    }


def test_each_planted_suite_gets_its_word_and_the_run_goes_on(place):
    code, output = INSTALLATION.play("validate.yml", *asked(place, "planted", suites=FROM_HERE))
    assert code != 0
    directory = place / "results/planted"
    found, exit_code = results(place, "planted")
    words = {suite: one["result"] for suite, one in found.items()}
    # the planted programs do the same on the client's own disk, so what fails here fails there as well
    assert words == {**WORDS, "plant-fails": "as-reference"}, output
    assert exit_code == 21
    assert found["plant-fails"]["failing_as_reference"] == ["mode::b"]
    schema = json.loads((ROOT / "schemas/cell.schema.json").read_text(encoding="utf-8"))
    cells = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((directory / "cells").glob("*.json"))]
    for cell in cells:
        jsonschema.validate(cell, schema)
    plan = json.loads((directory / "plan.json").read_text(encoding="utf-8"))
    jsonschema.validate(plan, json.loads((ROOT / "schemas/plan.schema.json").read_text(encoding="utf-8")))
    # the client's own disk has no second protocol
    assert len(cells) == len(plan["cells"]) == 2 * len(WORDS) - 1
    reasons = {cell["workload"]: cell["reason"] for cell in cells if cell["system"] == "ganesha"}
    assert "neither printed nor read nor wrote for 5 s; its last line is 'mode::a  ok'" in reasons["plant-hangs"]
    assert "Its program could not be had" in reasons["plant-is-lost"]
    assert "no source here" in reasons["connectathon"]
    assert "ended with an error. The exit code is 9" in reasons["plant-lies"]
    types = {cell["system"]: cell["suite"]["filesystem"] for cell in cells if cell["workload"] == "fsx"}
    assert types["ganesha"] == "nfs4"
    assert types["local"] not in ("nfs4", "overlay")
    kept, local = (
        {kind["kind"]: kind for kind in cell["suite"]["consistency"]}
        for system in ("ganesha", "local")
        for cell in cells
        if (cell["system"], cell["workload"]) == (system, "consistency")
    )
    assert set(kept) == set(local) == set(KINDS)
    assert {(kind["claim"], kind["result"]) for kind in kept.values()} == {("close-to-open", "valid")}
    assert {kind["stronger"] for kind in kept.values()} == {"linearizable"}
    assert {(kind["claim"], kind["result"]) for kind in local.values()} == {("linearizable", "valid")}
    page = (directory / "report.html").read_text(encoding="utf-8")
    assert "mode is 0644, not 0640" in page
    assert ElementTree.parse(directory / "report.junit.xml").getroot().find(".//error") is not None
    # nothing of it is left where it ran
    assert INSTALLATION.on("server", "find", "/export", "-name", "netfs-bench-[sc]*") == []


def test_a_controller_that_is_killed_within_a_suite_leaves_the_same_table(place):
    few = ("plant-fails", "plant-lies")
    process = INSTALLATION.start("validate.yml", *asked(place, "killed", few))
    with process:
        for line in process.stdout:
            if re.search(r"^ *\[ *3/", line):
                time.sleep(2)
                os.killpg(process.pid, signal.SIGKILL)
    before = {path.name for path in (place / "results/killed/cells").glob("*.json")}
    assert 0 < len(before) < 2 * len(["fsx", *few])
    code, output = INSTALLATION.play("validate.yml", *asked(place, "killed", few))
    assert code != 0
    unbroken = {line for line in table(place, "planted") if line[0] in ("fsx", *few)}
    assert table(place, "killed") == unbroken, output


FAULTS = "/var/lib/netfs-bench-faults"


def asked_under_faults(place, run, duration):
    return (
        "system=ganesha",
        "effort=smoke",
        "protocol=nfs4.2",
        "reference=none",
        "OPERATIONS=300",
        "suite=fsx",
        "faults=pause,kill,restart",
        f"duration={duration}",
        f"results={place / 'results'}",
        f"run={run}",
    )


def a_fault_holds():
    """Whether something is still to be undone on the server."""
    asked = ["docker", "exec", f"{INSTALLATION.name}-server", "test", "-e", f"{FAULTS}/undo.json"]
    return subprocess.run(asked, check=False).returncode == 0


def test_a_run_undoes_what_a_controller_left_that_was_killed_amid_a_fault_and_has_faults_of_its_own(place):
    with INSTALLATION.start("validate.yml", *asked_under_faults(place, "killed-amid", 600)) as process:
        while not a_fault_holds():
            assert process.poll() is None
            time.sleep(0.2)
        os.killpg(process.pid, signal.SIGKILL)
    # without what the faults did there is no record: it would say too much
    assert list((place / "results/killed-amid/cells").glob("*.json")) == []
    assert INSTALLATION.on("server", "find", FAULTS, "-name", "happened.json") != []
    code, output = INSTALLATION.play("validate.yml", *asked_under_faults(place, "faulted", 25))
    assert code == 0, output
    assert "Undo the faults that an earlier run left" in output
    directory = place / "results/faulted"
    (cell,) = (json.loads(path.read_text(encoding="utf-8")) for path in (directory / "cells").glob("*.json"))
    jsonschema.validate(cell, json.loads((ROOT / "schemas/cell.schema.json").read_text(encoding="utf-8")))
    faults = cell["faults"]
    assert faults["recovered"] is True
    begun = [event for event in faults["timeline"] if event["begun_at"]]
    assert {event["fault"] for event in begun} == {"pause", "kill", "restart"}
    assert [event for event in begun if not (event["held"] and event["undone"])] == []
    assert results(place, "faulted")[0]["fsx"]["faults"][0]["timeline"] == faults["timeline"]
    assert "1 of 1 processes stand" in (directory / "report.html").read_text(encoding="utf-8")
    # nothing of it is left where it was done
    assert INSTALLATION.on("server", "find", "/var/lib", "/etc/systemd", "-name", "*bench-faults*") == []
