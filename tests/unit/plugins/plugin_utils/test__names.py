# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.netfs.bench.plugins.plugin_utils._names import names_at_sites

NODES = {"one-a": {"a": "192.0.2.1"}, "one-b": {"b": "192.0.2.2"}, "between": {"a": "192.0.2.8", "b": "192.0.2.9"}}


def test_a_node_knows_all_others_and_who_shares_a_site_by_the_address_there():
    assert names_at_sites(NODES) == {
        "one-a": {"one-a": "192.0.2.1", "one-b": "192.0.2.2", "between": "192.0.2.8"},
        "one-b": {"one-a": "192.0.2.1", "one-b": "192.0.2.2", "between": "192.0.2.9"},
        "between": {"one-a": "192.0.2.1", "one-b": "192.0.2.2", "between": "192.0.2.8"},
    }


def test_what_a_node_is_called_may_differ_from_its_name():
    assert names_at_sites(NODES, {"one-a": "host-a"})["between"].keys() == {"host-a", "one-b", "between"}
