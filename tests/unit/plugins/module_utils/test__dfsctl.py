# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API client of the dfsctl modules against answers that a real server does not give on demand."""

from __future__ import annotations

import http.client
import io
import json
from email.message import Message
from urllib.error import HTTPError, URLError

import pytest

from ansible_collections.netfs.bench.plugins.module_utils import _dfsctl
from ansible_collections.netfs.bench.plugins.module_utils._dfsctl import (
    MASK,
    NEW_MASK,
    SEAL,
    Api,
    ApiError,
    DfsctlError,
    Store,
    reads_only,
    refuse_secrets,
    same_size,
    seal,
    sealed,
    segment,
    share_name,
    size_bytes,
    typed_settings,
    without_seal,
    words_of,
)

LOGIN = {"access_token": "token-one", "refresh_token": "again", "user": {"must_change_password": False}}
PARAMS = {
    "api_url": "http://127.0.0.1:8080/",
    "api_username": "admin",
    "api_password": "admin-password",
    "api_validate_certs": True,
    "api_timeout": 30,
    "api_retries": 2,
}


def refusal(status: int, body: str) -> HTTPError:
    return HTTPError("http://x", status, "said", Message(), io.BytesIO(body.encode()))


class Server:
    """Gives recorded answers in their order, and notes what it was asked."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, object, str]] = []

    def __call__(self, url, *, method, data, headers, **_options):
        body = json.loads(data) if data else None
        self.asked.append((method, url.removeprefix("http://127.0.0.1:8080"), body, headers.get("Authorization", "")))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return io.BytesIO(answer.encode() if isinstance(answer, str) else json.dumps(answer).encode())


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(_dfsctl, "PAUSE_SECONDS", 0)


def api_with(*answers, **params) -> tuple[Api, Server]:
    server = Server(*answers)
    return Api({**PARAMS, **params}, server), server


# Talking


def test_logs_in_once_and_uses_the_token():
    api, server = api_with(LOGIN, [], [])
    assert api.get("/shares") == []
    assert api.get("/users") == []
    assert [ask[:2] for ask in server.asked] == [
        ("POST", "/api/v1/auth/login"),
        ("GET", "/api/v1/shares"),
        ("GET", "/api/v1/users"),
    ]
    assert server.asked[-1][3] == "Bearer token-one"
    assert api.known >= {"admin-password", "token-one", "again"}


def test_an_expired_token_is_renewed_once_also_for_a_write():
    again = {**LOGIN, "access_token": "token-two"}
    api, server = api_with(LOGIN, refusal(401, "Invalid or expired token"), again, {"name": "x"})
    assert api.post("/groups", {"name": "x"}) == {"name": "x"}
    assert server.asked[-1][3] == "Bearer token-two"


def test_an_expired_token_that_was_given_is_an_error():
    api, server = api_with(refusal(401, "Invalid or expired token"), api_token="given-token")
    with pytest.raises(DfsctlError, match="invalid or has expired"):
        api.get("/shares")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "trouble, words",
    [
        (refusal(503, ""), "503 with an empty body"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "cannot be reached.*Connection refused"),
        (TimeoutError("timed out"), "no answer within 30 seconds"),
        (URLError(TimeoutError("timed out")), "cannot be reached"),
        (http.client.RemoteDisconnected("closed without an answer"), "the connection broke"),
        ('[{"name": "/exp', "not complete JSON"),
    ],
)
def test_reads_are_repeated_and_then_fail(trouble, words):
    api, server = api_with(LOGIN, trouble, trouble, trouble)
    with pytest.raises(ApiError, match=words):
        api.get("/shares")
    assert len(server.asked) == 4
    api, server = api_with(LOGIN, trouble, trouble, [])
    assert api.get("/shares") == []


@pytest.mark.parametrize("trouble", [refusal(503, ""), TimeoutError("timed out"), http.client.BadStatusLine("")])
def test_writes_are_never_repeated(trouble):
    api, server = api_with(LOGIN, trouble, {})
    with pytest.raises(ApiError):
        api.put("/adapters/nfs", {"port": 12049})
    assert len(server.asked) == 2


def test_a_500_without_a_word_is_not_repeated():
    api, server = api_with(LOGIN, refusal(500, ""))
    with pytest.raises(ApiError, match="500 with an empty body") as caught:
        api.get("/adapters/smb")
    assert caught.value.facts == {
        "request": "GET http://127.0.0.1:8080/api/v1/adapters/smb",
        "status": 500,
        "answer": "with an empty body",
    }
    assert len(server.asked) == 2


def test_what_is_missing_is_an_answer_when_asked_for():
    problem = '{"type":"about:blank","title":"Not Found","status":404,"detail":"Share not found"}'
    api, _server = api_with(LOGIN, refusal(404, problem), refusal(404, problem), refusal(404, problem))
    assert api.get("/shares/x", missing=True) is None
    api.delete("/shares/x")
    with pytest.raises(ApiError, match="404 Share not found"):
        api.get("/shares/x")


def test_a_conflict_says_what_the_server_said():
    api, _server = api_with(LOGIN, refusal(409, '{"title":"Conflict","status":409,"detail":"Share already exists"}'))
    with pytest.raises(ApiError, match=r"POST .*/shares: 409 Share already exists"):
        api.post("/shares", {})


def test_a_wrong_password_and_a_missing_one():
    api, _server = api_with(refusal(401, '{"detail":"Invalid username or password"}'))
    with pytest.raises(DfsctlError, match="does not let admin in: the password is wrong"):
        api.get("/shares")
    api, _server = api_with(api_password=None)
    with pytest.raises(DfsctlError, match="Give api_password, api_password_file"):
        api.get("/shares")


def test_a_403_says_what_to_do():
    api, _server = api_with(LOGIN, refusal(403, "Password change required"))
    with pytest.raises(DfsctlError, match=r"403 Password change required.*must change it first"):
        api.get("/shares")


def test_secrets_from_files(tmp_path):
    path = tmp_path / "password"
    path.write_text("in-a-file\nnot this\n")
    api, server = api_with(LOGIN, [], api_password=None, api_password_file=str(path))
    api.get("/shares")
    assert server.asked[0][2] == {"username": "admin", "password": "in-a-file"}
    api, server = api_with([], api_token_file=str(path))
    api.get("/shares")
    assert server.asked[0][3] == "Bearer in-a-file"
    with pytest.raises(DfsctlError, match="cannot be read: No such file"):
        api_with(api_token_file=str(tmp_path / "gone"))


@pytest.mark.parametrize(
    "answers, version",
    [
        ([[{"type": "nfs"}]], ""),
        ([refusal(404, '{"detail":"Adapter not found"}'), []], "0.9 to 0.27"),
        ([refusal(404, '{"detail":"Adapter not found"}'), refusal(404, "404 page not found")], "older than 0.9"),
    ],
)
def test_old_servers_are_refused_by_name(answers, version):
    api, _server = api_with(LOGIN, *answers)
    if not version:
        assert api.support() == "0.28 or newer"
        return
    with pytest.raises(DfsctlError, match=f"is DittoFS {version}; these modules support 0.28 and newer"):
        api.support()


def test_works_does_not_believe_a_status_of_before():
    old = {"status": "healthy", "checked_at": "1"}
    new = {"status": "unknown", "message": "SMB adapter has not started yet", "checked_at": "2"}
    api, _server = api_with(LOGIN, old, new, {"status": "healthy", "checked_at": "3"})
    assert api.works("/adapters/smb", "The adapter", 9, stale="1")["checked_at"] == "3"
    api, _server = api_with(LOGIN, new)
    with pytest.raises(DfsctlError, match=r"The adapter is stored but does not work: .*unknown \(SMB adapter has not"):
        api.works("/adapters/smb", "The adapter", 0)


# Words, names, sizes


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "with an empty body"),
        ("Admin access required\n", "Admin access required"),
        ('{"title":"Bad Request","detail":"no"}', "no"),
        ('{"title":"Validation Failed","detail":"Out of range","errors":{"b":"too big","a":"odd"}}',
         "Out of range: a odd; b too big"),
        ('{"title":"Bad Request"}', "Bad Request"),
        ("[1]", "[1]"),
    ],
)  # fmt: skip
def test_words(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize("name", ["export", "/export", "//export", "/export/"])
def test_names(name):
    assert share_name(name) == "/export"


def test_segment():
    assert segment("/a b/c%") == "a%20b%2Fc%25"


@pytest.mark.parametrize(
    "text, number, shown",
    [
        ("0", 0, ""),
        ("512", 512, "512B"),
        ("1KiB", 1024, "1.00KiB"),
        ("2GiB", 2 << 30, "2.00GiB"),
        ("2 gi", 2 << 30, "2.00GiB"),
        ("1.5GiB", 3 << 29, "1.50GiB"),
        ("100MB", 100_000_000, "95.37MiB"),
        ("3072MiB", 3 << 30, "3.00GiB"),
        ("2T", 2 * 10**12, "1.82TiB"),
    ],
)
def test_sizes(text, number, shown):
    assert size_bytes(text, "x") == number
    assert same_size(text, "x") == shown


@pytest.mark.parametrize("text", ["", "many", "-1", "1XB", "1 2"])
def test_no_sizes(text):
    with pytest.raises(DfsctlError, match=r"limit: .* is not a size"):
        size_bytes(text, "limit")


# Secrets


def test_seal():
    kept = seal("a secret")
    assert sealed("a secret", kept)
    assert not sealed("another", kept)
    assert not sealed("a secret", None)
    assert "secret" not in kept
    assert seal("a secret") != kept


def reply(**config) -> dict:
    return {"type": "s3", "config": config}


GIVEN = {"bucket": "b", "secret_access_key": "hidden", "region": None}


def test_a_new_store():
    store = Store(None, "s3", GIVEN, "secret_access_key")
    assert (store.before, store.wanted) == (None, {"type": "s3", "bucket": "b", "secret_access_key": NEW_MASK})
    sent = json.loads(store.request()["config"])
    assert sent["secret_access_key"] == "hidden"
    assert sealed("hidden", sent[SEAL])


def test_the_same_secret_is_no_change():
    have = reply(bucket="b", secret_access_key=MASK, **{SEAL: seal("hidden")})
    store = Store(have, "s3", GIVEN, "secret_access_key")
    assert store.before == store.wanted
    assert without_seal(have)["config"] == {"bucket": "b", "secret_access_key": MASK}


@pytest.mark.parametrize("stored", [{}, {SEAL: seal("other")}, {SEAL: "not a seal"}])
def test_another_or_an_unknown_secret_is_a_change(stored):
    store = Store(reply(bucket="b", secret_access_key=MASK, **stored), "s3", GIVEN, "secret_access_key")
    assert store.before["secret_access_key"] == MASK
    assert store.wanted["secret_access_key"] == NEW_MASK


def test_a_secret_that_is_not_given_is_kept_with_its_seal():
    have = reply(bucket="b", secret_access_key=MASK, **{SEAL: "kept"})
    store = Store(have, "s3", {"bucket": "c", "secret_access_key": None}, "secret_access_key")
    sent = json.loads(store.request()["config"])
    assert sent == {"bucket": "c", "secret_access_key": MASK, SEAL: "kept"}


def test_a_store_cannot_change_its_type():
    with pytest.raises(DfsctlError, match="of type s3 and cannot become memory"):
        Store(reply(bucket="b"), "memory", {}, "secret_access_key")


# Settings and commands


KNOWN = {
    "defaults": {"max_read_size": 1048576, "udp_enabled": False, "signing": "", "blocked_operations": [], "version": 1},
    "ranges": {"max_read_size": {"min": 4096, "max": 16777216}, "signing": {"values": ["enabled", "required"]}},
}


def test_settings_take_the_type_of_the_default():
    given = {"max_read_size": "65536", "udp_enabled": "yes", "signing": "required", "blocked_operations": ["B", "A"]}
    assert typed_settings(given, KNOWN) == {
        "max_read_size": 65536,
        "udp_enabled": True,
        "signing": "required",
        "blocked_operations": ["A", "B"],
    }


@pytest.mark.parametrize(
    "given, words",
    [
        ({"payload": 1}, "no such setting; it has blocked_operations, max_read_size"),
        ({"version": 7}, "no such setting"),
        ({"max_read_size": 1}, "between 4096 and 16777216"),
        ({"max_read_size": True}, "not of the type"),
        ({"udp_enabled": 3}, "not of the type"),
        ({"blocked_operations": "LINK"}, "not of the type"),
        ({"signing": "perhaps"}, "must be one of enabled, required"),
    ],
)
def test_nonsense_settings(given, words):
    with pytest.raises(DfsctlError, match=words):
        typed_settings(given, KNOWN)


@pytest.mark.parametrize(
    "argv, only",
    [
        (["share", "list"], True),
        (["share", "nfs-config", "show", "/export"], True),
        (["store", "block", "gc-status", "/export"], True),
        (["share", "remove", "list", "--force"], False),
        (["user", "create", "--help"], True),
        (["group", "create", "--name", "list"], False),
        (["system", "drain-uploads"], False),
    ],
)
def test_reading_commands(argv, only):
    assert reads_only(argv) is only


@pytest.mark.parametrize(
    "argv",
    [
        ["user", "create", "-u", "x", "-p", "y"],
        ["user", "password", "x", "--new-password=y"],
        ["--token", "x", "share", "list"],
        ["store", "block", "remote", "add", "--config", '{"secret_access_key": "x"}'],
        ["store", "metadata", "add", "--config", '{"password":"x"}'],
    ],
)
def test_no_secret_on_a_command_line(argv):
    with pytest.raises(DfsctlError, match="a secret must not be on a command line"):
        refuse_secrets(argv)


def test_other_commands_are_fine():
    refuse_secrets(["store", "block", "local", "add", "--config", '{"path": "/x"}'])
    refuse_secrets(["group", "create", "--name", "keys"])
