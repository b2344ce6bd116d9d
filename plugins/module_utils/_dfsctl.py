# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control-plane API of DittoFS for all dfsctl modules.

Written against DittoFS 0.29. What makes this more than a call of open_url: the server accepts nonsense silently, says
"created" of things that do not work, masks secrets, and rounds the sizes it shows.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import secrets
import time
import typing as t
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from ansible.module_utils.urls import open_url

from ansible_collections.netfs.bench.plugins.module_utils._settle import settle

Record = dict[str, t.Any]
BASE = "/api/v1"
MASK = "********"
NEW_MASK = "******** (new)"
SEAL = "netfs_bench_seal"  # kept in a store's configuration; the server ignores keys that it does not know
LEVELS = ["none", "read", "read-write", "admin"]
PASSING = (502, 503, 504)  # answers to a read that are worth another try
PAUSE_SECONDS = 1.0
UNITS = {
    "": 1,
    "b": 1,
    **{f"{letter}{tail}": 1000**power for power, letter in enumerate("kmgt", 1) for tail in ("", "b")},
    **{f"{letter}{tail}": 1024**power for power, letter in enumerate("kmgt", 1) for tail in ("i", "ib")},
}


class DfsctlError(Exception):
    """What goes wrong in a way that a person can act on: a message, and facts for fail_json."""

    def __init__(self, msg: str, **facts: t.Any) -> None:
        super().__init__(msg)
        self.msg = msg
        self.facts = facts


class ApiError(DfsctlError):
    """The API refused a request, or did not answer it."""

    def __init__(self, request: str, status: int, answer: str) -> None:
        said = f"{status} {answer}" if status else answer
        super().__init__(f"{request}: {said}", request=request, status=status, answer=answer)
        self.status = status


def arguments() -> dict[str, Record]:
    """The options that all dfsctl modules share; their documentation is the fragment dfsctl."""
    return {
        "api_url": {"type": "str", "default": "http://127.0.0.1:8080"},
        "api_username": {"type": "str", "default": "admin"},
        "api_password": {"type": "str", "no_log": True},
        "api_password_file": {"type": "path", "no_log": False},
        "api_token": {"type": "str", "no_log": True},
        "api_token_file": {"type": "path", "no_log": False},
        "api_validate_certs": {"type": "bool", "default": True},
        "api_ca_file": {"type": "path"},
        "api_client_cert": {"type": "path"},
        "api_client_key": {"type": "path", "no_log": False},
        "api_timeout": {"type": "int", "default": 30},
        "api_retries": {"type": "int", "default": 2},
    }


def declared(**own: Record) -> dict[str, Record]:
    """The options of a module that brings one object to a state: its own, the connection, and the state."""
    return {**arguments(), "state": {"type": "str", "choices": ["present", "absent"], "default": "present"}, **own}


def read_secret(path: str) -> str:
    """The secret in a file: its first line."""
    try:
        return Path(path).read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except OSError as error:
        raise DfsctlError(f"The secret in {path} cannot be read: {error.strerror}.") from error


def words_of(text: str) -> str:
    """What the server said, however it said it: as a problem document, as plain text, or not at all."""
    try:
        problem = json.loads(text)
    except ValueError:
        return text.strip() or "with an empty body"
    if not isinstance(problem, dict):
        return text.strip()
    said = str(problem.get("detail") or problem.get("title") or text.strip())
    details = problem.get("errors")
    if isinstance(details, dict):
        said += ": " + "; ".join(f"{key} {value}" for key, value in sorted(details.items()))
    return said


class Api:
    """One control plane: its address, who we are there, and how it fails."""

    def __init__(self, params: Record, opener: Callable[..., t.Any] | None = None) -> None:
        self.url = str(params["api_url"]).rstrip("/")
        self.params = params
        self.opener = opener or open_url
        self.known: set[str] = set()  # secrets that must not be shown
        self.wrote = False  # whether anything was changed, which also a failure must say
        self.given = params.get("api_token") or ""
        if not self.given and params.get("api_token_file"):
            self.given = read_secret(params["api_token_file"])
        self.token = self.given
        self.known.update({self.token} - {""})

    # Talking

    def send(self, method: str, path: str, body: object = None, *, token: str = "", seconds: float = 0) -> t.Any:
        """One request, one answer; no second try."""
        request = f"{method} {self.url}{path}"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            answer = self.opener(
                self.url + path,
                method=method,
                data=None if body is None else json.dumps(body),
                headers=headers,
                timeout=seconds or self.params["api_timeout"],
                validate_certs=self.params["api_validate_certs"],
                ca_path=self.params.get("api_ca_file"),
                client_cert=self.params.get("api_client_cert"),
                client_key=self.params.get("api_client_key"),
                follow_redirects="none",
                use_proxy=False,
                http_agent="netfs.bench",
            )
            text = answer.read().decode("utf-8", "replace")
        except HTTPError as error:
            raise ApiError(request, error.code, words_of(error.read().decode("utf-8", "replace"))) from error
        except TimeoutError as error:
            raise ApiError(request, 0, f"no answer within {self.params['api_timeout']} seconds") from error
        except URLError as error:
            raise ApiError(request, 0, f"the server cannot be reached: {error.reason}") from error
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise ApiError(request, 0, f"the connection broke: {error or type(error).__name__}") from error
        if not text.strip():
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise ApiError(request, 0, f"the answer is not complete JSON: {text[:200]!r}") from error

    def call(self, method: str, path: str, body: object = None, *, seconds: float = 0) -> t.Any:
        """A request as the account that was given; logs in when it must, and again when the token has expired."""
        if not self.token:
            self.login()
        try:
            return self.send(method, BASE + path, body, token=self.token, seconds=seconds)
        except ApiError as error:
            if error.status == 403:
                raise self.explained(error) from error
            if error.status != 401:
                raise
            if self.given:
                raise DfsctlError(
                    f"{error.msg}. The token is invalid or has expired; give a new one, or api_password.",
                    **error.facts,
                ) from error
        # A request that was refused for its token did nothing, so this repeats no write.
        self.login()
        return self.send(method, BASE + path, body, token=self.token, seconds=seconds)

    def explained(self, error: ApiError) -> DfsctlError:
        """A 403 with what to do about it."""
        return DfsctlError(
            f"{error.msg}. The account needs the role admin, and an account that was given a password by somebody else "
            "must change it first: dfsctl_user does that when it is run on the account itself.",
            **error.facts,
        )

    def password(self) -> str:
        """The password that the connection was given."""
        password: str = self.params.get("api_password") or ""
        if not password and self.params.get("api_password_file"):
            password = read_secret(self.params["api_password_file"])
        if not password:
            raise DfsctlError("Give api_password, api_password_file, api_token or api_token_file.")
        self.known.add(password)
        return password

    def login(self) -> Record:
        """Trade name and password of the connection for a token."""
        answer = self.enter(self.params["api_username"], self.password())
        if answer is None:
            raise DfsctlError(f"{self.url} does not let {self.params['api_username']} in: the password is wrong.")
        self.take(answer)
        return answer

    def enter(self, username: str, password: str) -> Record | None:
        """What a login as anybody gives, without going on as that account; nothing when the password is wrong."""
        self.known.add(password)
        try:
            answer: Record = self.send("POST", f"{BASE}/auth/login", {"username": username, "password": password})
        except ApiError as error:
            if error.status == 401:
                return None
            raise
        self.known.update(str(answer[key]) for key in ("access_token", "refresh_token") if answer.get(key))
        return answer

    def take(self, answer: Record) -> None:
        """Go on with the token of a login."""
        self.token = str(answer["access_token"])
        self.known.add(self.token)

    def get(self, path: str, *, missing: bool = False) -> t.Any:
        """Read. Tries again, at most api_retries times, when the server is away for a moment."""
        for left in range(self.params["api_retries"], -1, -1):
            try:
                return self.call("GET", path)
            except ApiError as error:
                if error.status == 404 and missing:
                    return None
                if not left or (error.status and error.status not in PASSING):
                    raise
            time.sleep(PAUSE_SECONDS)
        raise AssertionError

    def write(self, method: str, path: str, body: object = None, *, seconds: float = 0) -> t.Any:
        """A request that changes something; also one that was cut off may have."""
        try:
            answer = self.call(method, path, body, seconds=seconds)
        except ApiError as error:
            self.wrote = self.wrote or not error.status
            raise
        self.wrote = True
        return answer

    def post(self, path: str, body: object = None, *, seconds: float = 0) -> t.Any:
        """Create, or act. Never tried twice: the first try may have worked."""
        return self.write("POST", path, body, seconds=seconds)

    def put(self, path: str, body: object) -> t.Any:
        """Replace."""
        return self.write("PUT", path, body)

    def patch(self, path: str, body: object) -> t.Any:
        """Change a part."""
        return self.write("PATCH", path, body)

    def delete(self, path: str) -> None:
        """Remove; somebody else may have been faster, which is as good."""
        try:
            self.write("DELETE", path)
        except ApiError as error:
            if error.status != 404:
                raise

    # Asking

    def support(self) -> str:
        """Which versions the server may be of, told by what its API has, since it does not say; refuses old ones."""
        try:
            self.get("/adapters/ports")
        except ApiError as error:
            if error.status != 404:
                raise
            old = "0.9 to 0.27" if self.get("/store/metadata", missing=True) is not None else "older than 0.9"
            raise DfsctlError(
                f"The server at {self.url} is DittoFS {old}; these modules support 0.28 and newer.",
                server_version=old,
            ) from error
        return "0.28 or newer"

    def works(self, path: str, what: str, seconds: float, stale: str = "") -> Record:
        """Wait until an object's own status is healthy: the server answers "created" before it has tried anything.

        It repeats a status for five seconds, so one that was made (checked_at) before a change says nothing.
        """
        until = time.monotonic() + seconds
        while True:
            status: Record = self.get(f"{path}/status") or {}
            if status.get("status") == "healthy" and status.get("checked_at") != stale:
                return status
            if time.monotonic() >= until:
                raise DfsctlError(
                    f"{what} is stored but does not work: the server reports it as {status.get('status', 'unknown')}"
                    f" ({status.get('message') or 'no reason given'}).",
                    status=status,
                )
            time.sleep(min(PAUSE_SECONDS, max(until - time.monotonic(), 0.01)))


def run(module: t.Any, work: Callable[[t.Any, Api], Record], *, checked: bool = True) -> t.NoReturn:
    """Do a module's work, and turn what goes wrong into a failure that shows no secret."""
    api = None
    try:
        api = Api(module.params)
        if checked:
            api.support()
        result = work(module, api)
    except DfsctlError as error:
        result = {"failed": True, "msg": error.msg, "changed": bool(api and api.wrote), **error.facts}
    module.no_log_values.update(api.known if api else ())
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError


# Names, sizes, numbers


def share_name(name: str) -> str:
    """The one spelling of a share's name: export and /export are the same share."""
    return "/" + name.strip("/")


def segment(name: str) -> str:
    """A name as one part of a path."""
    return quote(name.lstrip("/"), safe="")


def refer_to(module: t.Any, api: Api, kind: str, name: str) -> None:
    """Raise DfsctlError unless there is the share, user or group that an object refers to.

    Check mode warns instead: an earlier task of the same play may be what would make it.
    """
    if api.get(f"/{kind}s/{segment(name)}", missing=True) is not None:
        return
    shown = share_name(name) if kind == "share" else name
    if not module.check_mode:
        raise DfsctlError(f"There is no {kind} {shown}.")
    module.warn(f"There is no {kind} {shown} yet. Unless an earlier task makes it, this one will fail.")


def size_bytes(text: str, option: str) -> int:
    """The bytes of a size such as 2GiB, as the server reads it."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", text)
    if not match or match[2].lower() not in UNITS:
        raise DfsctlError(f"{option}: {text!r} is not a size; write 512MiB, 2GiB or a number of bytes.")
    number = float(match[1]) if "." in match[1] else int(match[1])
    return int(number * UNITS[match[2].lower()])


def size_shown(number: int) -> str:
    """A size as the server shows it: two decimals of the largest unit that fits, and nothing for zero."""
    if not number:
        return ""
    for unit, power in (("TiB", 4), ("GiB", 3), ("MiB", 2), ("KiB", 1)):
        if number >= 1024**power:
            return f"{number / 1024**power:.2f}{unit}"
    return f"{number}B"


def same_size(text: str | None, option: str) -> str | None:
    """A wanted size in the server's own form, so that it can be compared with what the server shows."""
    return None if text is None else size_shown(size_bytes(text, option))


def within(number: int | None, low: int, high: int, option: str) -> None:
    """Refuse a number that the server would store although nothing works with it."""
    if number is not None and not low <= number <= high:
        raise DfsctlError(f"{option} must be between {low} and {high}, not {number}.")


def chosen(record: Record, *keys: str) -> Record:
    """These keys of a record, with None for those that it lacks."""
    return {key: record.get(key) for key in keys}


# Secrets that the server masks


def seal(secret: str, salt: str = "") -> str:
    """What is kept of a secret so that the next run can tell whether it is still the same one."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}:{hashlib.pbkdf2_hmac('sha256', secret.encode(), salt.encode(), 200_000).hex()}"


def sealed(secret: str, stored: object) -> bool:
    """Whether this is the secret that was sealed."""
    return isinstance(stored, str) and secrets.compare_digest(seal(secret, stored.split(":", 1)[0]), stored)


def settle_at(
    module: t.Any,
    api: Api,
    path: str,
    before: Record | None,
    wanted: Record | None,
    *,
    create: Callable[[Record], object],
    update: Callable[[Record], object],
) -> Record:
    """:func:`settle` for an object of the API, which is removed by a DELETE of its path."""
    return settle(
        before, wanted, create=create, update=update, delete=lambda: api.delete(path), dry_run=module.check_mode
    )


class Store:
    """A metadata or block store as the server has it, and as it should be.

    The server masks secrets in what it shows, and keeps a stored secret for which it is sent the mask. Whether a secret
    is still the wanted one is told by a seal, a salted hash beside it in the store's configuration.
    """

    def __init__(self, reply: Record | None, kind: str, given: Record, secret: str) -> None:
        self.config: Record = (reply or {}).get("config") or {}
        self.given = {key: value for key, value in given.items() if value is not None}
        self.secret = secret
        self.before = None if reply is None else self.shown(reply["type"], self.config)
        if self.before and self.before["type"] != kind:
            raise DfsctlError(
                f"The store is of type {self.before['type']} and cannot become {kind}; remove it, or take another name."
            )
        self.wanted = self.shown(kind, self.given)
        if secret in self.given:
            same = reply is not None and sealed(self.given[secret], self.config.get(SEAL))
            self.wanted[secret] = MASK if same else NEW_MASK

    def shown(self, kind: str, config: Record) -> Record:
        """One flat record, without the seal."""
        return {"type": kind, **{key: value for key, value in config.items() if key != SEAL}}

    def request(self) -> Record:
        """The whole configuration for the server, which wants it as text, and replaces all of it."""
        config = {**self.config, **self.given}
        if self.secret in self.given:
            config[SEAL] = seal(self.given[self.secret])
        return {"type": self.wanted["type"], "config": json.dumps(config)}


def store_arguments(**own: Record) -> dict[str, Record]:
    """The options of a module of stores; the documentation of those that all have is the fragment dfsctl.store."""
    return declared(
        name={"type": "str", "required": True}, path={"type": "path"}, wait={"type": "int", "default": 15}, **own
    )


def settle_store(module: t.Any, api: Api, where: str, keys: list[str], secret: str) -> Record:
    """What the modules of metadata and block stores do: the same, with other options."""
    params = module.params
    path = f"{where}/{segment(params['name'])}"
    reply = api.get(path, missing=True)
    if params["state"] == "absent":
        before = None if reply is None else Store(reply, reply["type"], {}, secret).before
        result = settle_at(module, api, path, before, None, create=dict, update=dict)
        return {**result, "restart_required": False}
    store = Store(reply, params["type"], chosen(params, *keys), secret)
    if reply is None and params["type"] in ("postgres", "s3") and not params[secret]:
        raise DfsctlError(f"A new store of type {params['type']} needs {secret}.")
    result = settle_at(
        module,
        api,
        path,
        store.before,
        store.wanted,
        create=lambda _after: api.post(where, {"name": params["name"], **store.request()}),
        update=lambda _changes: api.put(path, store.request()),
    )
    result["restart_required"] = bool(reply and result["changed"])
    if not module.check_mode:
        stale = reply["status"]["checked_at"] if reply and result["changed"] else ""
        api.works(path, f"The store {params['name']}", params["wait"], stale)
    if reply or not module.check_mode:
        result["store"] = without_seal(api.get(path))
    return result


def without_seal(reply: Record) -> Record:
    """A store as it is shown to people."""
    return {**reply, "config": {key: value for key, value in (reply.get("config") or {}).items() if key != SEAL}}


# What some modules need


def typed(value: object, like: object, option: str) -> t.Any:
    """A value of the type that the server's own default has; playbooks may bring a number as text."""
    if isinstance(like, bool):
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "yes", "on", "false", "no", "off"):
            return str(value).lower() in ("true", "yes", "on")
    elif isinstance(like, int):
        if not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value)):
            return int(str(value))
    elif isinstance(like, str):
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
    elif isinstance(value, list):
        return sorted(str(item) for item in value)
    raise DfsctlError(f"{option}: {value!r} is not of the type of the server's default, {like!r}.")


def typed_settings(given: Record, known: Record) -> Record:
    """Settings of an adapter, refused where the server would silently drop a name or a value."""
    defaults, ranges = known["defaults"], known["ranges"]
    settings = {}
    for name, value in given.items():
        option = f"settings.{name}"
        if name not in defaults or name == "version":
            have = ", ".join(sorted(set(defaults) - {"version"}))
            raise DfsctlError(f"{option}: the server has no such setting; it has {have}.")
        settings[name] = typed(value, defaults[name], option)
        limits = ranges.get(name) or {}
        if limits.get("values") and settings[name] not in limits["values"]:
            raise DfsctlError(f"{option} must be one of {', '.join(limits['values'])}, not {value}.")
        if limits.get("max") is not None:
            within(settings[name], limits.get("min") or 0, limits["max"], option)
    return settings


def unsynced(api: Api) -> dict[str, int]:
    """The bytes of each share that only the server has, for shares that have a remote store."""
    stats = api.get("/blockstore/stats").get("per_share") or []
    return {
        entry["share_name"]: int(entry["stats"]["unsynced_bytes"]) for entry in stats if entry["stats"]["has_remote"]
    }


READS = {
    "list",
    "ls",
    "show",
    "get",
    "status",
    "stats",
    "info",
    "version",
    "ports",
    "help",
    "completion",
    "list-mounts",
}
NOUNS = {
    *("adapter", "block", "client", "clients", "context", "grace", "group", "health", "identity-provider", "idmap"),
    *("local", "member", "metadata", "mounts", "netgroup", "netlogon", "nfs-config", "permission", "policy", "quota"),
    *("remote", "session", "sessions", "settings", "share", "snapshot", "snapshot-policy", "store", "system", "trash"),
    *("user",),
}
SECRET_FLAG = re.compile(r"(-p|-P|--token|--[a-z-]*password[a-z-]*|--[a-z-]*secret[a-z-]*)(=.*)?", re.DOTALL)


def reads_only(argv: list[str]) -> bool:
    """Whether a command of dfsctl only reads, told by its verb, the first word that is not one of its nouns."""
    if "--help" in argv or "-h" in argv:
        return True
    verb = next((word for word in argv if word not in NOUNS), "")
    return verb in READS or verb.endswith("-status")


def refuse_secrets(argv: list[str]) -> None:
    """Everybody on the host can read a command line, so no secret may be on it."""
    for word in argv:
        if SECRET_FLAG.fullmatch(word) or re.search(r'"[^"]*(secret|password|_key)[^"]*"\s*:', word, re.IGNORECASE):
            raise DfsctlError(
                "argv: a secret must not be on a command line, where everybody on the host can read it; dfsctl_user, "
                "dfsctl_metadata_store and dfsctl_block_store send secrets safely."
            )
