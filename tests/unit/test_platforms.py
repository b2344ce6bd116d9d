# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles take each distribution for. On some nothing is tested; there the names at least are what was meant."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from rendering import ROLES, rendered, trusted

DEBIAN = {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "13"}
BOOKWORM = {**DEBIAN, "distribution_major_version": "12"}
UBUNTU = {"os_family": "Debian", "distribution": "Ubuntu", "distribution_major_version": "24"}
ROCKY = {"os_family": "RedHat", "distribution": "Rocky", "distribution_major_version": "9"}


def of(role: str, template: str, facts: dict[str, str]) -> Any:
    said = rendered(template, "service", role, service_spec=trusted(specification(role)), ansible_facts=facts)
    return said.strip() if isinstance(said, str) else said


def specification(role: str) -> dict[str, Any]:
    """Return what matters here of a role's specification."""
    known = yaml.safe_load((ROLES / role / "vars/main.yml").read_text(encoding="utf-8"))[f"__{role}_service"]
    return {key: known[key] for key in ("packages", "tools", "masks", "families", "untested") if key in known}


@pytest.mark.parametrize(
    "role, facts, packages, masks",
    [
        ("samba", DEBIAN, ["samba", "samba-vfs-modules", "smbclient"], ["smbd.service", "nmbd.service"]),
        ("samba", UBUNTU, ["samba", "samba-vfs-modules", "smbclient"], ["smbd.service", "nmbd.service"]),
        ("samba", ROCKY, ["samba", "samba-client"], ["smb.service", "nmb.service"]),
        ("kernel_nfs", BOOKWORM, ["nfs-kernel-server", "rpcbind", "nfs-common", "netbase", "libnfs-utils"], []),
        ("kernel_nfs", ROCKY, ["nfs-utils", "rpcbind", "libnfs-utils"], []),
    ],
)
def test_names_are_those_of_the_family(role: str, facts: dict[str, str], packages: list[str], masks: list[str]) -> None:
    assert of(role, "{{ __service_packages }}", facts) == packages
    assert of(role, "{{ __service_masks }}", facts) == masks


@pytest.mark.parametrize(
    "role, distribution, versions",
    [
        ("samba", "Ubuntu", ["22", "24"]),
        ("samba", "Rocky", ["9"]),
        ("ganesha", "Ubuntu", ["22", "24"]),
        ("ganesha", "Rocky", []),
        ("kernel_nfs", "Fedora", []),
    ],
)
def test_only_what_is_known_is_let_through(role: str, distribution: str, versions: list[str]) -> None:
    assert of(role, "{{ __service_untested['" + distribution + "'] | default([]) }}", DEBIAN) == versions


@pytest.mark.parametrize("facts, version", [(DEBIAN, "17"), (BOOKWORM, "15"), (UBUNTU, "16"), ({}, "17")])
def test_postgresql_is_the_one_of_the_release(facts: dict[str, str], version: str) -> None:
    assert of("postgresql", "{{ __postgresql_version }}", facts) == version


@pytest.mark.parametrize("facts, strict", [(DEBIAN, True), (BOOKWORM, False), (UBUNTU, False)])
def test_an_old_ganesha_is_not_asked_for_what_it_lacks(facts: dict[str, str], strict: bool) -> None:
    assert of("ganesha", "{{ __ganesha_strict }}", facts) is strict


@pytest.mark.parametrize("facts, versions", [(DEBIAN, ["3", "4"]), (BOOKWORM, ["3"])])
def test_the_probe_of_kernel_nfs_writes_where_its_client_can(facts: dict[str, str], versions: list[str]) -> None:
    assert sorted(of("kernel_nfs", "{{ __kernel_nfs_written_versions }}", facts)) == versions
