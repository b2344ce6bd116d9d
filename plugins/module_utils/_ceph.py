# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Ceph cluster says of itself, what it should be, and the commands that lie between. Functions of text are pure.

What a cluster does not say is unknown, and never taken for good news.
"""

from __future__ import annotations

import base64
import configparser
import json
import re
import struct
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.netfs.bench.plugins.module_utils._command import FailureError
from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.module_utils._service_info import Answer, said

KINDS = ("mon", "mgr", "osd", "mds")
"""Kinds of daemons, in the order in which they are upgraded."""

WHOLE = {"mon": "done", "mgr": "keyring", "osd": "mkfs_done", "mds": "keyring"}
"""The file that a daemon's directory has once it is whole. ceph-osd writes its own, that of a monitor is a custom."""

CONNECT_SECONDS = 10
COMMAND_SECONDS = 30.0
# Of a disk of which more is used, Ceph warns; no data is moved where it would come to that.
NEARLY_FULL = 0.85
# Warnings that mean that data or the quorum are in danger; all errors do.
GRAVE_WARNINGS = frozenset({"MON_CLOCK_SKEW", "OSD_NEARFULL", "POOL_NEAR_FULL"})
NO_SUCH_ENTRY = 2

Run = Callable[[Sequence[str], float], Answer]


class Ceph:
    """The cluster, as the program ``ceph`` of a host reaches it. Nothing waits without an end."""

    def __init__(self, run: Run = said, *, seconds: float = COMMAND_SECONDS) -> None:
        self.run = run
        self.seconds = seconds

    def answer(self, *words: str) -> Answer:
        """Return how a command of the cluster ended."""
        return self.run(["ceph", f"--connect-timeout={CONNECT_SECONDS}", *words], self.seconds)

    def ask(self, *words: str) -> t.Any:
        """Return what a command answers in JSON. Raises FailureError when it fails or answers something else."""
        return json_of(words, self.answer("--format=json", *words))

    def do(self, *words: str) -> str:
        """Run a command and return what it prints. Raises FailureError when it fails."""
        answer = self.answer(*words)
        if answer.rc:
            raise FailureError(f"'ceph {' '.join(words)}' failed: {reason_of(answer)}")
        return answer.stdout


def reason_of(answer: Answer) -> str:
    """Return the last line of what a program complains of."""
    lines = [line for line in answer.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit status {answer.rc}"


def json_of(words: Sequence[str], answer: Answer) -> t.Any:
    """Return the JSON of an answer. Raises FailureError where there is none."""
    asked = f"'ceph {' '.join(words)}'"
    if answer.rc:
        raise FailureError(f"{asked} failed: {reason_of(answer)}", rc=answer.rc)
    try:
        return json.loads(answer.stdout)
    except ValueError as error:
        raise FailureError(f"{asked} answered no JSON: {answer.stdout.strip()[:200]!r}") from error


# Keys and files


def new_key(secret: bytes, seconds: int) -> str:
    """Return a cephx key made of 16 random bytes: type AES, the time of its making, the length, the bytes."""
    if len(secret) != 16:
        raise ValueError("A key of cephx has 16 bytes.")
    return base64.b64encode(struct.pack("<HIIH", 1, seconds, 0, len(secret)) + secret).decode()


def keyring(entity: str, key: str) -> str:
    """Return a keyring file with one key."""
    return f"[{entity}]\n\tkey = {key}\n"


def parse_conf(text: str) -> Json:
    """Return `fsid` and `mon_host` of a ceph.conf; each is "" where the file does not say it."""
    parser = configparser.RawConfigParser(
        strict=False, comment_prefixes=("#", ";"), inline_comment_prefixes=("#", ";"), allow_no_value=True
    )
    try:
        parser.read_string(text)
    except configparser.Error:
        return {"fsid": "", "mon_host": ""}
    values = dict(parser["global"]) if parser.has_section("global") else {}
    # Blanks, dashes and underscores in a name are the same
    named = {re.sub(r"[\s-]+", "_", name): (value or "").strip() for name, value in values.items()}
    return {"fsid": named.get("fsid", ""), "mon_host": named.get("mon_host", "")}


ENTITIES = ("mon.", "client.admin")
"""Whose keys exist before the cluster does."""


def identity_of(text: str, path: str) -> Json:
    """Return what stands in the file of an identity: `fsid`, `keys`, and `hosts` with `address` and `osd`, a number.

    Raises FailureError when it is no identity.
    """
    try:
        found: Json = json.loads(text)
        whole = isinstance(found["fsid"], str) and all(isinstance(found["keys"][name], str) for name in ENTITIES)
        if not whole or not all(isinstance(one["osd"], int) for one in found["hosts"].values()):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FailureError(
            f"{path} is not the identity of a cluster. Put back that of another monitor's host; without one this role"
            " can neither change nor remove the cluster."
        ) from error
    return found


def new_identity(random: Callable[[int], bytes], fsid: str, seconds: int) -> Json:
    """Return the identity of a cluster that is to be made."""
    return {"fsid": fsid, "keys": {name: new_key(random(16), seconds) for name in ENTITIES}, "hosts": {}}


def with_hosts(identity: Json, addresses: Mapping[str, str], without: Iterable[str] = ()) -> Json:
    """Return an identity with these addresses and without those that left; a new host gets the lowest free number."""
    hosts = {name: dict(one) for name, one in identity["hosts"].items() if name not in set(without)}
    for name, address in addresses.items():
        taken = {one["osd"] for one in hosts.values()}
        number = hosts[name]["osd"] if name in hosts else next(n for n in range(len(taken) + 1) if n not in taken)
        hosts[name] = {"address": address, "osd": number}
    return {**identity, "hosts": hosts}


# Programs


def monitor_map(name: str, addresses: str, fsid: str, path: str) -> list[str]:
    """Return the command that writes the map of a cluster's first monitor."""
    return [
        *("monmaptool", "--create", "--clobber", "--enable-all-features", "--set-min-mon-release", "reef"),
        *("--addv", name, addresses, "--fsid", fsid, path),
    ]


def osd_made(name: str, uuid: str, block: str, size: int) -> list[str]:
    """Return the command that makes the store of an OSD in a file of a size in bytes, or in a device (0)."""
    file = ["--bluestore-block-create=true", f"--bluestore-block-size={size}"] if size else []
    return ["ceph-osd", "-i", name, "--mkfs", "--osd-uuid", uuid, f"--bluestore-block-path={block}", *file]


def outdated(programs: Iterable[str]) -> list[str]:
    """Return the kinds of daemons that run a program whose file is gone, as the kernel names them."""
    running = set(programs)
    return [kind for kind in KINDS if f"/usr/bin/ceph-{kind} (deleted)" in running]


# Rights


def caps_words(caps: Mapping[str, str]) -> list[str]:
    """Return rights as the words of a command."""
    return [word for service in sorted(caps) for word in (service, caps[service])]


def parse_auth(answer: t.Any) -> tuple[str, dict[str, str]]:
    """Return key and rights of what ``ceph auth get`` answers."""
    try:
        (entry,) = answer
        return str(entry["key"]), {str(name): str(value) for name, value in entry["caps"].items()}
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise FailureError("'ceph auth get' does not say key and rights.") from error


# State


def said_by(document: t.Any, *path: str) -> t.Any:
    """Return what stands at a place of a document. Raises FailureError when the cluster does not say it."""
    for name in path:
        try:
            document = document[name]
        except (TypeError, KeyError) as error:
            raise FailureError(f"The cluster does not say {'.'.join(path)}.") from error
    return document


def parse_health(status: Json) -> Json:
    """Return `status`, and `errors` and `warnings`: messages by the names of the checks that are not muted."""
    result: Json = {"status": said_by(status, "health", "status"), "errors": {}, "warnings": {}}
    for name, check in said_by(status, "health", "checks").items():
        if not check.get("muted"):
            kind = "errors" if check.get("severity") == "HEALTH_ERR" else "warnings"
            result[kind][name] = check.get("summary", {}).get("message", "")
    return result


def is_clean(state: str) -> bool:
    """Whether placement groups of a state are whole and serve, whatever else they do, such as scrub."""
    words = set(state.split("+"))
    return {"active", "clean"} <= words and not words & {"degraded", "undersized", "inconsistent", "stale"}


def parse_placement_groups(status: Json) -> Json:
    """Return `total`, `states` with the number of each, and whether all are `clean`; none at all are not."""
    total = int(said_by(status, "pgmap", "num_pgs"))
    states = {entry["state_name"]: int(entry["count"]) for entry in status["pgmap"].get("pgs_by_state", [])}
    whole = sum(count for state, count in states.items() if is_clean(state))
    return {"total": total, "states": states, "clean": 0 < total == whole == sum(states.values())}


def parse_osd_tree(tree: Json) -> list[Json]:
    """Return the OSDs by their number: `id`, `host`, whether each is `up` and `in`."""
    nodes = said_by(tree, "nodes")
    host_of = {child: node["name"] for node in nodes if node.get("type") == "host" for child in node["children"]}
    found = [
        {
            "id": int(node["id"]),
            "host": host_of.get(node["id"], ""),
            "up": node.get("status") == "up",
            "in": float(node.get("reweight", 0)) > 0,
        }
        for node in [*nodes, *tree.get("stray", [])]
        if node.get("type") == "osd"
    ]
    return sorted(found, key=lambda osd: osd["id"])


def parse_managers(dump: Json) -> Json:
    """Return `active` ("" when none serves) and `standby`, a list, and the addresses (`services`) of its modules."""
    active = said_by(dump, "active_name") if said_by(dump, "available") else ""
    return {
        "active": active,
        "standby": sorted(entry["name"] for entry in dump.get("standbys", [])),
        "modules": sorted(dump.get("modules", [])),
        "services": dict(dump.get("services", {})),
    }


def parse_filesystems(dump: Json) -> Json:
    """Return `filesystems` by name, and `standby`, the metadata servers that wait.

    Of each: `wanted`, the number of metadata servers that serve, `active` and `standby_replay`, lists of names.
    """
    result: Json = {"filesystems": {}, "standby": sorted(entry["name"] for entry in said_by(dump, "standbys"))}
    for entry in said_by(dump, "filesystems"):
        table = said_by(entry, "mdsmap")
        servers = list(table.get("info", {}).values())
        result["filesystems"][said_by(table, "fs_name")] = {
            "wanted": int(said_by(table, "max_mds")),
            "active": sorted(one["name"] for one in servers if one["state"] == "up:active"),
            "standby_replay": sorted(one["name"] for one in servers if one["state"] == "up:standby-replay"),
        }
    return result


def parse_versions(answer: Json) -> Json:
    """Return by kind of daemon how many run each version."""
    found: Json = {}
    for kind in KINDS:
        for text, count in answer.get(kind, {}).items():
            words = text.split()
            version = words[2] if words[:2] == ["ceph", "version"] and len(words) > 2 else text
            found.setdefault(kind, {})[version] = found.get(kind, {}).get(version, 0) + int(count)
    return found


def cluster(answers: Mapping[str, t.Any]) -> Json:
    """Return all that is known of a cluster from the answers to QUESTIONS, by their names."""
    status, quorum = answers["status"], answers["quorum"]
    servers = parse_filesystems(answers["filesystems"])
    osds = parse_osd_tree(answers["osds"])
    groups = parse_placement_groups(status)
    return {
        "fsid": said_by(status, "fsid"),
        "health": parse_health(status),
        "monitors": sorted(entry["name"] for entry in said_by(quorum, "monmap", "mons")),
        "quorum": sorted(said_by(quorum, "quorum_names")),
        "leader": quorum.get("quorum_leader_name", ""),
        "managers": parse_managers(answers["managers"]),
        "osds": osds,
        "osds_up": sum(osd["up"] for osd in osds),
        "osds_in": sum(osd["in"] for osd in osds),
        "placement_groups": groups,
        "clean": groups["clean"],
        "filesystems": servers["filesystems"],
        "metadata_servers_standby": servers["standby"],
        "bytes_total": int(status["pgmap"].get("bytes_total", 0)),
        "bytes_used": int(status["pgmap"].get("bytes_used", 0)),
        "versions": parse_versions(answers["versions"]),
    }


QUESTIONS: dict[str, tuple[str, ...]] = {
    "quorum": ("quorum_status",),
    "status": ("status",),
    "osds": ("osd", "tree"),
    "managers": ("mgr", "dump"),
    "filesystems": ("fs", "dump"),
    "versions": ("versions",),
}


def asked(ceph: Ceph) -> Json:
    """Ask a cluster all of it: `answered`, and either `cluster` or the `reason` why it could not be asked."""
    try:
        return {
            "answered": True,
            "reason": "",
            "cluster": cluster({name: ceph.ask(*words) for name, words in QUESTIONS.items()}),
        }
    except FailureError as error:
        return {"answered": False, "reason": error.msg, "cluster": None}


# Judgement


def faults(state: Json, expected: Json) -> list[str]:
    """Return what is wrong with a cluster, a clause each. `state` is what `asked` returned; cannot ask is wrong.

    `expected` may have `monitors`, `managers` and `metadata_servers` (names of those that should run), `hosts` (each
    with an OSD) and `filesystem`, the name of one that should be served.
    """
    if not state["answered"]:
        return [f"it cannot be asked: {state['reason']}"]
    known = state["cluster"]
    return [
        *_member_faults(known, expected),
        *_osd_faults(known, expected.get("hosts") or []),
        *_group_faults(known["placement_groups"]),
        *_filesystem_faults(known, expected),
        *(f"{name}: {text}" for name, text in known["health"]["errors"].items()),
        *(f"{name}: {text}" for name, text in known["health"]["warnings"].items() if name in GRAVE_WARNINGS),
    ]


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _member_faults(known: Json, expected: Json) -> list[str]:
    monitors = set(expected.get("monitors") or [])
    unknown = monitors - set(known["monitors"])
    silent = (set(known["monitors"]) | monitors) - set(known["quorum"]) - unknown
    managers = known["managers"]
    missing = set(expected.get("managers") or []) - {managers["active"], *managers["standby"]}
    return [
        *([f"not among its monitors: {_names(unknown)}"] if unknown else []),
        *([f"monitors out of quorum: {_names(silent)}"] if silent else []),
        *([] if managers["active"] else ["no manager is active"]),
        *([f"managers that do not run: {_names(missing)}"] if missing else []),
    ]


def _osd_faults(known: Json, hosts: Sequence[str]) -> list[str]:
    down = [f"osd.{osd['id']} of {osd['host'] or 'no host'}" for osd in known["osds"] if not osd["up"]]
    out = [f"osd.{osd['id']} of {osd['host'] or 'no host'}" for osd in known["osds"] if osd["up"] and not osd["in"]]
    bare = set(hosts) - {osd["host"] for osd in known["osds"]}
    return [
        *([f"OSDs down: {', '.join(down)}"] if down else []),
        *([f"OSDs that get no data: {', '.join(out)}"] if out else []),
        *([f"hosts without an OSD: {_names(bare)}"] if bare else []),
    ]


def _group_faults(groups: Json) -> list[str]:
    if groups["clean"]:
        return []
    if not groups["total"]:
        return ["it has no placement groups"]
    others = {state: count for state, count in groups["states"].items() if not is_clean(state)}
    unknown = groups["total"] - sum(groups["states"].values())
    if unknown > 0:
        others["unknown"] = others.get("unknown", 0) + unknown
    told = ", ".join(f"{count} {state}" for state, count in sorted(others.items()))
    return [f"{sum(others.values())} of {groups['total']} placement groups are not active+clean: {told}"]


def _filesystem_faults(known: Json, expected: Json) -> list[str]:
    name = expected.get("filesystem") or ""
    if not name:
        return []
    if name not in known["filesystems"]:
        return [f"it has no file system {name}"]
    one = known["filesystems"][name]
    running = {*one["active"], *one["standby_replay"], *known["metadata_servers_standby"]}
    missing = set(expected.get("metadata_servers") or []) - running
    short = len(one["active"]) < one["wanted"]
    return [
        *([f"{len(one['active'])} of {one['wanted']} metadata servers of {name} are active"] if short else []),
        *([f"metadata servers that do not run: {_names(missing)}"] if missing else []),
    ]


def reasons_against_leaving(state: Json, host: str, width: int, usage: Json) -> list[str]:
    """Return why a host cannot leave without loss, a clause each.

    width is on how many hosts the widest pool keeps each object; usage is what ``ceph osd df`` answers.
    """
    if not state["answered"]:
        return [f"the cluster cannot be asked: {state['reason']}"]
    known = state["cluster"]
    rest = [osd for osd in known["osds"] if osd["host"] != host and osd["up"] and osd["in"]]
    hosts = {osd["host"] for osd in rest}
    monitors = set(known["monitors"]) - {host}
    speaking = set(known["quorum"]) - {host}
    managers = {known["managers"]["active"], *known["managers"]["standby"]} - {host, ""}
    servers = set(known["metadata_servers_standby"])
    for one in known["filesystems"].values():
        servers |= {*one["active"], *one["standby_replay"]}
    found = []
    if host not in {osd["host"] for osd in known["osds"]} | set(known["monitors"]) | managers | servers:
        return []
    if len(hosts) < width:
        found.append(f"{len(hosts)} hosts would remain, and data is kept on {width}")
    if len(speaking) <= len(monitors) // 2:
        found.append(f"{len(speaking)} of {len(monitors)} monitors would remain in quorum")
    if not managers:
        found.append("no other manager runs")
    if known["filesystems"] and not servers - {host}:
        found.append("no other metadata server runs")
    if not known["clean"]:
        found.append("; ".join(_group_faults(known["placement_groups"])))
    return found + _room_faults(usage, {osd["id"] for osd in rest})


def _room_faults(usage: Json, rest: set[int]) -> list[str]:
    nodes = said_by(usage, "nodes")
    used = sum(int(node["kb_used"]) for node in nodes)
    room = sum(int(node["kb"]) for node in nodes if node["id"] in rest)
    if used <= room * NEARLY_FULL:
        return []
    return [f"{used // 1024} MiB are used, and the other OSDs hold {int(room * NEARLY_FULL) // 1024} MiB"]


def pool_width(pools: Sequence[Json]) -> int:
    """Return on how many hosts the widest pool keeps each object, by what ``ceph osd pool ls detail`` answers."""
    return max((int(said_by(pool, "size")) for pool in pools), default=0)


# Wanted state


class Pools(t.NamedTuple):
    """How a file system should keep its data."""

    filesystem: str
    replicas: int
    metadata_groups: int
    data_groups: int
    k: int = 0  # 0: the data pool is replicated
    m: int = 0

    @property
    def metadata(self) -> str:
        """Name of the pool of metadata."""
        return f"{self.filesystem}_metadata"

    @property
    def data(self) -> str:
        """Name of the pool of data; with erasure coding it holds only where each file begins."""
        return f"{self.filesystem}_data"

    @property
    def coded(self) -> str:
        """Name of the erasure coded pool, and of its profile; "" without one."""
        return f"{self.filesystem}_data_ec{self.k}_{self.m}" if self.k else ""


def filesystem_commands(
    pools: Sequence[Json], filesystems: Sequence[Json], profiles: Sequence[str], wanted: Pools
) -> list[list[str]]:
    """Return the commands that make a file system and its pools what they should be; none when they are.

    pools, filesystems and profiles are what ``osd pool ls detail``, ``fs ls`` and ``osd erasure-code-profile ls``
    answer. Raises FailureError for what cannot be changed: a pool does not become another kind of pool, and loses no
    placement groups.
    """
    found = {pool["pool_name"]: pool for pool in pools}
    commands: list[list[str]] = []
    replicated = [(wanted.metadata, wanted.metadata_groups), (wanted.data, wanted.data_groups)]
    if wanted.coded:
        replicated[1] = (wanted.data, wanted.metadata_groups)
        if wanted.coded not in profiles:
            profile = [f"k={wanted.k}", f"m={wanted.m}", "crush-failure-domain=host"]
            commands.append(["osd", "erasure-code-profile", "set", wanted.coded, *profile])
    for name, groups in replicated:
        if name not in found:
            commands.append(["osd", "pool", "create", name, str(groups), str(groups), "replicated"])
            commands += _sized(name, wanted.replicas)
        else:
            commands += _grown(found[name], groups)
            if int(found[name]["size"]) != wanted.replicas:
                commands += _sized(name, wanted.replicas)
    if wanted.coded and wanted.coded not in found:
        number = str(wanted.data_groups)
        commands.append(["osd", "pool", "create", wanted.coded, number, number, "erasure", wanted.coded])
        commands.append(["osd", "pool", "set", wanted.coded, "allow_ec_overwrites", "true"])
    elif wanted.coded:
        commands += _grown(found[wanted.coded], wanted.data_groups)
    return commands + _made(filesystems, wanted)


def _sized(name: str, replicas: int) -> list[list[str]]:
    sure = ["--yes-i-really-mean-it"] if replicas == 1 else []
    least = str(replicas - replicas // 2)
    return [
        ["osd", "pool", "set", name, "size", str(replicas), *sure],
        ["osd", "pool", "set", name, "min_size", least],
    ]


def _grown(pool: Json, groups: int) -> list[list[str]]:
    # A pool on its way to another number has that number as a target
    have = int(pool.get("pg_num_target") or pool["pg_num"])
    if groups < have:
        raise FailureError(
            f"Pool {pool['pool_name']} has {have} placement groups and should have {groups}. This role takes none away."
        )
    return [["osd", "pool", "set", pool["pool_name"], "pg_num", str(groups)]] if groups > have else []


def _made(filesystems: Sequence[Json], wanted: Pools) -> list[list[str]]:
    current = next((one for one in filesystems if one["name"] == wanted.filesystem), None)
    extra = ["fs", "add_data_pool", wanted.filesystem, wanted.coded]
    if current is None:
        created = ["fs", "new", wanted.filesystem, wanted.metadata, wanted.data]
        return [created, extra] if wanted.coded else [created]
    coded = [name for name in current["data_pools"] if name != wanted.data]
    if current["metadata_pool"] != wanted.metadata or wanted.data not in current["data_pools"]:
        raise FailureError(
            f"File system {wanted.filesystem} is there and has pools of other names; choose another name."
        )
    if coded and not wanted.coded:
        raise FailureError(
            f"File system {wanted.filesystem} keeps its data erasure coded ({_names(coded)}), and a pool does not"
            " become another kind of pool. Make another file system, and copy."
        )
    return [extra] if wanted.coded and wanted.coded not in coded else []


def settings_commands(
    dump: Sequence[Json], modules: Json, wanted: Sequence[Mapping[str, str]], enabled: Sequence[str]
) -> list[list[str]]:
    """Return the commands that set options of the cluster and enable modules of its managers.

    dump and modules are what ``config dump`` and ``mgr module ls`` answer; each wanted option has `section`, `name` and
    `value`. A module whose options change is loaded again.
    """
    have = {(entry["section"], entry["name"]): str(entry["value"]) for entry in dump}
    differ = [one for one in wanted if have.get((one["section"], one["name"])) != one["value"]]
    commands = [["config", "set", one["section"], one["name"], one["value"]] for one in differ]
    for name in enabled:
        running = name in said_by(modules, "enabled_modules")
        stale = any(one["name"].startswith(f"mgr/{name}/") for one in differ)
        if running and stale:
            commands.append(["mgr", "module", "disable", name])
        if not running or stale:
            commands.append(["mgr", "module", "enable", name])
    return commands


def filesystem_of(dump: Json, name: str) -> Json:
    """Return what ``ceph fs dump`` says of a file system. Raises FailureError when there is none of that name."""
    found: list[Json] = [one for one in said_by(dump, "filesystems") if said_by(one, "mdsmap", "fs_name") == name]
    if not found:
        raise FailureError(f"There is no file system {name}.")
    return found[0]


def filesystem_settings_commands(dump: Json, filesystem: str, settings: Mapping[str, object]) -> list[list[str]]:
    """Return the commands that give a file system's settings these values. Raises FailureError for one it lacks."""
    table = filesystem_of(dump, filesystem)["mdsmap"]
    unknown = sorted(set(settings) - set(table))
    if unknown:
        raise FailureError(f"A file system has no setting {', '.join(unknown)} that can be read back.")
    return [
        ["fs", "set", filesystem, name, str(value)]
        for name, value in sorted(settings.items())
        if str(table[name]) != str(value)
    ]


def settled(ceph: Ceph, commands: Sequence[Sequence[str]], *, dry_run: bool) -> Json:
    """Run commands, and say what moved: `changed`, `commands`, `diff`. With dry_run none is run."""
    for words in [] if dry_run else commands:
        ceph.do(*words)
    told = "".join(f"ceph {' '.join(words)}\n" for words in commands)
    return {
        "changed": bool(commands),
        "commands": [list(words) for words in commands],
        "diff": {"before": "", "after": told},
    }
