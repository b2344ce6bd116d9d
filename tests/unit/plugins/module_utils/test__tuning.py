# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a setting of the kernel, and what its files hold."""

from __future__ import annotations

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _tuning as module
from ansible_collections.netfs.bench.plugins.module_utils._tuning import Plan, Setting

KEY = "vm.swappiness"
SIXTY = Setting("60", writable=True)
SESSION = """\
Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max core file size        0                    unlimited            bytes
Max processes             95                   95                   processes
Max open files            1048576              1048576              files
Max locked memory         unlimited            unlimited            bytes
"""


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("vm.swappiness", "/proc/sys/vm/swappiness"),
        ("net.ipv4.conf.eth0/1.rp_filter", "/proc/sys/net/ipv4/conf/eth0.1/rp_filter"),
        ("net/ipv4/conf/eth0.1/rp_filter", "/proc/sys/net/ipv4/conf/eth0.1/rp_filter"),
    ],
)
def test_path_of_a_setting(key: str, path: str) -> None:
    assert module.path_of(key) == path


@pytest.mark.parametrize("key", ["", "vm", "vm.", ".vm", "vm. swappiness", "vm/../../etc/passwd", "net..core", "vm.*"])
def test_what_is_no_name_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is no name of a kernel setting"):
        module.path_of(key)


@pytest.mark.parametrize(
    ("found", "ours", "plan"),
    [
        (SIXTY, True, Plan({KEY: "10"}, {KEY: "60"}, {KEY: "applied"}, [])),
        (Setting("10", writable=True), True, Plan({}, {}, {KEY: "applied"}, [])),
        (Setting("10", writable=False), False, Plan({}, {}, {KEY: "applied"}, [])),
        (Setting("60", writable=False), False, Plan({}, {}, {KEY: "shared"}, [])),
        (Setting(None, writable=False), False, Plan({}, {}, {KEY: "shared"}, [])),
    ],
)
def test_one_setting(found: Setting, ours: bool, plan: Plan) -> None:
    assert module.planned({KEY: "10"}, [], {KEY: found}, {}, ours=ours) == plan


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Setting(None, writable=False), "This kernel has no setting vm.swappiness: correct its name"),
        (Setting("60", writable=False), "vm.swappiness is 60, and this kernel lets nobody change it"),
    ],
)
def test_faults(found: Setting, said: str) -> None:
    (fault,) = module.planned({KEY: "10"}, [], {KEY: found}, {}, ours=True).faults
    assert fault.startswith(said)


def test_a_setting_that_a_kernel_need_not_have_may_be_missing() -> None:
    plan = module.planned({KEY: "10"}, [KEY], {KEY: Setting(None, writable=False)}, {}, ours=True)
    assert plan == Plan({}, {}, {KEY: "missing"}, [])


def test_the_first_value_is_remembered_and_comes_back() -> None:
    later = {KEY: Setting("10", writable=True)}
    assert module.planned({KEY: "20"}, [], later, {KEY: "60"}, ours=True).remember == {KEY: "60"}
    assert module.planned({}, [], later, {KEY: "60"}, ours=True) == Plan({KEY: "60"}, {}, {}, [])
    assert module.planned({}, [], {KEY: SIXTY}, {KEY: "60"}, ours=True) == Plan({}, {}, {}, [])
    gone = {KEY: Setting(None, writable=False)}
    assert module.planned({}, [], gone, {KEY: "60"}, ours=False) == Plan({}, {}, {}, [])


def test_file_of_settings() -> None:
    assert module.settings_file({"b.c": "1 2", "a.b": "0"}, ["a.b"], "ours") == "# ours\n-a.b = 0\nb.c = 1 2\n"
    assert module.settings_file({}, [], "ours") == ""


def test_values_are_compared_as_the_kernel_shows_them() -> None:
    assert module.normal("4096\t131072\t6291456\n") == "4096 131072 6291456"
    assert module.normal(10) == "10"


# Limits


@pytest.mark.parametrize(("name", "value"), [("nofiles", 1), ("nofile", "many"), ("nofile", -1), ("nofile", "")])
def test_what_is_no_limit_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        module.limit_of(name, value)


@pytest.mark.parametrize(
    ("name", "limit", "number"), [("nofile", "10", 10), ("memlock", "64", 65536), ("memlock", "unlimited", -1)]
)
def test_numbers_of_the_kernel(name: str, limit: str, number: int) -> None:
    assert module.number_of(name, limit) == number


def test_file_of_limits() -> None:
    limits = {"nofile": "10", "memlock": "unlimited"}
    lines = ["# ours", "* - memlock unlimited", "root - memlock unlimited", "* - nofile 10", "root - nofile 10"]
    assert module.limits_file(limits, "ours").splitlines() == lines
    assert module.limits_file({}, "ours") == ""


@pytest.mark.parametrize(
    ("limits", "differing"),
    [
        ({"nofile": "1048576", "memlock": "unlimited"}, []),
        ({"nofile": "20000"}, ["nofile is 1048576 and 1048576, and not 20000"]),
        ({"stack": "8192"}, ["stack is 8388608 and -1, and not 8388608"]),
    ],
)
def test_limits_of_a_session(limits: dict[str, str], differing: list[str]) -> None:
    assert module.limits_that_differ(limits, SESSION) == differing


def test_limits_that_are_not_told_differ() -> None:
    assert module.limits_that_differ({"nproc": "1"}, "") == ["nproc is unknown, and not 1"]
