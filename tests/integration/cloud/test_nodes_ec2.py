# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role nodes_ec2 from an empty account to an empty account, and the inventory that finds what it made."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from running import call

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
GROUPS = [
    {"role": "server", "types": ["i4i.2xlarge"], "market": "on-demand"},
    {"role": "client", "types": ["c7a.xlarge"], "market": "on-demand"},
]


@pytest.fixture
def command(tmp_path: Path):
    """Return the words of ansible-playbook that call an entry point of the role, and then do ``after``."""
    variables = {
        "nodes_ec2_groups": GROUPS,
        "nodes_ec2_zones": ["us-west-2a"],
        "nodes_ec2_reach": False,
        "nodes_ec2_ssh_from": ["192.0.2.7/32"],
    }

    def words(entry: str, after: list[dict] | None = None, **given: object) -> list[str]:
        task = {
            "name": "Call the role",
            "ansible.builtin.include_role": {"name": "netfs.bench.nodes_ec2", "tasks_from": entry},
        }
        book = tmp_path / "book.yml"
        book.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task, *(after or [])]}]))
        extra = json.dumps({**variables, **given})
        return [str(BIN / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(book), "-e", extra]

    return words


@pytest.fixture
def role(command, settings, ec2):
    """Run an entry point of the role in a play of its own and return (exit code, number of changes, output)."""
    assert ec2

    def run(entry: str, *words: str, **given: object) -> tuple[int, int, str]:
        done = subprocess.run(
            [*command(entry, **given), *words], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        changes = re.search(r"changed=(\d+)", said)
        return done.returncode, int(changes[1]) if changes else -1, said

    return run


def inventory(settings: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "ansible-inventory", "-i", "inventories/ec2", "--list"],
        cwd=ROOT,
        env={**settings, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_from_an_empty_account_to_an_empty_account(role, ec2, live, settings):
    code, _changes, said = role("main")
    assert code == 0, said
    first = live()
    assert sorted(first) == ["client-1", "server-1"]
    assert first["client-1"]["IamInstanceProfile"]["Arn"].endswith("netfs-bench-mine")
    rules = [
        (rule["FromPort"], entry.get("CidrIp") or entry["GroupId"])
        for group in ec2.describe_security_groups(Filters=[{"Name": "tag:cluster", "Values": ["mine"]}])[
            "SecurityGroups"
        ]
        for rule in group["IpPermissions"]
        for entry in [*rule["IpRanges"], *rule["UserIdGroupPairs"]]
    ]
    assert (22, "192.0.2.7/32") in rules
    assert all(not source.endswith("/0") for _port, source in rules)
    user_data = ec2.describe_instance_attribute(InstanceId=first["client-1"]["InstanceId"], Attribute="userData")
    assert user_data["UserData"]["Value"]

    seen = inventory(settings)
    assert seen.returncode == 0, seen.stderr
    found = json.loads(seen.stdout)
    assert {name: found[name]["hosts"] for name in ("server", "client")} == {
        "server": ["server-1"],
        "client": ["client-1"],
    }
    assert sorted(found["netfs_nodes"]["children"]) == ["client", "server"]
    private = first["server-1"]["PrivateIpAddress"]
    assert found["_meta"]["hostvars"]["server-1"]["service_address"] == {"__ansible_unsafe": private}

    # all stays as it was but the one that ended, which comes back
    ec2.terminate_instances(InstanceIds=[first["client-1"]["InstanceId"]])
    code, changes, said = role("main")
    assert (code, changes) == (0, 1), said
    second = live()
    assert second["client-1"]["tags"]["generation"] == "2"
    assert second["server-1"]["InstanceId"] == first["server-1"]["InstanceId"]

    code, _changes, said = role("absent")
    assert code == 0, said
    assert live() == {}
    ours = {"Filters": [{"Name": "tag:project", "Values": ["netfs-bench"]}]}
    assert ec2.describe_vpcs(**ours)["Vpcs"] == []
    assert ec2.describe_subnets(**ours)["Subnets"] == []
    assert ec2.describe_security_groups(**ours)["SecurityGroups"] == []
    assert ec2.describe_route_tables(**ours)["RouteTables"] == []
    assert ec2.describe_internet_gateways(**ours)["InternetGateways"] == []
    assert ec2.describe_volumes(**ours)["Volumes"] == []
    assert ec2.describe_key_pairs()["KeyPairs"] == []
    iam = boto3.client("iam", region_name=ec2.meta.region_name, endpoint_url=ec2.meta.endpoint_url)
    assert iam.list_roles()["Roles"] == iam.list_instance_profiles()["InstanceProfiles"] == []


def test_check_mode_says_dollars_and_what_would_be_made(role, ec2, live):
    code, changes, said = role("main", "--check", "-v")
    assert code == 0, said
    assert changes
    assert "server-1, client-1" in said
    assert "dollars in 4 hours (cap 20.00)" in said
    assert "not verified on AWS" in said
    assert live() == {}
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1, "the one that every account has"


def test_a_plan_refuses_what_is_over_the_cap(settings, ec2, live, tmp_path):
    words = [BIN / "ansible-playbook", "-i", "inventories/ec2", "playbooks/plan.yml", "-e", "system=ganesha"]
    words += ["-e", f"results={tmp_path}", "-e", '{"nodes_ec2_zones": ["us-west-2a"], "nodes_ec2_market": "on-demand"}']
    settings["ANSIBLE_STDOUT_CALLBACK"] = "netfs.bench.progress"
    done = subprocess.run(
        [*words, "-e", "max_cost=1"], cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the cap is 1.00. None was made" in " ".join(done.stdout.split())
    assert live() == {}
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_an_inventory_that_cannot_be_read_is_an_error(settings):
    dead = inventory(settings, AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1")
    assert dead.returncode, dead.stdout


def test_nodes_end_with_a_run_that_is_killed(command, settings, given, live):
    """The watch is started by a real run of Ansible, which is then killed as nothing can prepare for."""
    call("cloud_spot_group", **given)
    assert len(live()) == 3
    wait = {"name": "Work", "ansible.builtin.pause": {"minutes": 10}}
    with subprocess.Popen(command("watch", [wait]), cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as run:
        state = Path(settings["XDG_STATE_HOME"]) / "netfs.bench/ec2-mine/guard/state.json"
        until = time.monotonic() + 120
        while not state.exists() and time.monotonic() < until:
            time.sleep(0.2)
        assert state.exists(), "the watch never looked"
        assert len(live()) == 3, "while the run goes on its nodes stay"
        run.send_signal(signal.SIGKILL)
        while live() and time.monotonic() < until:
            time.sleep(0.5)
    assert live() == {}
