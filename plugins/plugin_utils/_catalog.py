# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run can be planned from: the catalog on disk, and the file systems and the free space of the controller."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import typing as t
from importlib.util import find_spec
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load
from yaml import YAMLError

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._cluster_plan import NETEM, Machine
from ansible_collections.netfs.bench.plugins.plugin_utils._deployment import Role
from ansible_collections.netfs.bench.plugins.plugin_utils._faults import FEATURES
from ansible_collections.netfs.bench.plugins.plugin_utils._plan_request import (
    Catalog,
    PlanError,
)
from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import unknown
from ansible_collections.netfs.bench.plugins.plugin_utils._series import original
from ansible_collections.netfs.bench.plugins.plugin_utils._topology import sentence

IMAGE_BYTES = 3 << 30
"""What a node image and its containers need beside the data."""

ENGINE_DIRECTORY = Path("/var/lib/docker")
"""Where a Docker engine usually keeps what nodes take of the disk."""

MODULES = {"nfs": "nfsv3", "nfs4": "nfsv4", "cifs": "cifs", "nfsd": "nfsd"}
"""The kernel module of every file system that a node may need."""

MODPROBE_SECONDS = 30

REPORT_PACKAGES = ("plotly", "tabulate", "prometheus_client")
"""What is imported when reports are written; looked for, and not imported, when a run is planned."""


def host_filesystems() -> set[str]:
    """File systems that this kernel mounts or serves: the loaded ones, and those it has as modules."""
    loaded = {line.split()[-1] for line in Path("/proc/filesystems").read_text(encoding="utf-8").splitlines()}
    return loaded | {name for name, module in MODULES.items() if name not in loaded and is_available(module)}


def host_features() -> set[str]:
    """What this kernel has of what faults need."""
    return {name for name in FEATURES if is_available(name)}


def is_available(module: str) -> bool:
    """Whether this kernel could load a module."""
    modprobe = shutil.which("modprobe", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if not modprobe:
        return False
    asked = [modprobe, "--dry-run", "--quiet", module]
    try:
        return subprocess.run(asked, capture_output=True, check=False, timeout=MODPROBE_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def read_catalog(directory: Path) -> Catalog:
    """Profiles, workloads and efforts of a catalog directory, with the jobs that go with the workloads, and the roles
    beside it."""

    def texts(folder: str, suffix: str) -> dict[str, str]:
        return {path.stem: path.read_text(encoding="utf-8") for path in sorted((directory / folder).glob(f"*{suffix}"))}

    roles = sorted(directory.resolve().parent.glob("roles/*/meta/argument_specs.yml"))
    return Catalog(
        profiles={name: yaml_load(text) for name, text in texts("systems", ".yml").items()},
        workloads=texts("workloads", ".fio"),
        layouts=texts("workloads/layouts", ".fio"),
        efforts=yaml_load((directory / "efforts.yml").read_text(encoding="utf-8")),
        checks=texts("workloads/checks", ".fio"),
        ceilings=texts("workloads/ceilings", ".fio"),
        roles={path.parent.parent.name: read_role(path.parent.parent) for path in roles},
        clusters={name: yaml_load(text) for name, text in texts("clusters", ".yml").items()},
        lags={name: yaml_load(text) for name, text in texts("workloads", ".yml").items()},
        topologies=tuple(texts("topologies", ".yml")),
        suites={name: yaml_load(text) for name, text in texts("suites", ".yml").items()},
        faults={name: yaml_load(text) for name, text in texts("faults", ".yml").items()},
    )


def read_role(directory: Path) -> Role:
    """The variables of a role, as its defaults and its argument specification have them, and its table of ports."""
    defaults = directory / "defaults/main.yml"
    ports = directory / "meta/ports.yml"
    described = yaml_load((directory / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    return Role(
        yaml_load(defaults.read_text(encoding="utf-8")) if defaults.exists() else {},
        described.get("main", {}).get("options", {}),
        tuple(yaml_load(ports.read_text(encoding="utf-8"))) if ports.exists() else (),
    )


def path_of(kind: str, name: str, directory: Path) -> Path:
    """The file of a topology or a cluster: one of a directory by its name, any other by its path; an error when it is
    neither."""
    if "/" in name or Path(name).suffix in (".yml", ".yaml"):
        return Path(name)
    known = {path.stem: path for path in sorted(directory.glob("*.yml"))}
    if name not in known:
        raise PlanError(f"{sentence(unknown(kind, name, known))} A file of your own is named by its path, NAME.yml.")
    return known[name]


def source_of(name: str, path: Path) -> str:
    """What names a file from every directory: its name in the catalog, or the whole path of one of a user's own."""
    return name if name == path.stem else str(path.resolve())


def read_file(kind: str, path: Path) -> t.Any:
    """What stands in a file, or an error that says why it cannot be read."""
    try:
        return yaml_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanError(f"The {kind} {path} cannot be read") from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise PlanError(f"The {kind} {path} is no YAML") from error


def this_machine() -> Machine:
    """What this machine has for containers."""
    features = host_filesystems() | ({NETEM} if is_available("sch_netem") else set())
    return Machine(
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        free_disk=shutil.disk_usage(ENGINE_DIRECTORY if ENGINE_DIRECTORY.is_dir() else "/").free,
        cpus=os.cpu_count() or 1,
        features=frozenset(features),
        image=IMAGE_BYTES,
        free_watchers=free_watchers(),
    )


def free_watchers(proc: Path = Path("/proc")) -> int | None:
    """How many inotify instances root may still have, as far as can be seen; None where there is no such limit."""
    try:
        allowed = int((proc / "sys/fs/inotify/max_user_instances").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    taken = 0
    for process in proc.glob("[0-9]*"):
        # a process that ends meanwhile, or whose files only others may see
        with contextlib.suppress(OSError):
            if process.stat().st_uid == 0:
                taken += sum(str(file.readlink()) == "anon_inode:inotify" for file in (process / "fd").iterdir())
    return max(0, allowed - taken)


def refuse_missing_packages() -> None:
    """Raise a PlanError when the report of a run could not be written at its end."""
    missing = [name for name in REPORT_PACKAGES if find_spec(name) is None]
    if missing:
        raise PlanError(
            f"The Python of this controller lacks what the report of a run needs: {', '.join(missing)}. Install what "
            "requirements.txt lists."
        )


def refuse_small_disk(plan: Json, directory: str) -> None:
    """Raise a PlanError when nodes and data set cannot fit on the disk of a directory."""
    sets = len({original(name) for name in plan["systems"]}) + bool(plan["ceilings"])
    needed = plan["dataset_bytes"] * sets + IMAGE_BYTES
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise PlanError(
            f"The disk is too small: nodes and data set need {needed >> 20} MiB, and {free >> 20} MiB are free on the "
            f"disk of {directory}. Free some, or make the data set smaller with -e effort=smoke or -e SIZE=16m."
        )
