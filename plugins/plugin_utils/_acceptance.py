# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment checklist of a cluster, line by line, from what its nodes answered and what runs found.

A line passes only on evidence. What was not asked, did not answer, or is older than the cluster is not measured, with
the reason and what to do; what is no part of a cluster that this collection deploys is not applicable.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils import _target_runs, _validation
from ansible_collections.netfs.bench.plugins.plugin_utils._inventory_check import counted
from ansible_collections.netfs.bench.plugins.plugin_utils._records import object_of
from ansible_collections.netfs.bench.plugins.plugin_utils._target_runs import Subject, latest, moment, suite_results
from ansible_collections.netfs.bench.plugins.plugin_utils._targets import (
    FAIL,
    METHODS,
    NOT_MEASURED,
    PASS,
    Judgement,
    Target,
    interval_text,
    judge,
    overall,
)

NOT_APPLICABLE = "not-applicable"
SYMBOLS = {PASS: "✔", FAIL: "✖", NOT_MEASURED: "?", NOT_APPLICABLE: "·"}
MEANINGS = {
    PASS: "The evidence beside it shows that it is so.",
    FAIL: "The evidence beside it shows that it is not so.",
    NOT_MEASURED: "It was not asked, did not answer, or is older than the cluster: nothing is known, which is no pass.",
    NOT_APPLICABLE: "It is no part of this cluster, for the reason beside it.",
}
EXIT_OK, EXIT_FAIL, EXIT_NOT_MEASURED = _validation.EXIT_OK, _validation.EXIT_FAIL, _validation.EXIT_NOT_MEASURED
EXIT_MEANINGS = {
    EXIT_OK: "every line that is applicable passes",
    EXIT_FAIL: "at least one line fails",
    EXIT_NOT_MEASURED: "no line is known to fail, but something was not measured",
}

BOOTSTRAP = "/var/lib/netfs/bootstrap.json"
AGAIN = "Run acceptance.yml again when the node answers."
GROUP_OF_CONTROLLER = "jepsen"
"""The group of a topology whose node injects faults and checks histories."""
POSIX_SUITE, CONSISTENCY_SUITE = "pjdfstest", "consistency"

DEVELOPMENT = {
    "phase-1-tests": (
        "Tests of the earlier phase pass",
        "They are unit tests of a file system under development, which is not deployed here.",
    ),
    "builders-ready": ("All builders are ready", "They are the people and programs that develop that file system."),
    "security-audit": ("The audit of unsafe code is complete", "It is of the source of that file system."),
}
"""Lines of the checklist about the fleet that developed a file system, and why they are not applicable."""
UNSUPERVISED = {
    "supervision": (
        "Watchdog and supervisor run",
        "This version deploys no timers that check a cluster and repair it.",
        "make cluster-status checks it once.",
    ),
    "metrics": (
        "Metrics flow",
        "This version deploys no Prometheus, so nothing shows that every node is seen.",
        "Services publish the addresses of their metrics; scrape them by hand.",
    ),
}
"""Lines for which nothing is deployed that could be asked, why, and what can be done."""


class Evidence(t.NamedTuple):
    """What a line rests on."""

    source: str
    """The file, the module or the command that it comes from."""
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the checklist."""

    name: str
    title: str
    state: str
    reason: str = ""
    """Why it is no pass; empty for one."""
    remedy: str = ""
    """What to do about that."""
    evidence: tuple[Evidence, ...] = ()
    method: str = ""
    """How it is measured, where that is not plain."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of a line."""

    faults: list[str] = field(default_factory=list)
    """Sentences on what is wrong."""
    doubts: list[str] = field(default_factory=list)
    """Sentences on what is not known."""
    evidence: list[Evidence] = field(default_factory=list)

    def joined(self, others: Answers) -> Answers:
        """These and others."""
        return Answers(
            [*self.faults, *others.faults], [*self.doubts, *others.doubts], [*self.evidence, *others.evidence]
        )

    def with_files(self, files: Answers) -> Answers:
        """These together with what clients wrote and read: without that, what services say of themselves shows
        nothing."""
        together = self.joined(files)
        return together if files.evidence else Answers(together.faults, together.doubts)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the plan, with what it answered."""

    name: str
    host: str = ""
    """Its host in the inventory; empty where it has none."""
    groups: tuple[str, ...] = ()
    running: bool = True
    """What the inventory says of it."""
    answers: bool = False
    record: Json = field(default_factory=dict)
    """What was recorded when it was set up; empty where nothing was."""
    differences: list[str] | None = None
    """What is not as it was then; None where that was not asked."""
    health: Json = field(default_factory=dict)
    """What services said, by their names."""
    members: Json = field(default_factory=dict)
    """What the node itself knows of the members of its services, by their names."""
    mounts: Json = field(default_factory=dict)
    """What is at each directory where something should be mounted."""
    written: Json = field(default_factory=dict)
    """By directory, what stood in the way of writing a file for the other clients."""
    read: Json = field(default_factory=dict)
    """By directory, what stood in the way of reading the files of the other clients."""
    strangers: Json = field(default_factory=dict)
    """By service on the other side, what it answers to who has no key."""
    failures: Json = field(default_factory=dict)
    """Why questions could not be asked, by their names."""

    def why(self, question: str) -> str:
        """Why there is no answer to a question, as a sentence."""
        if not self.host:
            return f"{self.name} is not in the inventory."
        if not self.answers:
            return f"{self.name} does not answer."
        return f"{self.name}: {self.failures.get(question, 'it was not asked')}".rstrip(".") + "."


class Cluster(t.NamedTuple):
    """A cluster as it was planned, and as its nodes answered."""

    plan: Json
    nodes: dict[str, Node]
    inventory_faults: list[str]
    at: str
    """When it was asked."""

    def group(self, name: str) -> list[Node]:
        """The nodes of a group."""
        return [self.nodes[node] for node in self.plan["groups"].get(name, [])]

    def place(self, service: Json) -> list[Node]:
        """The nodes that a service stands on."""
        nodes = sorted(self.group(service["node"]), key=lambda node: node.host)
        return nodes[: service["hosts"]] if "hosts" in service else nodes

    @property
    def since(self) -> datetime | None:
        """When the last node was set up; None where that is not known of every node."""
        known = [moment(str(node.record.get("completed", ""))) for node in self.nodes.values()]
        found = [one for one in known if one is not None]
        return max(found) if len(found) == len(known) and found else None

    @property
    def subject(self) -> Subject:
        """What runs have to be of, to say something of this cluster."""
        return Subject(
            self.plan["deployment"]["system"],
            self.plan["topology"],
            self.plan["node_kind"],
            frozenset(node.host for node in self.nodes.values()),
            self.since,
        )


class Acceptance(t.NamedTuple):
    """A checklist, judged."""

    cluster: Cluster
    lines: list[Line]

    @property
    def code(self) -> int:
        """The exit code."""
        states = {line.state for line in self.lines}
        return EXIT_FAIL if FAIL in states else EXIT_NOT_MEASURED if NOT_MEASURED in states else EXIT_OK

    @property
    def exit_meaning(self) -> str:
        """What the exit code says."""
        return EXIT_MEANINGS[self.code]


def node_of(name: str, host: str, said: t.Mapping[str, t.Any]) -> Node:
    """A node from what is known of its host.

    :param said: variables and results of the host; one that is missing was not asked.
    """
    groups, running = tuple(said.get("group_names", ())), bool(said.get("node_running", True))
    if not said.get("bench_answers"):
        return Node(name, host, groups, running)
    compared = object_of(said.get("bootstrap_compared"))
    asked = "differences" in compared
    return Node(
        name=name,
        host=host,
        groups=groups,
        running=running,
        answers=True,
        record=object_of(compared.get("record")) if asked else {},
        differences=list(compared["differences"]) if asked else None,
        health=object_of(said.get("service_healths")),
        members=object_of(said.get("acceptance_members")),
        mounts=by_directory(said.get("acceptance_mounts")),
        written=by_directory(said.get("cluster_written")),
        read=by_directory(said.get("cluster_read")),
        strangers=object_of(said.get("acceptance_strangers")),
        failures=object_of(said.get("acceptance_failures")),
    )


def by_directory(registered: t.Any) -> Json:
    """The results of a task that loops over mounts, by their directories; those that came to an answer."""
    results = object_of(registered).get("results", [])
    return {
        one["mount"]["directory"]: {key: value for key, value in one.items() if not key.startswith(("_", "ansible"))}
        for one in results
        if "faults" in one and "mount" in one
    }


def nodes_of(plan: Json, hosts: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, Node]:
    """Every node of a plan with what its host answered; of one that has no host, that.

    :param hosts: by host, what is known of it; ``node_name`` is the node that it is, where it has another name.
    """
    known = {str(said.get("node_name", host)): (host, said) for host, said in hosts.items()}
    return {name: node_of(name, *known[name]) if name in known else Node(name) for name in plan["nodes"]}


def line(name: str, title: str, found: Answers, remedy: str) -> Line:
    """A line: what is wrong makes it fail, what is not known keeps it from passing, and so does a lack of evidence.

    :param remedy: what to do about what is wrong, or not known.
    """
    evidence = tuple(found.evidence)
    if found.faults:
        return Line(name, title, FAIL, " ".join([*found.faults, *found.doubts]), remedy, evidence)
    if found.doubts or not evidence:
        return Line(name, title, NOT_MEASURED, " ".join(found.doubts) or "Nothing was asked.", remedy, evidence)
    return Line(name, title, PASS, evidence=evidence)


def provisioned(cluster: Cluster) -> Line:
    """Whether the nodes of the plan are there, are what they should be, and answer."""
    answers = Answers(list(cluster.inventory_faults))
    for node in cluster.nodes.values():
        planned = cluster.plan["nodes"][node.name]
        lacking = sorted(set(planned["groups"]) - set(node.groups))
        if not node.host or not node.running:
            answers.faults.append(f"{node.name} is {'stopped' if node.host else 'not there'}.")
        elif not node.answers:
            answers.faults.append(f"{node.name} is there and does not answer.")
        elif lacking:
            answers.faults.append(f"{node.name} is not in {', '.join(lacking)}.")
        elif node.differences is None:
            answers.doubts.append(node.why("comparison"))
        elif not node.record:
            answers.faults.append(f"{node.name} was never set up to the end.")
        elif (node.record.get("node"), node.record.get("site")) != (node.name, planned["site"]):
            answers.faults.append(
                f"{node.name} says that it is {node.record.get('node')} at site {node.record.get('site')}."
            )
        else:
            where = " and ".join(planned["sites"])
            told = f"{node.name} is {node.host}, in {', '.join(planned['groups'])}, at {where}"
            answers.evidence.append(Evidence(f"inventory and {BOOTSTRAP}", told, str(node.record["completed"])))
    title = f"Test cluster provisioned: {len(cluster.nodes)} nodes of topology {cluster.plan['topology']}"
    return line("provisioned", title, answers, "Create what is missing with make cluster.")


def unchanged(cluster: Cluster) -> Line:
    """Whether a second run would find anything to change."""
    answers = Answers()
    for node in cluster.nodes.values():
        if node.differences is None:
            answers.doubts.append(node.why("comparison"))
        elif node.differences:
            answers.faults.append(f"{node.name}: {' '.join(node.differences)}")
        else:
            told = f"{node.name}: units, files, mounts and settings as a complete run left them"
            answers.evidence.append(Evidence(f"module bootstrap_info, {BOOTSTRAP}", told, cluster.at))
    return line(
        "unchanged",
        "A second run changes nothing",
        answers,
        "make cluster deploys what differs.",
    )


def storage(cluster: Cluster, group: str) -> Line:
    """Whether the storage of a site is one service of all its nodes, which serves what clients write."""
    nodes = cluster.group(group)
    services = [one for one in cluster.plan["deployment"]["services"] if one["node"] == group]
    answers = health_of(cluster, services)
    for service in services:
        if service.get("spans_hosts"):
            answers = answers.joined(members_of(cluster, service))
    files = files_of(cluster, [one for one in cluster.plan["deployment"]["mounts"] if one["node"] == group])
    site = cluster.plan["nodes"][nodes[0].name]["sites"][0]
    return line(
        f"storage-{site}",
        f"Storage at site {site} initialised: {counted(len(nodes), 'node')}, and clients read what is written",
        answers.with_files(files),
        "make cluster-status and make cluster-logs tell more; make cluster deploys what does not work.",
    )


def members_of(cluster: Cluster, service: Json) -> Answers:
    """What each node of a service says of its members. One without a monitor has nobody to ask: it is a member by what
    the monitors of others say, and without any of these nothing is known."""
    answers, asked = Answers(), 0
    for node in cluster.place(service):
        told = node.members.get(service["name"])
        if told is None:
            answers.doubts.append(f"Who the members of {service['name']} are: {node.why('members')}")
        elif not told["daemons"]["mon"]:
            daemons = ", ".join(f"{kind}.{one}" for kind, names in told["daemons"].items() for one in names)
            said = f"{node.name} has {daemons or 'no daemon'} and no monitor"
            answers.evidence.append(Evidence("module ceph_host_info", said, cluster.at))
        elif not told["answered"]:
            answers.doubts.append(f"{node.name} does not know the members of {service['name']}: {told['reason']}.")
        elif told["faults"]:
            answers.faults.append(f"{node.name} says of {service['name']}: {'; '.join(told['faults'])}.")
        else:
            asked += 1
            said = f"{node.name} says: {members_text(told['cluster'])}"
            answers.evidence.append(Evidence("module ceph_cluster_info", said, cluster.at))
    if not asked and not answers.faults:
        answers.doubts.append(f"No monitor of {service['name']} says who its members are.")
    return answers


def members_text(cluster: Json) -> str:
    """The members of a cluster of Ceph, as people read them."""
    up = sorted({osd["host"] for osd in cluster["osds"] if osd["up"]})
    groups = f"{cluster['placement_groups']['total']} placement groups, {'' if cluster['clean'] else 'not '}all clean"
    return f"in quorum {', '.join(cluster['quorum'])}; data on {', '.join(up)}; {groups}"


def health_of(cluster: Cluster, services: t.Sequence[Json]) -> Answers:
    """What services said of themselves."""
    answers = Answers()
    for service in services:
        for node in cluster.place(service):
            said = node.health.get(service["name"])
            if not node.answers or said is None:
                answers.doubts.append(f"{service['name']}: {node.why(place_of(service))}")
            elif not said["healthy"]:
                answers.faults.append(f"{service['name']} on {node.name} is not healthy: {'; '.join(said['faults'])}.")
            else:
                told = "; ".join([f"{service['name']} on {node.name} is healthy", *said.get("figures", [])])
                answers.evidence.append(Evidence(f"role {service['role']}, entry point health", told, cluster.at))
    return answers


def place_of(service: Json) -> str:
    """What tells a service from all others, and names the question for its health."""
    return f"{service['name']}@{service['node']}"


def files_of(cluster: Cluster, mounts: t.Sequence[Json]) -> Answers:
    """What clients wrote and read through mounts."""
    silent = [node.host for node in cluster.nodes.values() if node.host and not node.answers]
    answers = Answers()
    for mount in mounts:
        for node in cluster.group(mount["group"]):
            directory, replica = mount["directory"], "replica_of" in mount
            written, read = node.written.get(directory), node.read.get(directory)
            if not node.answers or read is None or (written is None and not replica):
                answers.doubts.append(f"{directory}: {node.why('files')}")
                continue
            if replica and written is not None and not written["faults"]:
                answers.faults.append(f"{directory} of {node.name} takes files, and is a copy that should take none.")
            wrong = [*([] if replica or written is None else written["faults"]), *read["faults"]]
            # what a silent client did not write, nobody can read
            missed = [fault for fault in wrong if any(f"netfs-validate-{host}_" in fault for host in silent)]
            answers.faults.extend(f"{node.name}: {fault}" for fault in wrong if fault not in missed)
            answers.doubts.extend(f"{node.name}: {fault} Its writer does not answer." for fault in missed)
            if not wrong:
                what = "read what arrived from" if replica else "wrote, flushed, and read what was written by"
                told = f"{node.name} {what} every client, byte for byte, through {mount['protocol']} at {directory}"
                answers.evidence.append(Evidence("module client_file", told, cluster.at))
    return answers


def conduit_carries(cluster: Cluster) -> Line:
    """Whether what is written at one site arrives at the other."""
    services = [one for one in cluster.plan["deployment"]["services"] if one["node"] == "conduit"]
    replicas = [one for one in cluster.plan["deployment"]["mounts"] if "replica_of" in one]
    title = "Cloud conduit operational: bytes arrive at the other site"
    if not cluster.group("conduit"):
        return Line("conduit", title, NOT_APPLICABLE, "The topology has no conduit.")
    answers = health_of(cluster, services)
    files = files_of(cluster, replicas)
    if not services or not replicas:
        answers.doubts.append("Nothing of this cluster shows at one site what arrives from the other.")
    return line(
        "conduit",
        title,
        answers.with_files(files),
        "make cluster-logs node=conduit-1 fetches what the conduit said.",
    )


def conduit_refuses(cluster: Cluster) -> Line:
    """Whether who has no key of a site gets nothing from it by way of the conduit."""
    title = "Cloud conduit operational: without a key or a certificate of a site nobody gets in"
    nodes = cluster.group("conduit")
    if not nodes:
        return Line("conduit-refuses", title, NOT_APPLICABLE, "The topology has no conduit.")
    answers = Answers()
    for node in nodes:
        if not node.strangers:
            answers.doubts.append(f"Whether strangers are refused: {node.why('strangers')}")
        for site, told in node.strangers.items():
            if told["answer"] == "refused":
                said = f"{node.name} asked {site} with a key that was made up, and was refused: {told['reason']}"
                answers.evidence.append(Evidence(told["source"], said, cluster.at))
            elif told["answer"] == "accepted":
                answers.faults.append(f"{site} let {node.name} in with a key that was made up.")
            else:
                answers.doubts.append(f"{site} did not answer {node.name}: {told['reason']}.")
    return line("conduit-refuses", title, answers, "Check the keys and certificates of the sites.")


def mounted(cluster: Cluster) -> Line:
    """Whether every mount is one, and keeps what is written with its owner and its mode."""
    answers = Answers()
    for mount in cluster.plan["deployment"]["mounts"]:
        for node in cluster.group(mount["group"]):
            found = node.mounts.get(mount["directory"])
            if not node.answers or found is None:
                answers.doubts.append(f"{mount['directory']}: {node.why('mounts')}")
            elif found["faults"]:
                answers.faults.append(f"{node.name}: {' '.join(found['faults'])}")
            else:
                answers.evidence.append(Evidence("module mount_probe", mount_text(node, mount, found), cluster.at))
    remedy = "make cluster mounts it again; make cluster-logs fetches what was said."
    return line("mounts", "Clients: mount points ready", answers, remedy)


def mount_text(node: Node, mount: Json, found: Json) -> str:
    """What was found at a mount, as people read it."""
    kind = (
        f"{node.name}: {found['fstype']} at {mount['directory']}, statfs type {found['statfs_type']} and above it "
        f"{found['statfs_type_above']}"
    )
    if "mode" not in found:
        return f"{kind}; it is only read"
    return (
        f"{kind}; {found['bytes'] >> 10} KiB written, flushed and read back, owner {found['uid']}:{found['gid']}, "
        f"mode {found['mode']}"
    )


def controller(cluster: Cluster, results: Path) -> Line:
    """Whether what checks histories is there, and tells a good store from a stale one."""
    title = "Jepsen controller online: a good store is found valid, a stale one invalid"
    nodes = cluster.group(GROUP_OF_CONTROLLER)
    if not nodes:
        why = f"Topology {cluster.plan['topology']} has no group {GROUP_OF_CONTROLLER}."
        return Line("controller", title, NOT_APPLICABLE, why)
    answers = Answers(
        faults=[f"{node.name} does not answer." for node in nodes if not node.answers],
        evidence=[Evidence("module ping", f"{node.name} answers", cluster.at) for node in nodes if node.answers],
    )
    found = latest(results, cluster.subject, CONSISTENCY_SUITE)
    if not found.run:
        answers.doubts.append(f"No control run: {found.why}.")
    answers.evidence.extend(
        Evidence(found.source, f"{' '.join(one.name[:3])}: {one.word}", found.at)
        for one in suite_results(found, CONSISTENCY_SUITE, cluster.subject)
    )
    answers.doubts.append("No control run on a store that was made stale on purpose is recorded.")
    remedy = f"validate.yml -e suite={CONSISTENCY_SUITE} runs it on this cluster."
    return line("controller", title, answers, remedy)


def posix(cluster: Cluster, results: Path) -> Line:
    """Whether the suite for POSIX passes but for what is expected to fail."""
    title = f"A9 tests: {POSIX_SUITE} baseline passing"
    subject = cluster.subject
    found = latest(results, subject, POSIX_SUITE)
    judged = suite_results(found, POSIX_SUITE, subject)
    answers = Answers()
    if not judged:
        why = found.why or "the run has no result of it"
        answers.doubts.append(f"{why[0].upper()}{why[1:]}.")
    for one in judged:
        counts = ", ".join(f"{count} {what}" for what, count in one.counts.items())
        told = f"{' '.join(one.name[:3])}: {one.word}; {counts}"
        if one.word in ("pass", "as-reference"):
            answers.evidence.append(Evidence(found.source, told, found.at))
        elif one.word == "fail":
            first = f"the first that is not expected to fail is {one.failing[0]}"
            answers.faults.append(
                f"{told}. Of {len(one.failing)} that the reference passes, or nobody asked it, {first}."
            )
        else:
            answers.doubts.append(f"{told}. {_validation.first_line(one.why or one.word)}")
    where = f"-e system={subject.system} -e topology={subject.topology}"
    remedy = f"Measure it: ansible-playbook validate.yml {where} -e suite={POSIX_SUITE}"
    return line("posix", title, answers, remedy)


def target_line(target: Target, cluster: Cluster, results: Path, cost: Json | None) -> Line:
    """The line of a target."""
    if target.figure == "cost-per-day" and cluster.plan["node_kind"] == _target_runs.CONTAINERS:
        why = "The nodes are containers on a machine that costs the same without them."
        return Line(f"target-{target.name}", target.promise, NOT_APPLICABLE, why)
    judged = [judge(target, one) for one in _target_runs.findings_of(target, results, cluster.subject, cost)]
    state = overall([one.state for one in judged])
    reasons = [f"{one.finding.subject}: {one.reason}." for one in judged if one.state == state and one.reason]
    evidence = tuple(evidence_of(target, one) for one in judged if one.finding.source)
    remedy = "" if state == PASS else remedy_of(target, cluster)
    return Line(
        f"target-{target.name}",
        target.promise,
        state,
        " ".join(reasons),
        remedy,
        evidence,
        f"{', '.join(target.of) or target.figure}: {METHODS[target.figure]}; {target.limit_text}",
    )


def evidence_of(target: Target, judgement: Judgement) -> Evidence:
    """What a finding rests on."""
    finding = judgement.finding
    interval = interval_text(target, finding)
    told = [
        f"{finding.subject}: {target.shown(finding.value)}",
        *([f"interval {interval}"] if finding.low != finding.high else []),
        *finding.beside,
    ]
    return Evidence(finding.source, "; ".join(told), finding.at)


def remedy_of(target: Target, cluster: Cluster) -> str:
    """How a target is measured."""
    subject = cluster.subject
    where = f"-e system={subject.system} -e topology={subject.topology}"
    if target.figure == "cost-per-day":
        return "ansible-playbook -i inventories/ec2 playbooks/cost.yml shows what instances cost."
    if target.figure in ("violations", "suites-time"):
        return f"Measure it: ansible-playbook validate.yml {where} -e suite={','.join(target.of)}"
    return f"Measure it: ansible-playbook bench.yml {where} -e workload={','.join(target.of)} -e trials=8"


def judge_cluster(cluster: Cluster, targets: t.Sequence[Target], results: Path, cost: Json | None) -> Acceptance:
    """Judge a cluster by the checklist, in its order, and by the targets."""
    groups = sorted({node["groups"][-1] for node in cluster.plan["nodes"].values() if node["group"] == "storage"})
    lines = [
        *(Line(name, *of_development(name)) for name in ("phase-1-tests", "builders-ready")),
        provisioned(cluster),
        unchanged(cluster),
        unsupervised("supervision"),
        *(storage(cluster, group) for group in groups),
        conduit_carries(cluster),
        conduit_refuses(cluster),
        mounted(cluster),
        controller(cluster, results),
        posix(cluster, results),
        Line("security-audit", *of_development("security-audit")),
        unsupervised("metrics"),
        *(target_line(target, cluster, results, cost) for target in targets),
    ]
    return Acceptance(cluster, lines)


def of_development(name: str) -> tuple[str, str, str]:
    """Title, state and reason of a line that is not about a cluster."""
    title, why = DEVELOPMENT[name]
    return title, NOT_APPLICABLE, why


def unsupervised(name: str) -> Line:
    """A line for which nothing is deployed that could be asked."""
    title, why, remedy = UNSUPERVISED[name]
    return Line(name, title, NOT_MEASURED, why, remedy)


def sentence(acceptance: Acceptance) -> str:
    """What came of it, in one sentence."""
    counts = {state: sum(line.state == state for line in acceptance.lines) for state in SYMBOLS}
    said = [f"{count} {state.replace('-', ' ')}" for state, count in counts.items() if count]
    plan = acceptance.cluster.plan
    return f"{plan['deployment']['system']} on {plan['topology']}, {len(acceptance.lines)} lines: {', '.join(said)}."
