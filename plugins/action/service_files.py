# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._service import Entry, FilesError, entries_of

STATES = ["rendered", "present", "recovered", "absent"]
LIST = {"type": "list", "elements": "dict", "default": []}


class ActionModule(ActionBase):
    """Render what a service consists of, and let the module of the same name replace it on the host, all or nothing."""

    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: Json | None = None) -> Json:
        super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        args = self.validate_argument_spec(
            {
                "name": {"type": "str", "required": True},
                "state": {"type": "str", "choices": STATES, "default": "present"},
                "files": LIST,
                "programs": LIST,
                "units": LIST,
                "gone": {"type": "list", "elements": "str", "default": []},
                "time_limit": {"type": "int", "default": 60},
            }
        )[1]
        if args["state"] == "recovered":
            return self._ask({"name": args["name"], "state": "recovered"})
        try:
            entries = entries_of(args["files"], args["programs"], args["units"])
        except FilesError as error:
            raise AnsibleActionFail(str(error)) from error
        if args["state"] == "absent":
            ready = [entry.sent() for entry in entries]
            return self._ask({"name": args["name"], "state": "absent", "gone": args["gone"], "entries": ready})
        sums = {entry.dest: self._sum(entry) for entry in entries if entry.program}
        contents = ["" if entry.program else self._rendered(entry) for entry in entries]
        if args["state"] == "rendered":
            return {"changed": False}

        def sent(uploaded: dict[str, str]) -> Json:
            ready = [entry.sent(sums.get(entry.dest, ""), uploaded.get(entry.dest, "")) for entry in entries]
            same = {key: args[key] for key in ("name", "gone", "time_limit")}
            return {**same, "state": "present", "entries": ready, "contents": contents}

        answer = self._ask(sent({}))
        wanting = answer.pop("wanting", [])
        if wanting:
            answer = self._ask(sent(self._upload([entry for entry in entries if entry.dest in wanting])))
        return answer

    def _ask(self, args: Json) -> Json:
        module_args = {"entries": [], "contents": [], **args}
        return t.cast(
            Json, self._execute_module("netfs.bench.service_files", module_args=module_args, task_vars=self.task_vars)
        )

    def _rendered(self, entry: Entry) -> str:
        """Render a template as ansible.builtin.template does, with the entry as `item`, and return it in Base64."""
        lookup = lookup_loader.get("ansible.builtin.template", loader=self._loader, templar=self._templar)
        text = lookup.run([entry.template], variables=self.task_vars, template_vars={"item": entry.item})[0]
        return base64.b64encode(("" if text is None else str(text)).encode("utf-8", "surrogateescape")).decode()

    def _sum(self, entry: Entry) -> str:
        """Return the SHA-256 of a program; refuse one that is missing or another than was asked for."""
        path = Path(entry.program)
        if not path.is_file():
            raise AnsibleActionFail(f"The program for {entry.dest} is missing on the controller: {path}.")
        content = path.read_bytes()
        if entry.checksum and hashlib.sha1(content).hexdigest() != entry.checksum:
            raise AnsibleActionFail(f"{path} is not the expected file: its SHA-1 differs.")
        return hashlib.sha256(content).hexdigest()

    def _upload(self, entries: list[Entry]) -> dict[str, str]:
        """Bring programs to the temporary directory on the host; return where each one is."""
        if not self._connection._shell.tmpdir:
            self._make_tmp_path()
        folder = self._connection._shell.tmpdir
        result = {}
        for number, entry in enumerate(entries):
            path = self._connection._shell.join_path(folder, f"program{number}")
            result[entry.dest] = self._transfer_file(entry.program, path)
        self._fixup_perms2((folder, *result.values()))
        return result
