# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine that lies is found out: it ends without an error and opens no port, it opens the port and answers
nothing, or it forgets a member.

A made-up engine drives the steps of role service that decide whether a service works. Every role whose service spans
hosts is driven by an engine of its own that lies in the same three ways; one without such an engine fails here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import made_up_engine
import pytest
from claudefs_double import cluster, free_ports
from collection import ROOT
from local_play import entered, play
from test_role_contract import server_roles, spans_hosts

from ansible_collections.netfs.bench.plugins.module_utils._ceph import QUESTIONS

LIES = made_up_engine.LIES
WAYS = ("honest", *LIES)
ENGINE = [sys.executable, made_up_engine.__file__]


# The common life of a service


@contextmanager
def made_up(lie: str) -> Iterator[int]:
    """Run the made-up engine, and return its port."""
    port = free_ports()[0]
    process = subprocess.Popen([*ENGINE, "serve", str(port), "a,b,c", lie], stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        if lie == "exits":
            assert process.wait(20) == 0
        yield port
    finally:
        process.kill()
        process.wait()


def test_service_that_lies_does_not_pass_its_probe(tmp_path: Path) -> None:
    """The step with which role service decides, after each start, that a service works."""
    with ExitStack() as engines:
        probes = {way: [*ENGINE, "ask", str(engines.enter_context(made_up(way))), "a,b,c"] for way in WAYS}
        probes["never-ends"] = ["sleep", "600"]
        hosts = {
            way: {"spec": {"name": "made-up", "units": [], "probe": {"argv": argv, "timeout": 5, "retries": 1}}}
            for way, argv in probes.items()
        }
        probe = entered("service", "probe", service_spec="{{ spec }}", __service_ran={"changed": True})
        told = play(tmp_path, hosts, [probe])
    assert [way for way in hosts if not told[way].failed] == ["honest"], told
    assert "the made-up engine does not answer: [Errno 111] Connection refused" in told["exits"].said
    assert "the made-up engine does not answer: timed out" in told["silent"].said
    assert "it forgot c" in told["forgets"].said


def test_service_that_is_not_healthy_fails_the_play_and_says_so(tmp_path: Path) -> None:
    """What every entry point health ends in. The facts are published in any case but that of no answer."""
    hosts: dict[str, dict[str, Any]] = {
        "honest": {"found": {"service": "made-up", "healthy": True, "faults": []}},
        "forgets": {"found": {"service": "made-up", "healthy": False, "faults": ["it forgot c"]}},
        "no-answer": {"found": {"service": "made-up", "faults": []}},
    }
    count = "told {{ service_healths | default({}) | length }}"
    block = {
        "block": [entered("service", "health", service_found="{{ found }}")],
        "always": [{"ansible.builtin.debug": {"msg": count}}],
    }
    told = play(tmp_path, hosts, [block])
    assert [host for host in hosts if not told[host].failed] == ["honest"], told
    assert "made-up is not healthy: it forgot c." in told["forgets"].said
    assert "missing required arguments: healthy" in told["no-answer"].said
    assert ["told 1" in told[host].said for host in hosts] == [True, True, False]


# Every role whose service spans hosts

Engine = Callable[[Path, str], AbstractContextManager[dict[str, Any]]]
"""Runs an engine of three hosts in a directory, honest or lying in one way; returns the variables with which its
role is asked for their health. The host that asks is named after the way, and may be one of the three."""


@contextmanager
def claudefs(folder: Path, way: str) -> Iterator[dict[str, Any]]:
    """The double of ClaudeFS."""
    with cluster(folder) as nodes:
        until = time.monotonic() + 10
        while len(json.loads((folder / "n1/members.json").read_text())["members"]) < 3 and time.monotonic() < until:
            time.sleep(0.1)
        if way != "honest":
            nodes.restart("n3", way)
        yield {
            "claudefs_hosts": list(nodes.addresses),
            "claudefs_version": "1.0",
            "claudefs_addresses": nodes.addresses,
            "claudefs_port": nodes.port,
            "metrics_port": nodes.metrics_port,
            "claudefs_data_directory": str(folder / "n1"),
        }


CEPH = """#!{python}
import json, pathlib, sys, time
words = [word for word in sys.argv[1:] if not word.startswith(("--connect-timeout", "--format"))]
while {way!r} == "silent":
    time.sleep(60)
if {way!r} != "exits":
    sys.stdout.write(json.dumps(json.loads(pathlib.Path({answers!r}).read_text())[" ".join(words)]))
"""


def ceph_answers(hosts: list[str]) -> dict[str, Any]:
    """Return what a whole cluster of three hosts answers, as the tests of its judgement have it."""
    path = ROOT / "tests/unit/plugins/module_utils/test__ceph.py"
    spec = importlib.util.spec_from_file_location("ceph_answers", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = json.dumps(module.ANSWERS)
    for ours, theirs in zip(hosts, module.HOSTS, strict=True):
        text = text.replace(f'"{theirs}"', f'"{ours}"')
    answers: dict[str, Any] = json.loads(text)
    return answers


@contextmanager
def ceph(folder: Path, way: str) -> Iterator[dict[str, Any]]:
    """A program that plays `ceph`. The daemons behind it are asked by the probe, see test_ceph_role.py."""
    hosts = [way, "n2", "n3"]
    answers = ceph_answers(hosts)
    if way == "forgets":
        answers["quorum"]["quorum_names"].remove("n3")
    (folder / "answers").write_text(json.dumps({" ".join(words): answers[name] for name, words in QUESTIONS.items()}))
    program = folder / "bin/ceph"
    program.parent.mkdir()
    program.write_text(CEPH.format(python=sys.executable, way=way, answers=str(folder / "answers")))
    program.chmod(0o755)
    yield {"ceph_hosts": hosts, "path": f"{program.parent}:{os.environ['PATH']}"}


ENGINES: dict[str, Engine] = {"ceph": ceph, "claudefs": claudefs}
# What a role decides itself, and a test may not leave to it
STEERED = {"claudefs": {"__claudefs_metrics_port": "{{ metrics_port }}"}}
SENTENCES = {
    "ceph": {
        "exits": "ceph is not healthy: it cannot be asked: ",
        "silent": "ceph is not healthy: it cannot be asked: ",
        "forgets": "ceph is not healthy: monitors out of quorum: n3.",
    },
    "claudefs": {
        "exits": "n3 does not serve: port ",
        "silent": "n3 does not serve: ",
        "forgets": "n3 counts 2 nodes, and 3 should be",
    },
}


def test_every_role_that_spans_hosts_has_an_engine_that_lies() -> None:
    spanning = [role for role in server_roles(ROOT) if spans_hosts(ROOT, role)]
    assert sorted(ENGINES) == sorted(SENTENCES) == spanning
    assert all(set(sentences) == set(LIES) for sentences in SENTENCES.values())


@pytest.mark.parametrize("role", ENGINES)
def test_engine_that_lies_is_found_out(tmp_path: Path, role: str) -> None:
    """The honest one is believed."""
    hosts: dict[str, dict[str, Any]] = {}
    with ExitStack() as engines:
        for way in WAYS:
            (tmp_path / way).mkdir()
            hosts[way] = engines.enter_context(ENGINES[role](tmp_path / way, way))
        time.sleep(3)  # what a host heard of another one may last for two seconds
        told = play(
            tmp_path,
            hosts,
            [entered(role, "health", **STEERED.get(role, {}))],
            module_defaults={f"netfs.bench.{role}_cluster_info": {"seconds": 10}},
            environment={"PATH": f"{{{{ path | default({os.environ['PATH']!r}) }}}}"},
        )
    assert [way for way in hosts if not told[way].failed] == ["honest"], told
    for lie, sentence in SENTENCES[role].items():
        assert sentence in told[lie].said
        assert f"{role} is not healthy" in told[lie].said
