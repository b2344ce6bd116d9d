# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ceph.conf: what is written and what is refused. Ceph itself is asked in tests/testinfra/test_ceph.py."""

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._ceph_conf import to_ceph_conf
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@pytest.mark.parametrize(
    "value, written",
    [
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (1.5, "1.5"),
        ("/var/$cluster-$id", "/var/$cluster-$id"),
        ("a b", "a b"),
    ],
)
def test_values(value: object, written: str) -> None:
    assert to_ceph_conf({"global": {"key": value}}) == f"\n[global]\nkey = {written}"


def test_sections_and_names() -> None:
    said = to_ceph_conf({"global": {"osd pool-default size": 3}, "client.a-b": {"x": 1}})
    assert said == "\n[global]\nosd_pool_default_size = 3\n\n[client.a-b]\nx = 1"


@pytest.mark.parametrize(
    "settings, reason",
    [
        ({"global": {"key": ""}}, "no empty values"),
        ({"global": {"key": " a"}}, "no blanks at the ends"),
        ({"global": {"key": "a # b"}}, "reads as something else"),
        ({"global": {"key": "a;b"}}, "reads as something else"),
        ({"global": {"key": 'a"b'}}, "reads as something else"),
        ({"global": {"key": "a\\"}}, "reads as something else"),
        ({"global": {"key": "a\nb"}}, "control character"),
        ({"global": {"key": [1]}}, "not a list"),
        ({"global": {"Key=": 1}}, "only lower-case letters"),
        ({"global": {"a b": 1, "a_b": 2}}, "stands there twice"),
        ({"globl": {}}, "a section is global"),
        ({"osd]": {}}, "a section is global"),
        ({"global": "x"}, "not a string"),
    ],
)
def test_what_it_cannot_hold_is_refused(settings: object, reason: str) -> None:
    with pytest.raises(RefusedValueError, match=reason):
        to_ceph_conf(settings, "ceph_settings")
