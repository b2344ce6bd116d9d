# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster in use: run again, asked, its logs fetched, and nodes that come and go.

The tests build on each other in the order in which they stand.
"""

from __future__ import annotations

import json
import re
import time

from two_sites import CLUSTER, MOUNT, STATE, destroy, status, up


def test_the_cluster_comes_up():
    code, output = up()
    assert code == 0, output


def test_a_second_run_changes_nothing(record_property):
    began = time.monotonic()
    code, output = up()
    record_property("seconds of a second run", time.monotonic() - began)
    assert code == 0, output
    assert re.findall(r"^ *changed .*", output, re.MULTILINE) == []


def test_every_client_reads_what_every_other_one_wrote():
    code, output = CLUSTER.play("playbooks/cluster_validate.yml")
    assert code == 0, output


def test_logs_are_fetched_without_secrets(tmp_path):
    code, output = CLUSTER.play("playbooks/cluster_logs.yml", "node=storage-a-1", f"results={tmp_path}")
    assert code == 0, output
    (folder,) = (tmp_path / "cluster-logs").iterdir()
    assert folder.name == "storage-a-1"
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert "ceph-mon" in texts["ceph.log"]
    secret = CLUSTER.on("storage-a-1", "sed", "-n", "s/.*key = //p", "/etc/ceph/ceph.client.admin.keyring")[0]
    assert len(secret) > 20
    assert [name for name, text in texts.items() if secret in text] == []


def test_a_node_is_added_and_removed_while_data_is_kept_and_clients_stay_mounted(record_property):
    CLUSTER.on("fuse-client", "dd", "if=/dev/urandom", f"of={MOUNT}/kept", "bs=1M", "count=64", "conv=fsync")

    def kept():
        """The mount, which a new one at the same place would not be, and what is there."""
        return CLUSTER.on("fuse-client", "sh", "-c", f"findmnt -no ID {MOUNT} && sha256sum {MOUNT}/kept")

    before = kept()
    for playbook, variable, hosts in (("add", "group=storage_a", 4), ("remove", "node=storage-a-4", 3)):
        began = time.monotonic()
        code, output = CLUSTER.play(f"playbooks/cluster_{playbook}.yml", variable)
        record_property(f"seconds to {playbook} a node", time.monotonic() - began)
        assert code == 0, output
        assert kept() == before
        code, output = status()
        assert code == 0, output
        plan = json.loads((STATE / "cluster/plan.json").read_text(encoding="utf-8"))
        assert len(plan["groups"]["storage_a"]) == hosts
    assert len(CLUSTER.ours("container")) == 10


def test_the_nodes_go_with_all_that_belongs_to_them():
    code, output = destroy()
    assert code == 0, output
    assert CLUSTER.left() == []
