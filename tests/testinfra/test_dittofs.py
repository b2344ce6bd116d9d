# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Role dittofs: its unit, its secrets, and bytes that a kernel's NFS client wrote, warm, cold and after a crash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import metrics
import nfs
import pytest
import secrets_of
from testinfra.host import Host

UNIT = "netfs-dittofs.service"
ETC = "/etc/netfs-dittofs"
HOME = "/usr/local/lib/netfs-dittofs"
SHARE = "/fresh"  # made and removed by tests
NASTY = "a b\"c'd$e\\f#%g`h${HOME}"

# Asks the control plane on the node itself, so that no secret is on a command line.
ASK = r"""
import json, sys, urllib.request
base = "http://127.0.0.1:8080/api/v1"
def ask(method, path, body=None, token=""):
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, headers, method=method)
    return json.loads(urllib.request.urlopen(request, timeout=600).read() or b"null")
password = open("/etc/netfs-dittofs/admin-password").readline().strip()
token = ask("POST", "/auth/login", {"username": "admin", "password": password})["access_token"]
answer = [ask(method, path, body, token) for method, path, body in json.loads(sys.argv[1])]
print(json.dumps(answer))
"""


def ask(node: Host, *requests: tuple[str, str, object]) -> list[Any]:
    """Return the answers of the control plane."""
    answers: list[Any] = json.loads(node.check_output("python3 -c %s %s", ASK, json.dumps(requests)))
    return answers


def evict(node: Host) -> dict[str, Any]:
    """Put everything into the bucket and drop the local copy; return what the server says it dropped."""
    drained, stats, evicted = ask(
        node,
        ("POST", "/system/drain-uploads", None),
        ("GET", f"/shares{SHARE}/blockstore/stats", None),
        ("POST", f"/shares{SHARE}/blockstore/evict", {}),
    )
    assert drained["status"] == "drained"
    assert stats["totals"]["unsynced_bytes"] == 0
    dropped: dict[str, Any] = evicted
    return dropped


@pytest.fixture
def fresh(node: Host, endpoint: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the endpoint of a share of its own, which has a write log of its own.

    A segment of the log with records of a file that was removed before its upload is never evicted, and with it stays
    everything else in it, so what an eviction drops would depend on the tests before.
    """
    share = {"name": SHARE, "metadata_store_id": "meta", "local_block_store": "local", "remote_block_store": "remote"}
    ask(
        node,
        ("POST", "/shares", {**share, "default_permission": "read-write"}),
        ("PATCH", f"/shares{SHARE}/adapters/nfs/config", {"squash": "none"}),
    )
    try:
        yield {**endpoint, "path": SHARE}
    finally:
        ask(node, ("DELETE", f"/shares{SHARE}", None))


def read_from_bucket(node: Host) -> int:
    """Return how many bytes went over the loopback interface, where the bucket is and no client."""
    return int(node.file("/sys/class/net/lo/statistics/rx_bytes").content_string)


def test_unit_runs_and_survives_a_reboot(node: Host) -> None:
    service = node.service(UNIT)
    assert service.is_running, nfs.journal(node, UNIT)
    assert service.is_enabled


def test_unit_is_hardened(node: Host) -> None:
    said = node.check_output("systemd-analyze security --no-pager %s | tail -n 1", UNIT)
    assert float(said.split(": ")[1].split()[0]) < 2
    assert node.check_output("ps -o user= -p $(systemctl show --value --property=MainPID %s)", UNIT) == "dittofs"


def test_listens(node: Host, endpoint: dict[str, Any]) -> None:
    assert node.socket(f"tcp://{endpoint['port']}").is_listening, nfs.journal(node, UNIT)
    assert node.socket("tcp://12445").is_listening
    assert node.socket("tcp://127.0.0.1:8080").is_listening
    assert not node.socket("tcp://0.0.0.0:8080").is_listening
    assert not node.socket("tcp://1445").is_listening


def test_endpoint(endpoint: dict[str, Any]) -> None:
    assert endpoint["service"] == "dittofs"
    assert endpoint["versions"] == ["nfs3", "nfs4.0", "nfs4.1", "nfs4.2"]
    assert (endpoint["port"], endpoint["path"]) == (12049, "/export")
    assert endpoint["durability"] == "local-durable"


def test_memory_is_sized_from_the_limit_of_the_node(node: Host) -> None:
    limits = node.run("cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes").stdout.split()
    total = int(re.findall(r"MemTotal: +(\d+)", node.file("/proc/meminfo").content_string)[0]) // 1024
    least = min([int(limit) >> 20 for limit in limits if limit.isdigit()] + [total])
    environment = node.check_output("systemctl show --property=Environment %s", UNIT)
    assert f"GOMEMLIMIT={least * 6 // 10}MiB" in environment


@pytest.mark.parametrize("name", ["environment", "admin-password", "smb-login"])
def test_files_with_secrets_are_private(node: Host, name: str) -> None:
    file = node.file(f"{ETC}/{name}")
    assert (file.user, file.group, file.mode) == ("root", "root", 0o600)


def secrets_on(node: Host, name: str) -> list[str]:
    """Return every secret of an instance: what signs its tokens, the passwords of its administrator and users, the
    secret key of its bucket."""
    written = re.findall(r'="(.+)"', node.file(f"/etc/netfs-{name}/environment").content_string)
    found = [re.sub(r'\\(["$`\\])', r"\1", value) for value in written]
    kept = secrets_of.kept()
    found += [file.read_text(encoding="utf-8").strip() for file in kept.glob(f"{name}-*@*")]
    for file in kept.glob("object-store-*.credentials"):
        found += re.findall(r"secret_access_key = (.+)", file.read_text(encoding="utf-8"))
    assert len(found) == 5
    return found


def converge(variables: dict[str, Any], playbook: str = "converge", **environment: str) -> str:
    """Apply the services of the scenario with other variables, or remove them; return all that Ansible can say."""
    words = ["--diff", "-vvv", "--limit=server", *secrets_of.inventory(), f"--extra-vars={json.dumps(variables)}"]
    return secrets_of.play(*words, f"molecule/shared/{playbook}.yml", **environment)


def test_no_secret_is_seen(node: Host) -> None:
    shown = secrets_of.shown_by(node, UNIT)
    assert "dfs start" in shown["processes"]
    assert places_of(secrets_on(node, "dittofs"), shown) == []


def test_control_plane_is_as_asked(node: Host) -> None:
    shares, grants, small, quotas, users, adapters = ask(
        node,
        ("GET", "/shares", None),
        ("GET", "/shares/export/permissions", None),
        ("GET", "/shares/small/permissions", None),
        ("GET", "/shares/export/quotas", None),
        ("GET", "/users", None),
        ("GET", "/adapters/ports", None),
    )
    assert {share["name"]: share["default_permission"] for share in shares} == {
        "/export": "read-write",
        "/small": "none",
    }
    assert [share.get("quota_bytes") for share in shares if share["name"] == "/small"] == ["1.00GiB"]
    assert [(grant["name"], grant["level"]) for grant in grants] == [("reader", "read")]
    assert [(grant["type"], grant["name"]) for grant in small] == [("group", "staff")]
    assert [(quota["identity_id"], quota["limit_bytes"]) for quota in quotas] == [(1000, "4.00GiB")]
    assert {user["username"] for user in users} >= {"admin", "bench", "reader"}
    assert {adapter["type"]: adapter["port"] for adapter in adapters} == {"nfs": 12049, "smb": 12445}


@pytest.mark.parametrize("protocol", ["nfs3", "nfs4.0", "nfs4.1", "nfs4.2"])
def test_bytes_come_back(client: Host, endpoint: dict[str, Any], protocol: str) -> None:
    with nfs.mounted(client, endpoint, protocol) as directory:
        wrote = nfs.write(client, f"{directory}/{protocol}")
    # A new mount has nothing in its cache
    with nfs.mounted(client, endpoint, protocol) as directory:
        assert nfs.checksum(client, f"{directory}/{protocol}") == wrote
        client.check_output("rm %s", f"{directory}/{protocol}")


def test_requests_are_counted(node: Host, client: Host, endpoint: dict[str, Any]) -> None:
    before = metrics.counted(node, endpoint)
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        client.check_output("ls %s", directory)
    assert metrics.grew(before, metrics.counted(node, endpoint), "dittofs_adapter_requests_total") > 0
    assert not node.socket("tcp://0.0.0.0:9090").is_listening


def test_smb_round_trip(node: Host) -> None:
    login = f"smbclient --authentication-file={ETC}/smb-login --port=12445 //127.0.0.1/export --command=%s"
    node.check_output("head -c 1048576 /dev/urandom > /tmp/smb-wrote")
    node.check_output(login, "put /tmp/smb-wrote smb-file; get smb-file /tmp/smb-read; rm smb-file")
    node.check_output("cmp /tmp/smb-wrote /tmp/smb-read && rm /tmp/smb-wrote /tmp/smb-read")


def test_cold_reads_come_from_the_bucket_and_are_right(node: Host, client: Host, fresh: dict[str, Any]) -> None:
    with nfs.mounted(client, fresh, "nfs3") as directory:
        wrote = nfs.write(client, f"{directory}/cold", megabytes=4)
    assert evict(node)["bytes_freed"] > 0
    assert int(node.check_output("find /export/object-store/dittofs/molecule -type f | wc -l")) > 0
    before = read_from_bucket(node)
    with nfs.mounted(client, fresh, "nfs3") as directory:
        assert nfs.checksum(client, f"{directory}/cold") == wrote
        client.check_output("rm %s", f"{directory}/cold")
    assert read_from_bucket(node) - before >= 4 << 20


TRIES = 5


def expected(fault: Callable[[], list[str]], reason: str, *, always: bool = False) -> None:
    """Fail as expected, for this reason and no other, when a known fault shows.

    Each is a race in the server, so a test of one that shows most of the time passes when nothing is wrong.

    :param always: it has shown in every try so far. When it does not, this may be a version without it, and the test
        fails so that somebody notices.
    """
    wrong = next(filter(None, (fault() for _try in range(TRIES))), [])
    if wrong:
        pytest.xfail(f"{reason} ({', '.join(wrong)})")
    if always:
        pytest.fail(
            "The known fault did not show: is this a version without it? Then remove it from the README.", False
        )


def cold_differs(node: Host, client: Host, endpoint: dict[str, Any], make: str) -> list[str]:
    """Return the files that are right when the server still has them, and wrong when they come from the bucket."""
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        client.check_output("mkdir %s/known && cd %s/known && " + make, directory, directory)
        wrote = client.check_output("cd %s/known && sync -f . && sha256sum *", directory).splitlines()
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        assert client.check_output("cd %s/known && sha256sum *", directory).splitlines() == wrote
    evict(node)
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        cold = client.check_output("cd %s/known && sha256sum *", directory).splitlines()
        client.check_output("rm -r %s/known", directory)
    return [line.split()[1] for line in sorted(set(wrote) - set(cold))]


def test_equal_contents_are_right_when_cold(node: Host, client: Host, fresh: dict[str, Any]) -> None:
    """The smallest reproduction: pairs of equal files; of sixteen pairs seven or more were wrong in every try."""
    make = "for i in $(seq 16); do head -c 65536 /dev/urandom > $i-a && cp $i-a $i-b; done"
    expected(
        partial(cold_differs, node, client, fresh, make),
        "DittoFS 0.29.0: of two files with the same content, one can read as zeros once the local copy was evicted",
        always=True,
    )


def test_large_files_are_right_when_cold(node: Host, client: Host, fresh: dict[str, Any]) -> None:
    """Contents of their own; on an idle machine every such file was wrong, on a busy one once none of fifteen."""
    make = "for i in 1 2 3; do head -c 16M /dev/urandom > $i; done"
    expected(
        partial(cold_differs, node, client, fresh, make),
        "DittoFS 0.29.0: a file can read as zeros in a piece that begins at 9 MiB once the local copy was evicted",
    )


def size_differs(client: Host, endpoint: dict[str, Any]) -> list[str]:
    """Return the size that a client is told of a file whose beginning it has just written again, if it is wrong."""
    with nfs.mounted(client, endpoint, "nfs3", "hard,wsize=524288") as directory:
        client.check_output("dd if=/dev/urandom of=%s/sized bs=1M count=8 conv=fsync status=none", directory)
        again = "dd if=/dev/urandom of=%s/sized bs=1M count=2 oflag=direct conv=notrunc,fsync status=none"
        size = client.check_output(f"{again} && stat --format=%%s %s/sized", directory, directory)
        client.check_output("rm %s/sized", directory)
    return [f"{size} of {8 << 20} bytes"] if int(size) != 8 << 20 else []


def test_a_file_keeps_its_size_when_its_beginning_is_written_again(client: Host, endpoint: dict[str, Any]) -> None:
    """When a write goes out in two requests, what the client is told in answer; opening the file puts it right."""
    expected(
        partial(size_differs, client, endpoint),
        "DittoFS 0.29.0: over NFSv3 a file that is written over can seem to end where the writing did",
    )


def release_of(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Archive the programs with a byte more each, which is as good as another build; return the variables of the role
    that take them from there, and their checksums."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netfs.bench/go"
    checksums = {}
    with tarfile.open(folder / "release.tar", "w") as archive:
        for name in ("dfs", "dfsctl"):
            built = max(cache.glob(f"{name}-*/{name}"), key=lambda file: file.stat().st_mtime).read_bytes() + b"\n"
            (folder / name).write_bytes(built)
            (folder / name).chmod(0o755)
            archive.add(folder / name, f"dittofs/{name}")
            checksums[name] = hashlib.sha256(built).hexdigest()
    release = {
        "url": (folder / "release.tar").as_uri(),
        "sha256": hashlib.sha256((folder / "release.tar").read_bytes()).hexdigest(),
        "folder": "dittofs",
    }
    return {"dittofs_source": "release", "dittofs_release": release}, checksums


@contextmanager
def watched(node: Host) -> Iterator[dict[str, str]]:
    """Note every command line and every environment that an account without privileges sees meanwhile."""
    watch = "while :; do ps -eww -o args; runuser -u nobody -- ps -eww e -o args; sleep 0.1; done > /run/watched"
    node.check_output("nohup sh -c %s > /dev/null 2>&1 & echo $! > /run/watcher", watch)
    seen: dict[str, str] = {}
    try:
        yield seen
    finally:
        seen["processes meanwhile"] = node.check_output("kill $(cat /run/watcher); sort -u /run/watched")
        node.check_output("rm /run/watched /run/watcher")


def places_of(secrets: list[str], shown: dict[str, str]) -> list[str]:
    """Return where one of the secrets is seen, and never the secret."""
    return [place for place, text in shown.items() for secret in secrets if secrets_of.told(secret, text)]


def test_the_next_run_repairs_and_upgrades(node: Host, client: Host, endpoint: dict[str, Any], tmp_path: Path) -> None:
    """kill -9 amid writes, with half of the bootstrap undone, and then the role with another build as a release.

    Every file whose fsync returned is there, whole; the programs are the new ones; what was undone is there again; no
    secret is in what Ansible said, loudest.
    """
    variables, programs = release_of(tmp_path)
    node.check_output("cp -p %s/dfs %s/dfsctl /export", HOME, HOME)
    write = (
        "cd %s && i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); timeout 60 dd if=/dev/urandom of=crash$i bs=64k count=4"
        " conv=fsync status=none 2>/dev/null && sha256sum crash$i >> /tmp/flushed; done"
    )
    client.check_output("rm -f /tmp/flushed && touch /tmp/flushed")
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        client.check_output("nohup sh -c %s > /dev/null 2>&1 & echo $! > /tmp/writer", write.replace("%s", directory))
        wait = (
            "for t in $(seq 100); do [ $(wc -l < /tmp/flushed) -ge 20 ] && break; sleep 0.2; done; wc -l < /tmp/flushed"
        )
        assert int(client.check_output(wait)) >= 20
        ask(node, ("DELETE", "/shares/small", None), ("DELETE", "/users/reader", None))
        node.check_output("systemctl kill --kill-whom=main --signal=KILL %s", UNIT)
        said = converge(variables)
        client.check_output("kill $(cat /tmp/writer) 2>/dev/null; sleep 1; true")
    with nfs.mounted(client, endpoint, "nfs3") as directory:
        flushed = client.check_output("wc -l < /tmp/flushed")
        wrong = client.run("cd %s && sha256sum --quiet --check /tmp/flushed", directory)
        assert wrong.rc == 0, f"of {flushed} files: {wrong.stdout}"
        client.check_output("rm %s/crash* /tmp/flushed /tmp/writer", directory)
    assert {name: nfs.checksum(node, f"{HOME}/{name}") for name in programs} == programs
    started = "systemctl show --timestamp=unix --value --property=ExecMainStartTimestamp %s | tr -d @"
    assert int(node.check_output(started, UNIT)) >= int(node.check_output("stat --format=%%Z %s", f"{HOME}/dfs"))
    test_control_plane_is_as_asked(node)
    assert places_of(secrets_on(node, "dittofs"), {"what Ansible said": said}) == []
    # as it was, for another run of these tests
    node.check_output("mv /export/dfs /export/dfsctl %s && systemctl restart %s", HOME, UNIT)
    node.check_output("for t in $(seq 60); do %s && exit 0; sleep 1; done; exit 1", f"{HOME}/probe")


def test_a_second_instance_runs_beside_the_first(node: Host, tmp_path: Path) -> None:
    """From nothing to its removal, with TLS and a secret from the environment, and never is one of its secrets seen."""
    given = secrets.token_hex(16) + NASTY
    certificate = tmp_path / "tls.crt"
    key = tmp_path / "tls.key"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=second -days 2"
    words += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    second = {
        "scenario_services": ["dittofs"],
        "dittofs_name": "second",
        "dittofs_directory": "/export/second/my data/100%é;#'\"",
        "dittofs_admin_password": NASTY,
        "dittofs_shares": [{"name": "/my files 100%é'", "default_permission": "read-write", "squash": "none"}],
        "dittofs_quotas": [],
        "dittofs_nfs_port": 12149,
        "dittofs_smb_port": 12545,
        "dittofs_api_port": 8180,
        "dittofs_metrics_port": 9190,
        "dittofs_api_tls_certificate": str(certificate),
        "dittofs_api_tls_key": str(key),
        "dittofs_remote": {
            "endpoint": "http://127.0.0.1:9000",
            "bucket": "dittofs",
            "prefix": "second/",
            "force_path_style": True,
            "allow_private_endpoint": True,
            "credentials_file": "{{ dittofs_secrets_directory }}/object-store-{{ inventory_hostname }}.credentials",
        },
    }
    with watched(node) as shown:
        shown["what Ansible said"] = converge(second, DITTOFS_CONTROLPLANE_SECRET=given)
        shown.update(secrets_of.shown_by(node, "netfs-second.service"))
    words_of = secrets_on(node, "second")
    node.check_output("umask 077 && printf '%%s\\n' %s > /run/wanted", "\n".join(words_of))
    readable = node.run("runuser -u nobody -- grep -rlFsf - /etc /usr/local /run /var /tmp /export /root < /run/wanted")
    node.check_output("rm /run/wanted")
    for name in ("dittofs", "second"):
        node.check_output("%s/probe", f"/usr/local/lib/netfs-{name}")
    shared = len(set(words_of) & set(secrets_on(node, "dittofs")))
    assert (words_of[0] == given, shared) == (True, 1)  # the key of the bucket
    main = node.check_output("systemctl show --value --property=MainPID netfs-second.service")
    received = node.check_output("tr '\\0' '\\n' < /proc/%s/environ", main).splitlines()
    assert {f"DITTOFS_CONTROLPLANE_SECRET={given}", "HOME=/export/second/my data/100%é;#'\""} <= set(received)
    shown["the removal"] = converge(second, playbook="cleanup", DITTOFS_CONTROLPLANE_SECRET=given)
    assert "dfs start" in shown["processes meanwhile"]
    assert places_of(words_of, shown) == []
    assert readable.stdout == ""
    node.check_output("%s/probe", HOME)


def test_probe_fails_when_a_share_is_not_served(node: Host) -> None:
    """The server goes on saying that it is well."""
    node.check_output("%s/probe", HOME)
    ask(node, ("PUT", "/adapters/nfs", {"enabled": False}))
    try:
        assert node.run("%s/probe", HOME).rc != 0
        assert node.run("%s/probe alive", HOME).rc == 0
    finally:
        ask(node, ("PUT", "/adapters/nfs", {"enabled": True}))
    node.check_output("for t in $(seq 20); do %s/probe && exit 0; sleep 1; done; exit 1", HOME)


def test_a_play_that_fails_shows_no_secret(node: Host, tmp_path: Path) -> None:
    """A password that cannot be used ends the play before anything is changed, and is not in what it says."""
    before = node.check_output("sha256sum /etc/netfs-dittofs/*")
    wrong = [{"name": "bench", "password": "hidden\nword"}, {"name": "reader", "password": "another-hidden-word"}]
    variables = tmp_path / "variables.json"
    variables.write_text(json.dumps({"scenario_services": ["dittofs"], "dittofs_users": wrong}))
    words = ["--diff", "-vvv", "--limit=server", *secrets_of.inventory(), f"--extra-vars=@{variables}"]
    said = secrets_of.play(*words, "molecule/shared/converge.yml", refused=True)
    assert "dittofs_users.password: this secret cannot be used" in said
    assert places_of(["hidden\nword", "another-hidden-word", *secrets_on(node, "dittofs")], {"the play": said}) == []
    assert node.check_output("sha256sum /etc/netfs-dittofs/*") == before
