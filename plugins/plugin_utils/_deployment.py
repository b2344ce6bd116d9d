# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run deploys: every service once, with the variables of all systems that stand on it, and in which order.

Profiles, and what the roles say of their variables, come in as data; a run's directory gets one file of tasks per
service, which is all that deploying, starting and stopping it reads.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_dump

from ansible_collections.netfs.bench.plugins.module_utils._files import Json, write_text
from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import Option, holds_secret
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original

ENTRY_NAMES = ("name", "path")
"""By which of their keys two entries of a list are the same thing."""


class ConflictError(Exception):
    """Systems that cannot be deployed together; the message names both and what they differ in."""


class Role(t.NamedTuple):
    """What a role says of its variables."""

    defaults: Json
    options: dict[str, Option]
    """As its argument specification describes them."""
    ports: tuple[Json, ...] = ()
    """Its table of ports."""


@dataclasses.dataclass(frozen=True)
class Service:
    """One service of a run, as it is deployed on every host of a node."""

    name: str
    role: str
    node: str
    systems: list[str]
    """Those that stand on it."""
    variables: Json

    @property
    def place(self) -> str:
        """What tells it from all others of a run, and names its file."""
        return place_of({"name": self.name, "node": self.node})


class Wish(t.NamedTuple):
    """What one system wants a variable to be."""

    system: str
    value: t.Any
    by_default: bool = False

    def part(self, key: str | int) -> Wish:
        """The same for a part of the value."""
        return self._replace(value=self.value[key])

    def __str__(self) -> str:
        return f"{self.system} {'leaves it at the default' if self.by_default else 'sets it to'} {self.value!r}"


def named(profile: Json) -> Json:
    """A profile in which every service has a name: where it has none of its own, that of its role."""
    return {**profile, "services": [{"name": service["role"], **service} for service in profile["services"]]}


def place_of(service: Json) -> str:
    """What tells a service of a named profile from all others of a run."""
    return f"{service['name']}@{service['node']}"


def same_entry(one: t.Any, other: t.Any) -> bool:
    """Whether two entries of lists describe the same thing."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    key = next((name for name in ENTRY_NAMES if name in one and name in other), None)
    return bool(one[key] == other[key]) if key else one == other


def merged(where: str, one: Wish, other: Wish) -> t.Any:
    """The value that is right for both: lists are joined, dictionaries merged, and anything else must be the same."""
    if isinstance(one.value, dict) and isinstance(other.value, dict):
        result = {**one.value, **other.value}
        for name in one.value.keys() & other.value.keys():
            result[name] = merged(f"{where}.{name}", one.part(name), other.part(name))
        return result
    if isinstance(one.value, list) and isinstance(other.value, list):
        return joined(where, one, other)
    if one.value != other.value or isinstance(one.value, bool) != isinstance(other.value, bool):
        raise ConflictError(f"{where}: {one}, {other}")
    return one.value


def joined(where: str, one: Wish, other: Wish) -> list[t.Any]:
    """The entries of both lists; those that describe the same thing become one."""
    result = list(one.value)
    for number, entry in enumerate(other.value):
        place = next((index for index, known in enumerate(one.value) if same_entry(known, entry)), None)
        if place is None:
            result.append(entry)
        else:
            result[place] = merged(f"{where}[{place}]", one.part(place), other.part(number))
    return result


def variables_of(wanted: dict[str, Json], role: Role) -> Json:
    """The variables of a service from what each system wants of it.

    What no system sets is left to the role; what only some set, the others want to be the role's default.
    """
    result: Json = {}
    for name in dict.fromkeys(name for variables in wanted.values() for name in variables):
        wishes = [
            Wish(system, variables[name]) if name in variables else Wish(system, role.defaults[name], by_default=True)
            for system, variables in wanted.items()
            if name in variables or name in role.defaults
        ]
        # those that set it come first, so that a joined list begins with what was asked for
        first, *others = sorted(wishes, key=lambda wish: wish.by_default)
        for wish in others:
            first = first._replace(value=merged(name, first, wish))
        result[name] = first.value
    return result


def services_of(profiles: dict[str, Json], roles: t.Mapping[str, Role]) -> list[Service]:
    """Every service of the systems once, those that others stand on before them; a ConflictError when that cannot be.

    :param profiles: named profiles by their systems; a system that is measured twice is deployed once.
    """
    order: TopologicalSorter[str] = TopologicalSorter()
    users: dict[str, dict[str, Json]] = {}
    for label, profile in profiles.items():
        for number, service in enumerate(profile["services"]):
            before = [place_of(other) for other in profile["services"][:number]]
            order.add(place_of(service), *before)
            users.setdefault(place_of(service), {})[original(label)] = service
    try:
        places = list(order.static_order())
    except CycleError as error:
        raise ConflictError(
            f"Each of {' and '.join(dict.fromkeys(error.args[1]))} depends on the other in the profile of some system"
        ) from error
    return [service_of(users[place], roles) for place in places]


def service_of(users: dict[str, Json], roles: t.Mapping[str, Role]) -> Service:
    """One service from what the profiles of its users say of it."""
    first, one = next(iter(users.items()))
    for system, other in users.items():
        if other["role"] != one["role"]:
            raise ConflictError(f"{place_of(one)}: {first} wants role {one['role']}, {system} {other['role']}")
    wanted = {system: service.get("variables", {}) for system, service in users.items()}
    role = roles.get(one["role"], Role({}, {}))
    try:
        variables = variables_of(wanted, role)
    except ConflictError as error:
        raise ConflictError(
            f"{place_of(one)} cannot suit all systems: {error}. Make them agree, measure them in separate "
            "runs, or give the service of one of them a name of its own"
        ) from error
    return Service(one["name"], one["role"], one["node"], list(users), variables)


def steps_of(services: list[Service]) -> list[Json]:
    """Deploying as a list of entry points: each service is installed and proven on what it stands on, and is stopped as
    soon as no other needs it, because measuring starts one system at a time."""

    def step(entry_point: str, service: Service) -> Json:
        return {
            "entry_point": entry_point,
            "name": service.name,
            "node": service.node,
            "systems": service.systems,
        }

    steps: list[Json] = []
    running: list[Service] = []
    for number, service in enumerate(services):
        steps.append(step("main", service))
        waiting = {system for other in services[number + 1 :] for system in other.systems}
        running.append(service)
        for done in [one for one in reversed(running) if not waiting & set(one.systems)]:
            steps.append(step("stop", done))
            running.remove(done)
    return steps


def deployment_of(profiles: dict[str, Json], roles: t.Mapping[str, Role]) -> Json:
    """What a plan says of deploying: ``services`` and ``steps``."""
    services = services_of(profiles, roles)
    return {"services": [dataclasses.asdict(service) for service in services], "steps": steps_of(services)}


def hosts_wanted(profiles: t.Mapping[str, Json]) -> dict[str, int]:
    """By its place, on how many hosts of its node each service stands that does not stand on all of them.

    :param profiles: named profiles by their systems.
    """
    found: dict[str, tuple[str, int | None]] = {}
    for label, profile in profiles.items():
        for service in profile["services"]:
            place, hosts = place_of(service), service.get("hosts")
            first, before = found.setdefault(place, (label, hosts))
            if before != hosts:
                raise ConflictError(
                    f"{place}: {first} wants it on {before or 'all'} hosts of the node, {label} on {hosts or 'all'}. "
                    "Measure them in separate runs"
                )
    return {place: hosts for place, (_label, hosts) in found.items() if hosts is not None}


def with_hosts(services: list[Json], profiles: t.Mapping[str, Json]) -> list[Json]:
    """The services of a deployment, with ``hosts`` where they do not stand on all hosts of their node."""
    wanted = hosts_wanted(profiles)
    return [
        {**service, **({"hosts": wanted[place_of(service)]} if place_of(service) in wanted else {})}
        for service in services
    ]


def at_once(steps: list[Json], together: t.Collection[t.Collection[str]]) -> list[Json]:
    """The steps of a deployment, neighbours become one whose services can be brought up at the same time: it has them
    as ``places``.

    :param together: lists of places that can.
    """
    result: list[Json] = []
    for step in steps:
        before = result[-1] if result else {"entry_point": ""}
        places = [*before.get("places", [place_of(before)] if "name" in before else []), place_of(step)]
        known = next((one for one in together if set(places) <= set(one)), None)
        if known and before["entry_point"] == step["entry_point"]:
            systems = list(dict.fromkeys([*before["systems"], *step["systems"]]))
            # in the order of the list, which names their file
            result[-1] = {**before, "systems": systems, "places": [place for place in known if place in places]}
        else:
            result.append(step)
    return result


def deployment_on_groups(profiles: dict[str, Json], roles: t.Mapping[str, Role]) -> Json:
    """What a plan says of deploying on groups of several hosts: ``services``, ``steps`` and ``together``."""
    deployment = deployment_of(profiles, roles)
    together: list[list[str]] = []
    for profile in profiles.values():
        together += [places for places in profile.get("together", []) if places[1:] and places not in together]
    return {
        "services": with_hosts(deployment["services"], profiles),
        "steps": at_once(deployment["steps"], together),
        "together": together,
    }


def secrets_of(variables: Json, options: t.Mapping[str, Option], where: str = "") -> list[str]:
    """The names of variables that hold a secret as it is; a template, such as a lookup, holds none."""
    found = []
    for name, value in variables.items():
        option = options.get(name, {})
        inner = option.get("options", {})
        for number, part in enumerate(value) if isinstance(value, list) else [(None, value)]:
            place = f"{where}{name}" + ("" if number is None else f"[{number}]")
            if isinstance(part, dict) and inner:
                found += secrets_of(part, inner, f"{place}.")
            elif option and holds_secret(name, option) and not is_open(part):
                found.append(place)
    return found


def is_open(value: t.Any) -> bool:
    """Whether a value of a secret says nothing: it is empty, or all of its texts are templates."""
    if isinstance(value, dict | list):
        return all(is_open(part) for part in (value.values() if isinstance(value, dict) else value))
    return not value or "{{" in str(value)


def hosts_of(service: Json) -> str:
    """The expression that gives the hosts of a service of a deployment: those of its node, or the first by name."""
    group = f"groups['{service['node']}']"
    return f"({group} | sort)[:{service['hosts']}]" if "hosts" in service else group


def tasks_of(services: list[Json]) -> str:
    """The file of tasks that runs an entry point of a service of a deployment, or of several of one role, on different
    nodes, at the same time.

    The variables stand at the include, so that they are seen inside the role and nowhere else.
    """
    first, *others = services
    places = [place_of(service) for service in services]
    # sorted, as plan.json has them
    variables = json.loads(json.dumps({service["node"]: service["variables"] for service in services}, sort_keys=True))
    hosts = " or ".join(f"inventory_hostname in {hosts_of(service)}" for service in services)
    if others:
        own: Json = {
            "deployed_node": f"{{{{ group_names | intersect({list(variables)}) | first }}}}",
            "deployed_variables": variables,
            **{name: f"{{{{ deployed_variables[deployed_node].{name} }}}}" for name in sorted(first["variables"])},
        }
    else:
        own = variables[first["node"]]
    task = {
        "name": f"Run the entry point of {first['name']}",
        "ansible.builtin.include_role": {
            "name": f"netfs.bench.{first['role']}",
            "tasks_from": "{{ entry_point }}",
        },
        "when": hosts,
        "vars": own,
    }
    wanting = list(dict.fromkeys(system for service in services for system in service["systems"]))
    standing = " and ".join(f"Service {place}".replace("@", " on node ") for place in places)
    head = (
        f"# {standing}, as {', '.join(wanting)} of this run want{'s' if len(wanting) == 1 else ''} it.\n"
        "# Generated from plan.json: a resumed run deploys the same again.\n"
    )
    return head + str(yaml_dump([task], sort_keys=False, allow_unicode=True, width=110))


def write_services(run: Path, deployment: Json) -> bool:
    """Write a file of tasks for every service into the directory of a run, and one for services that are brought up
    together; return whether that changed anything."""
    services = {place_of(service): service for service in deployment["services"]}
    lists = [[place] for place in services] + [places for places in deployment.get("together", []) if places[1:]]
    texts = {f"{'+'.join(places)}.yml": tasks_of([services[place] for place in places]) for places in lists}
    folder = run / "services"
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yml")}
    for name in present.keys() - texts.keys():
        (folder / name).unlink()
    for name, text in texts.items():
        if present.get(name) != text:
            write_text(folder / name, text)
    return present != texts
