# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dfsctl modules: what they have in common, and what they do with answers that no real server gives on demand."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.netfs.bench.plugins.doc_fragments.dfsctl import ModuleDocFragment
from ansible_collections.netfs.bench.plugins.module_utils import _dfsctl

ROOT = Path(__file__).parents[4]
NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("dfsctl*.py"))
LOGIN = {"access_token": "token", "user": {"must_change_password": False}}
PORTS = [{"type": "nfs"}]
HEALTHY = {"status": "healthy", "checked_at": "2"}
STORES = {
    "/store/metadata": [{"id": "m", "name": "meta"}],
    "/store/block/local": [{"id": "l", "name": "disk"}],
    "/store/block/remote": [],
}
SHARE = {
    "name": "/export",
    "enabled": True,
    "metadata_store_id": "m",
    "local_block_store_id": "l",
    "remote_block_store_id": None,
    "default_permission": "none",
    "read_only": False,
    "encrypt_data": False,
    "access_based_enumeration": False,
    "continuous_availability": False,
    "retention_policy": "lru",
    "trash_enabled": False,
    "trash_retention_days": 0,
    "status": HEALTHY,
}


class Control:
    """A control plane that answers by path; an answer may be a status with words, or a list that is used up."""

    def __init__(self, **answers) -> None:
        self.answers = {
            "POST /auth/login": LOGIN,
            "GET /adapters/ports": PORTS,
            **{f"GET {path}": stores for path, stores in STORES.items()},
            **answers,
        }
        self.asked: list[tuple[str, object]] = []

    def __call__(self, url, *, method, data, **_options):
        request = f"{method} {url.split('/api/v1')[1]}"
        self.asked.append((request, json.loads(data) if data else None))
        answer = self.answers.get(request, (404, "not there"))
        if isinstance(answer, list) and answer and isinstance(answer[0], (tuple, Exception, dict)) and method != "GET":
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, tuple):
            raise HTTPError(url, answer[0], "said", Message(), io.BytesIO(json.dumps({"detail": answer[1]}).encode()))
        return io.BytesIO(answer.encode() if isinstance(answer, str) else json.dumps(answer).encode())

    def writes(self) -> list[tuple[str, object]]:
        return [ask for ask in self.asked if not ask[0].startswith("GET") and ask[0] != "POST /auth/login"]


def call(monkeypatch, control: Control, module_name: str, /, *, check: bool = False, **params) -> dict:
    monkeypatch.setattr(_dfsctl, "open_url", control)
    monkeypatch.setattr(_dfsctl, "PAUSE_SECONDS", 0)
    module = importlib.import_module(f"ansible_collections.netfs.bench.plugins.modules.{module_name}")
    out = io.StringIO()
    arguments = {"api_password": "admin-password", **params, "_ansible_check_mode": check}
    with patch_module_args(arguments), contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        module.main()
    result: dict = json.loads(out.getvalue())
    return result


def test_action_group_and_fragment_know_every_module():
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["dfsctl"] == NAMES
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(fragment) == set(_dfsctl.arguments())
    for option, spec in _dfsctl.arguments().items():
        assert (fragment[option]["type"], fragment[option].get("default")) == (spec["type"], spec.get("default"))


@pytest.mark.parametrize("name", NAMES)
def test_documentation(name):
    module = importlib.import_module(f"ansible_collections.netfs.bench.plugins.modules.{name}")
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert documentation["module"] == name
    assert "netfs.bench.dfsctl" in documentation["extends_documentation_fragment"]
    for task in yaml.safe_load(module.EXAMPLES):
        assert task["name"]
    assert all("returned" in value for value in yaml.safe_load(module.RETURN).values())


def test_a_share_that_a_second_client_made_meanwhile(monkeypatch):
    control = Control(**{"POST /shares": (409, "Share already exists")})
    said = call(monkeypatch, control, "dfsctl_share", name="/export", metadata_store="meta", local_store="disk")
    assert said["failed"]
    assert said["status"] == 409
    assert "409 Share already exists" in said["msg"]
    assert not said["changed"]
    assert len(control.writes()) == 1


def test_something_that_a_second_client_removed_meanwhile(monkeypatch):
    control = Control(
        **{"GET /groups/g": {"name": "g"}, "GET /groups/g/members": [], "DELETE /groups/g": (404, "gone")}
    )
    said = call(monkeypatch, control, "dfsctl_group", name="g", state="absent")
    assert said["changed"]


@pytest.mark.parametrize(
    "answer, words",
    [((500, ""), "500"), (TimeoutError(), "no answer within"), ("{", "not complete JSON")],
)
def test_a_write_that_fails_is_said_once_and_not_repeated(monkeypatch, answer, words):
    nfs = {"squash": "none"}
    control = Control(
        **{"GET /shares/export": SHARE, "GET /shares/export/adapters/nfs/config": nfs, "PUT /shares/export": answer}
    )
    said = call(monkeypatch, control, "dfsctl_share", name="export", default_permission="read")
    assert words in said["msg"]
    assert said["request"] == "PUT http://127.0.0.1:8080/api/v1/shares/export"
    assert len(control.writes()) == 1


@pytest.mark.parametrize("check", [True, False])
def test_only_what_differs_is_sent(monkeypatch, check):
    nfs = {"squash": "none"}
    control = Control(
        **{
            "GET /shares/export": SHARE,
            "GET /shares/export/adapters/nfs/config": nfs,
            "GET /shares/export/status": HEALTHY,
            "PUT /shares/export": SHARE,
        }
    )
    said = call(
        monkeypatch, control, "dfsctl_share", check=check, name="export", default_permission="read", squash="none"
    )
    assert said["changed"]
    assert control.writes() == ([] if check else [("PUT /shares/export", {"default_permission": "read"})])


def test_an_old_server_is_refused_before_anything_is_sent(monkeypatch):
    control = Control(**{"GET /adapters/ports": (404, "Adapter not found")})
    said = call(monkeypatch, control, "dfsctl_adapter", type="nfs", port=12049)
    assert "is DittoFS 0.9 to 0.27; these modules support 0.28 and newer" in said["msg"]
    assert control.writes() == []


def test_a_store_that_the_server_calls_created_but_that_does_not_work(monkeypatch):
    sick = {"status": "unhealthy", "message": "S3 connectivity check failed", "checked_at": "1"}
    control = Control(**{"POST /store/block/remote": {"status": sick}, "GET /store/block/remote/s3/status": sick})
    said = call(
        monkeypatch, control, "dfsctl_block_store", name="s3", kind="remote", type="s3", bucket="b", wait=0,
        access_key_id="AK", secret_access_key="the-secret-key",
    )  # fmt: skip
    assert "The store s3 is stored but does not work" in said["msg"]
    assert said["changed"], "it was stored, after all"
    assert "S3 connectivity check failed" in said["msg"]
    assert "the-secret-key" not in json.dumps(said)
    assert "the-secret-key" in json.dumps(control.writes())


def test_a_password_that_is_in_force_already_needs_not_the_old_one(monkeypatch):
    user = {"username": "admin", "role": "admin", "enabled": True}
    control = Control(**{"GET /users/admin": user})
    said = call(
        monkeypatch, control, "dfsctl_user", name="admin", password="the-new-password", api_password="the-old-password"
    )
    assert not said["changed"]
    logins = [body for request, body in control.asked if request == "POST /auth/login"]
    assert logins == [{"username": "admin", "password": "the-new-password"}]


def test_an_answer_that_repeats_a_secret_does_not_show_it(monkeypatch):
    control = Control(**{"GET /users/bob": (404, ""), "POST /users": (400, "bad password bobs-password")})
    said = call(monkeypatch, control, "dfsctl_user", name="bob", password="bobs-password")
    assert said["failed"]
    assert "bobs-password" not in json.dumps(said)
