# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the variables of the roles of ClaudeFS come to, their double, and the helper that mounts it."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from claudefs_double import DOUBLE, STUB, cluster
from rendering import ROLES, rendered

HOSTS = ["storage-a-1", "storage-a-2", "storage-a-3"]
KNOWN = {
    "claudefs_hosts": HOSTS,
    "claudefs_version": "1.0",
    "claudefs_addresses": {name: name for name in HOSTS},
    "claudefs_cluster": "claudefs-phase2",
    "claudefs_replication_target": "conduit-1:9402",
}
IDENTITY = "--cluster-id claudefs-phase2 --node-id {} --listen 0.0.0.0:9400 --data-dir /data/nvme0"
PLACE = "--site-id site-a --replication-target conduit-1:9402 --token-file /etc/netfs-claudefs/cluster-secret"
SITE_B = (
    "--cluster-id claudefs-phase2 --node-id b --listen [::]:9400 --data-dir /data/nvme0 --site-id site-b"
    " --token-file /etc/netfs-claudefs/cluster-secret --log-level=debug"
)
SEEDS = "storage-a-1:9400,storage-a-2:9400,storage-a-3:9400"


def of(template: str, host: str = HOSTS[0], **variables: Any) -> Any:
    return rendered(template, "claudefs", **{**KNOWN, "inventory_hostname": host, **variables})


@pytest.mark.parametrize(
    "host, variables, words",
    [
        (HOSTS[0], {}, f"server {IDENTITY.format(HOSTS[0])} --seed-nodes {SEEDS} {PLACE}"),
        (
            HOSTS[1],
            {},
            f"server join --seed storage-a-1:9400,storage-a-3:9400 {IDENTITY.format(HOSTS[1])} {PLACE}",
        ),
        (
            "b",
            {
                "claudefs_hosts": ["a", "b"],
                "claudefs_addresses": {"a": "2001:db8::1", "b": "2001:db8::2"},
                "claudefs_replication_target": "",
                "claudefs_site": "site-b",
                "claudefs_listen": "::",
                "claudefs_options": {"log-level": "debug"},
            },
            f"server join --seed [2001:db8::1]:9400 {SITE_B}",
        ),
    ],
)
def test_command_lines(host: str, variables: dict[str, Any], words: str) -> None:
    assert of("{{ __claudefs_words }}", host, **variables) == words.split()


def test_command_line_of_the_conduit() -> None:
    given = {
        "claudefs_conduit_local": {"name": "site-a", "addresses": ["192.0.2.1"]},
        "claudefs_conduit_remote": {"name": "site-b", "addresses": ["192.0.2.2"]},
    }
    words = rendered("{{ __claudefs_conduit_words }}", "claudefs_conduit", **given)
    assert " ".join(words) == "--site-local site-a:9401 --site-remote site-b:9401 --listen 0.0.0.0:9402"


def test_addresses_are_those_of_the_default_routes() -> None:
    told = {
        "storage-a-1": {"ansible_facts": {"default_ipv4": {"address": "192.0.2.1"}}},
        "storage-a-2": {"ansible_facts": {"default_ipv4": {}, "default_ipv6": {"address": "2001:db8::2"}}},
    }
    known = {name: value for name, value in KNOWN.items() if name != "claudefs_addresses"}
    said = rendered("{{ claudefs_addresses }}", "claudefs", **known, hostvars=told, inventory_hostname="storage-a-1")
    assert said == {"storage-a-1": "192.0.2.1", "storage-a-2": "2001:db8::2", "storage-a-3": ""}


@pytest.mark.parametrize(
    "variables, source",
    [
        ({"claudefs_program": "/cfs"}, "path"),
        ({"claudefs_archive_url": "https://example.org/cfs.tar.gz", "claudefs_sha256": "0"}, "release"),
    ],
)
def test_where_the_program_comes_from(variables: dict[str, Any], source: str) -> None:
    spec = of("{{ __claudefs_binary }}", **variables)
    assert (spec["source"], spec["version"], spec["release"]["member"]) == (source, "1.0", "cfs")


# The probes


def probed(folder: Path, role: str, **variables: Any) -> tuple[int, str]:
    """Render the probe of a role, and run it."""
    template = (ROLES / role / "templates/probe.j2").read_text(encoding="utf-8")
    script = folder / "probe.py"
    script.write_text(rendered(template, role, ansible_managed="x", **variables))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    "how, sentence",
    [
        ("", ""),
        ("exits", "nothing serves: port {port} of {address} cannot be reached ([Errno 111] Connection refused)"),
        ("silent", "nothing serves: port {metrics} of {address} tells no metrics (timed out)"),
    ],
)
def test_probe_tells_who_serves(tmp_path: Path, how: str, sentence: str) -> None:
    with cluster(tmp_path, 1) as nodes:
        nodes.restart("n1", how)
        ports = {"claudefs_port": nodes.port, "__claudefs_metrics_port": nodes.metrics_port}
        known = {"claudefs_hosts": ["n1"], "claudefs_version": "1.0", "inventory_hostname": "n1"}
        address = nodes.addresses["n1"]
        status, said = probed(tmp_path, "claudefs", claudefs_listen=address, **known, **ports)
    wanted = sentence.format(port=nodes.port, metrics=nodes.metrics_port, address=address)
    assert (status, said) == (int(bool(how)), wanted)


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    """Answer once with these bytes, or not at all; return the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _peer = listener.accept()
            with connection:
                connection.recv(1000)
                while answer is None:
                    threading.Event().wait(60)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    "answer, sentence",
    [
        (bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)), ""),
        (bytes((0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100)), ""),
        (bytes((0x15, 3, 1, 0, 2, 2, 70)), ""),
        (b"", "closes without an answer"),
        (b"HTTP/1.1 400 Bad Request", "speaks neither HTTP/2 nor TLS"),
        (None, "does not answer (timed out)"),
    ],
)
def test_probe_of_the_conduit_wants_an_answer(tmp_path: Path, answer: bytes | None, sentence: str) -> None:
    with answering(answer) as port:
        known = {"claudefs_conduit_listen": "127.0.0.1", "claudefs_conduit_port": port}
        status, said = probed(tmp_path, "claudefs_conduit", **known)
    assert status == int(bool(sentence))
    assert sentence in said


# The double


def double(*words: str, program: str = "cfs", folder: Path | None = None) -> tuple[int, str]:
    path = DOUBLE
    if folder:
        path = folder / program
        path.symlink_to(DOUBLE)
    done = subprocess.run([sys.executable, str(path), *words], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr.strip()


SERVER = (
    "server --cluster-id c --node-id n --listen 127.0.0.1:0 --data-dir /nonexistent --seed-nodes a:1 --site-id s"
    " --token-file /nonexistent/secret"
)


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("", "cfs: unknown command (none)"),
        ("serve", "cfs: unknown command serve"),
        (f"{SERVER} --token x", "cfs: unknown argument --token of server"),
        (f"{SERVER} --site-id t", "cfs: --site-id of server is given twice or without a value"),
        (SERVER.replace("--site-id s", ""), "cfs: server needs --site-id, and got []"),
        (SERVER.replace("127.0.0.1:0", "9400"), "cfs: --listen of server cannot be 9400"),
        (f"{SERVER} join", "cfs: server needs , and got ['join']"),
        ("mount --server a:1 --cache-ttl 5s", "cfs: mount needs DIRECTORY, and got []"),
        ("mount /mnt --server a:1 --cache-ttl 5", "cfs: --cache-ttl of mount cannot be 5"),
    ],
)
def test_double_refuses_what_it_does_not_know(words: str, sentence: str) -> None:
    assert double(*shlex.split(words)) == (2, sentence)


def test_double_of_the_conduit_refuses_an_unknown_name(tmp_path: Path) -> None:
    words = "--site-local site-a.invalid:9401 --site-remote 127.0.0.1:9401 --listen 127.0.0.1:0"
    status, said = double(*shlex.split(words), program="cfs-conduit", folder=tmp_path)
    assert (status, "--site-local site-a.invalid:9401: the name is unknown" in said) == (1, True)


def test_double_refuses_a_wrong_secret(tmp_path: Path) -> None:
    with cluster(tmp_path, 2) as nodes:
        nodes.stop("n2")
        for file in (tmp_path / "n2").iterdir():
            file.unlink()
        nodes.secret.write_text("another secret than theirs")
        nodes.start("n2")
        assert "refused to let n2 join: the secret is wrong" in nodes.processes["n2"].communicate(timeout=20)[1]


@pytest.mark.parametrize(
    "content, mode, reason", [("x" * 20, 0o644, "may be read by others"), ("x", 0o600, "16 bytes")]
)
def test_double_refuses_a_secret_that_is_none(tmp_path: Path, content: str, mode: int, reason: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text(content)
    secret.chmod(mode)
    status, said = double(*shlex.split(SERVER.replace("/nonexistent/secret", str(secret))))
    assert (status, reason in said) == (1, True)


# The helper of mount(8), where nothing can be mounted

HELPER = ROLES / "load_client/files/mount_claudefs.py"


@pytest.fixture
def helper(tmp_path: Path) -> Path:
    """Return the helper with a log of its own, and less patience."""
    text = HELPER.read_text().replace("/run/netfs-bench-claudefs.log", str(tmp_path / "log"))
    assert "SECONDS = 25.0" in text
    path = tmp_path / "helper"
    text = text.replace("ENDED_SECONDS = 2.0", "ENDED_SECONDS = 0.2")
    path.write_text(text.replace("SECONDS = 25.0", "SECONDS = 1.0"))
    return path


def mount(helper: Path, options: str) -> tuple[int, str]:
    words = [sys.executable, str(helper), "claudefs", str(helper.parent), "-o", options]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stderr.strip()


def options_of(program: Path) -> str:
    return f"rw,program={program},server=storage-a-1:9400,cache-ttl=5s"


def test_helper_calls_the_program_as_the_guide_does(helper: Path) -> None:
    program = helper.parent / "cfs"
    program.write_text('#!/bin/sh\necho "$@"; exit 3\n')
    program.chmod(0o755)
    words = f"mount {helper.parent} --server storage-a-1:9400 --cache-ttl 5s"
    assert mount(helper, options_of(program)) == (
        32,
        f"mount.claudefs: cfs mount failed with status 3; it said: {words}",
    )


def test_helper_does_not_believe_an_exit_status(helper: Path) -> None:
    status, said = mount(helper, options_of(STUB))
    assert status == 32
    assert "cfs mount ended without an error, and nothing is mounted; it said: INFO claudefs_meta" in said


def test_helper_ends_a_program_that_mounts_nothing(helper: Path) -> None:
    program = helper.parent / "cfs"
    program.write_text('#!/bin/sh\necho $$ > "$0.pid"; exec sleep 600\n')
    program.chmod(0o755)
    status, said = mount(helper, options_of(program))
    assert (status, "nothing is mounted after 1 seconds" in said) == (32, True)
    pid = int(Path(f"{program}.pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("options", ["rw", "program=/x,server=a:1", "program=/x,server=a:1,cache-ttl=5s,token=x"])
def test_helper_refuses_other_options(helper: Path, options: str) -> None:
    status, said = mount(helper, options)
    assert (status, "the options are cache-ttl, program, server, not" in said) == (32, True)


def test_helper_names_a_program_that_is_missing(helper: Path) -> None:
    assert mount(helper, options_of(Path("/nonexistent/cfs"))) == (
        32,
        "mount.claudefs: /nonexistent/cfs cannot be run: No such file or directory",
    )
