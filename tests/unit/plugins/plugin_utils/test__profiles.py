# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ansible_collections.netfs.bench.plugins.plugin_utils._profiles import faults_of

PROTOCOLS = ["nfs3", "nfs4.2", "smb3"]
PROFILE = {
    "description": "A server.",
    "services": [{"role": "sample", "node": "server", "variables": {"sample_port": 1}}],
    "protocols": ["nfs3", "nfs4.2"],
    "durability": "volatile",
}
SERVICE = PROFILE["services"][0]


CHANGES = [{}, {"measured": ["nfs3"]}, {"passes": ["warm"]}, {"requires": {"client": ["nfs"]}}]
CHANGES.append({"suites": {"share": "suites", "variables": {"sample_shares": []}}})


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_profile_can_say(change):
    assert faults_of({**PROFILE, **change}, PROTOCOLS, {"server", "client"}) == []


def test_a_node_of_its_own_is_no_fault():
    profile = {**PROFILE, "services": [{**SERVICE, "node": "database"}]}
    assert faults_of(profile, PROTOCOLS, {"server", "client"}) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"protocol": ["nfs3"]}, "unknown key of the profile 'protocol'. Did you mean 'protocols'?"),
        ({"protocols": "nfs3"}, "'protocols' of the profile is not a list"),
        ({"protocols": []}, "'protocols' of the profile is empty"),
        ({"protocols": ["nfs4.3"]}, "unknown name in 'protocols' 'nfs4.3'. Did you mean 'nfs4.2'?"),
        ({"measured": ["smb3"]}, "unknown name in 'measured' 'smb3'. Known: nfs3, nfs4.2"),
        ({"passes": ["luke"]}, "unknown name in 'passes' 'luke'. Known: warm, cold"),
        ({"durability": "memory"}, "unknown durability 'memory'. Known: volatile, local-durable, remote-durable"),
        ({"services": []}, "'services' of the profile is empty"),
        ({"services": ["sample"]}, "service 1 is not a dictionary"),
        ({"services": [{"role": "sample"}]}, "service 1 has no key 'node'"),
        ({"services": [{**SERVICE, "vars": {}}]}, "unknown key of service 1 'vars'. Did you mean 'variables'?"),
        ({"services": [{**SERVICE, "node": "sever"}]}, "unknown node 'sever'. Did you mean 'server'?"),
        ({"services": [{**SERVICE, "node": "My node"}]}, "'My node' cannot be the name of a node"),
        ({"suites": {"shares": "x"}}, "unknown key of 'suites' of the profile 'shares'. Did you mean 'share'?"),
        ({"suites": {"shars": "a", "share": "a", "variables": {}}}, "unknown key of 'suites' of the profile 'shars'"),
        ({"requires": {"clinet": ["nfs"]}}, "unknown node 'clinet'. Did you mean 'client'?"),
    ],
)
def test_what_it_cannot_say(change, fault):
    (found,) = faults_of({**PROFILE, **change}, PROTOCOLS, {"server", "client"})
    assert found.startswith(fault)


@pytest.mark.parametrize("key", PROFILE)
def test_what_it_has_to_say(key):
    profile = {name: value for name, value in PROFILE.items() if name != key}
    assert faults_of(profile, PROTOCOLS, set()) == [f"the profile has no key '{key}'"]


def test_a_profile_that_is_empty_is_told():
    assert faults_of(None, PROTOCOLS, set()) == ["the profile is not a dictionary"]


def test_the_profiles_of_the_catalog_have_no_fault():
    names = ["nfs3", "nfs4.0", "nfs4.1", "nfs4.2", "smb3"]
    for path in Path(__file__).parents[4].glob("playbooks/systems/*.yml"):
        assert faults_of(yaml.safe_load(path.read_text(encoding="utf-8")), names, {"server", "client"}) == []
