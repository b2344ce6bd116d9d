# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles of stores make of their variables: URLs, lists, units, and sentences for what they do not take."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from hypothesis import given
from hypothesis import strategies as st
from nasty import TEXTS, THOROUGH
from rendering import rendered

ROLES = Path(__file__).resolve().parents[2] / "roles"
FACTS = {"distribution": "Debian", "distribution_major_version": "13", "architecture": "x86_64"}
PATH = "/srv/my files/100%é;#'"
IN_UNIT = '"/srv/my files/100%%é;#\'"'


def unit(role: str, template: str, **variables: Any) -> list[str]:
    text = (ROLES / role / "templates" / template).read_text(encoding="utf-8")
    known = {"ansible_managed": "", "ansible_facts": FACTS, "inventory_hostname": "node"}
    return str(rendered(text, role, **known, **variables)).splitlines()


@THOROUGH
@given(st.text("aZ0+%\"'$ =;#", min_size=1), TEXTS.filter(lambda text: "\n" not in text and "\r" not in text))
def test_keys_of_rclone_are_one_field_of_a_list(access: str, secret: str) -> None:
    keys = {"__object_store_access_key": access, "__object_store_secret_key": secret}
    pair = rendered("{{ __object_store_pair }}", "object_store", **keys)
    assert next(csv.reader([pair])) == [f"{access},{secret}"]


@pytest.mark.parametrize(
    "role, template, variables, lines",
    [
        ("object_store", "netfs-object-store.service.j2", {"object_store_directory": PATH},
         [f"    posix {IN_UNIT}", "WorkingDirectory=" + PATH.replace("%", "%%"), f"ReadWritePaths={IN_UNIT}"]),
        ("rclone", "netfs-rclone.service.j2", {"rclone_remote": {"type": "local"}, "rclone_path": PATH},
         [f"ReadWritePaths=/var/cache/netfs-rclone /var/lib/netfs-rclone {IN_UNIT}"]),
        ("juicefs", "netfs-juicefs.service.j2", {"juicefs_directory": PATH},
         [f"ExecStopPost=-/bin/umount -l {IN_UNIT}"]),
        ("dittofs", "dittofs.service.j2", {"dittofs_directory": PATH, "__dittofs_memory_mb": 1024},
         [f"ReadWritePaths={IN_UNIT}"]),
        ("postgresql", "hardening.conf.j2", {"postgresql_directory": PATH.replace("'", "")},
         [f"ReadWritePaths=-/var/lib/postgresql -/var/log/postgresql -/run/postgresql {IN_UNIT}".replace("'", "")]),
    ],
)  # fmt: skip
def test_a_path_reaches_its_unit_whole(role: str, template: str, variables: dict[str, Any], lines: list[str]) -> None:
    assert set(lines) - set(unit(role, template, **variables)) == set()


@pytest.mark.parametrize("address, shown", [("198.18.0.2", "198.18.0.2"), ("fd00::2", "[fd00::2]"), ("::", "[::]")])
def test_addresses_of_ipv6_have_brackets(address: str, shown: str) -> None:
    url = "{{ __object_store_service.endpoint.details.url }}"
    assert rendered(url, "object_store", service_address=address, inventory_hostname="node") == f"http://{shown}:9000"
    served = rendered("{{ __object_store_address }}", "object_store", object_store_listen=address)
    assert served == f"{shown}:9000"
    asked = rendered("{{ __dittofs_api }}", "dittofs", dittofs_api_listen=address)
    assert asked == f"http://{shown.replace('[::]', '[::1]')}:8080"


def conditions(role: str, file: str) -> list[str]:
    """Return what a role asserts before it changes anything."""
    tasks = yaml.safe_load((ROLES / role / "tasks" / file).read_text(encoding="utf-8"))
    asserted = [task["ansible.builtin.assert"]["that"] for task in tasks if "ansible.builtin.assert" in task]
    found = [that for that in asserted if "netfs.bench" in str(that)]
    return [text for that in found for text in ([that] if isinstance(that, str) else that)]


USUAL: dict[str, dict[str, Any]] = {
    "postgresql": {"postgresql_databases": [{"name": "wiki", "owner": "wiki"}], "postgresql_password": ""},
    "object_store": {"object_store_access_key": "", "object_store_secret_key": "", "object_store_secrets": "/nowhere"},
    "rclone": {"rclone_remote": {"type": "local"}, "rclone_remote_secrets": {}, "rclone_path": PATH},
    "juicefs": {"juicefs_access_key": "", "juicefs_secret_key": "", "juicefs_meta_password": ""},
    "dittofs": {"dittofs_secret": "", "dittofs_admin_password": ""},
}
CHECKED = {"postgresql": "check.yml", "object_store": "check.yml", "rclone": "main.yml", "juicefs": "main.yml"}


def refused(role: str, **variables: Any) -> str:
    """Return the sentence with which a role refuses variables; nothing when it takes them."""
    known = {"ansible_facts": FACTS, "inventory_hostname": "node", **USUAL[role], **variables}
    for condition in conditions(role, CHECKED.get(role, "check.yml")):
        try:
            held = rendered(f"{{{{ {condition} }}}}", role, **known)
        except AnsibleError as error:
            return str(error)
        assert held is True, condition
    return ""


@pytest.mark.parametrize("role", USUAL)
def test_what_is_usual_is_taken(role: str) -> None:
    assert conditions(role, CHECKED.get(role, "check.yml"))
    assert refused(role) == ""


@pytest.mark.parametrize(
    "name, smb",
    [("/my files 100%\u00e9'", True), ("1", True), ("/Media", False), ("/" + "a" * 26, True)],
    ids=["marks", "number", "capital", "longest"],
)
def test_names_of_shares_that_dittofs_serves(name: str, smb: bool) -> None:
    assert refused("dittofs", dittofs_shares=[{"name": name}], dittofs_smb=smb) == ""


@pytest.mark.parametrize(
    "role, variables",
    [
        ("postgresql", {"postgresql_clients": ["192.0.2.0/33"]}),
        ("postgresql", {"postgresql_databases": [{"name": 'a"b', "owner": "c"}]}),
        ("postgresql", {"postgresql_databases": [{"name": "b", "owner": "postgres"}]}),
        ("postgresql", {"postgresql_settings": {"include_dir": "/etc"}}),
        ("postgresql", {"postgresql_settings": {"Port": 5433}}),
        ("postgresql", {"postgresql_listen": ["127.0.0.1, 192.0.2.7"]}),
        ("postgresql", {"postgresql_directory": "/srv/it's"}),
        ("postgresql", {"postgresql_password": "hidden "}),
        ("object_store", {"object_store_buckets": ["good", "../etc"]}),
        ("object_store", {"object_store_buckets": ["a" * 64]}),
        ("object_store", {"object_store_directory": "/srv/$HOME"}),
        ("object_store", {"object_store_listen": "a b"}),
        ("object_store", {"object_store_secret_key": "hidden\nword"}),
        ("rclone", {"rclone_path": "srv/relative"}),
        ("rclone", {"rclone_path": "/"}),
        ("rclone", {"rclone_remote": {"type": "local", "a b": "c"}}),
        ("rclone", {"rclone_remote_secrets": {"pass": "hidden\nword"}}),
        ("rclone", {"rclone_options": {"--links": True}}),
        ("juicefs", {"juicefs_name": "Media"}),
        ("juicefs", {"juicefs_name": "a" * 64}),
        ("juicefs", {"juicefs_directory": "/srv/a,b"}),
        ("juicefs", {"juicefs_cache_directory": "/var/cache/*"}),
        ("juicefs", {"juicefs_bucket": "/"}),
        ("juicefs", {"juicefs_options": {"o p": 1}}),
        ("juicefs", {"juicefs_meta_password": "hidden\nword"}),
        ("dittofs", {"dittofs_name": "root"}),
        ("dittofs", {"dittofs_name": "../x"}),
        ("dittofs", {"dittofs_name": "a" * 33}),
        ("dittofs", {"dittofs_directory": "/"}),
        ("dittofs", {"dittofs_shares": [{"name": "/a/b"}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/100%25"}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/a\\b"}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/a\nb"}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/" + "a" * 27}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/" + "\u00e9" * 14}]}),
        ("dittofs", {"dittofs_shares": [{"name": "/\u00c9t\u00e9"}], "dittofs_smb": True}),
        ("dittofs", {"dittofs_users": [{"name": "john doe"}]}),
        ("dittofs", {"dittofs_users": [{"name": "john", "password": "hidden\nword"}]}),
        ("dittofs", {"dittofs_admin_password": "hidden "}),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(role: str, variables: dict[str, Any]) -> None:
    said = refused(role, **variables)
    assert f"{next(iter(variables))}" in said
    assert " cannot be used: " in said
    assert "hidden" not in said
