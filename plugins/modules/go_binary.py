#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: go_binary
short_description: Build a program from a Go module, once
version_added: 0.1.0
description:
  - Fetches one version of a Go module, checks its sum, builds one program of it for Linux, and keeps it in a cache.
    The same request finds the program there and builds nothing.
  - The settings of C(go env) are read, as far as they say where modules come from, and never written.
  - Meant to run on the controller. Any Go from 1.21 up will do; a newer one that the module asks for is fetched by Go
    itself, as a module. Without Go, a container with the Go of a distribution builds.
options:
  name:
    description: Name of the program.
    type: str
    required: true
  module:
    description: Path of the module. Needed without O(directory).
    type: str
  version:
    description: Version of the module, such as V(v1.0.14). Needed with O(module).
    type: str
  directory:
    description:
      - Directory of a module of one package on this host, with C(go.mod) and C(go.sum), that is built instead of one
        that is fetched. Its version is a hash of its files.
    type: path
  package:
    description: Package of the program inside the module.
    type: str
    default: .
  tags:
    description: Build tags.
    type: list
    elements: str
    default: []
  ldflags:
    description: Flags for the linker, such as those that stamp the version in.
    type: str
    default: -s -w
  cgo:
    description: Whether C may be linked in; without it the program is static.
    type: bool
    default: false
  architecture:
    description: Architecture the program is for, as Go calls it. The one of this host if omitted.
    type: str
    choices: [amd64, arm64]
  sum:
    description:
      - Sum of the module as in C(go.sum) (V(h1:...)). Another one is refused.
      - If omitted, Go asks its checksum database.
    type: str
  cache:
    description: Directory that keeps what was built.
    type: path
    required: true
  go:
    description: The Go program. One that is missing or too old is not an error if O(image) is given.
    type: str
    default: go
  image:
    description:
      - Docker image of a Debian with apt. A container of it gets the package C(golang-go) and builds if there is no Go
        on this host; it is removed afterwards.
    type: str
  label:
    description: Label of that container, as V(name=value).
    type: str
    default: netfs.bench.installation=build
attributes:
  check_mode:
    description: Can run in check mode and say whether it would build.
    support: full
  diff_mode:
    description: Has nothing to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Build an S3 server
  netfs.bench.go_binary:
    name: versitygw
    module: github.com/versity/versitygw
    version: v1.0.14
    package: ./cmd/versitygw
    ldflags: -s -w -X main.Version=v1.0.14
    cache: /var/cache/netfs-bench
  delegate_to: localhost

- name: Build a program whose source is here
  netfs.bench.go_binary:
    name: checker
    directory: /home/user/checker
    cache: /var/cache/netfs-bench
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The program.
  returned: always
  type: str
sha256:
  description: Its checksum; empty when check mode has built nothing.
  returned: success
  type: str
version:
  description: Version of the module; of one that is here, a hash of its files.
  returned: always
  type: str
sum:
  description: Sum of the module, as in C(go.sum); empty for one that is here.
  returned: success
  type: str
built_with:
  description: The Go that built it.
  returned: success
  type: str
  sample: go1.24.4
"""

import platform
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._build import BuildError, locked
from ansible_collections.netfs.bench.plugins.module_utils._go import (
    Container,
    Recipe,
    build,
    find,
    new_enough,
    settings,
    version_of,
)


def tool(module: AnsibleModule, recipe: Recipe, cache: Path) -> tuple[t.Any, t.Callable[[], None]]:
    """Return what runs go, and what to call afterwards."""
    program = module.get_bin_path(module.params["go"])
    said = module.run_command([program, "version"], environ_update={"GOTOOLCHAIN": "local"})[1] if program else ""
    if program and new_enough(said):

        def go(arguments: list[str], folder: Path) -> str:
            argv = [program, *arguments]
            code, out, err = module.run_command(argv, cwd=str(folder), environ_update=settings(recipe))
            if code:
                raise BuildError(argv, code, err or out)
            return t.cast("str", out)

        return go, lambda: None
    docker = module.get_bin_path("docker")
    if not (module.params["image"] and docker):
        wanted = f"'{module.params['go']}' is {said.strip() or 'missing'}"
        module.fail_json(
            msg=f"{recipe.name} cannot be built: {wanted}, Go 1.21 or newer is needed. Install Go, or Docker and set"
            " an image, or take the program from a release or a file."
        )
    container = Container(
        module.run_command, docker, image=module.params["image"], label=module.params["label"], cache=cache
    )
    container.start()
    return container.go(recipe), container.remove


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "module": {"type": "str"},
            "version": {"type": "str"},
            "directory": {"type": "path"},
            "package": {"type": "str", "default": "."},
            "tags": {"type": "list", "elements": "str", "default": []},
            "ldflags": {"type": "str", "default": "-s -w"},
            "cgo": {"type": "bool", "default": False},
            "architecture": {"type": "str", "choices": ["amd64", "arm64"]},
            "sum": {"type": "str"},
            "cache": {"type": "path", "required": True},
            "go": {"type": "str", "default": "go"},
            "image": {"type": "str"},
            "label": {"type": "str", "default": "netfs.bench.installation=build"},
        },
        required_one_of=[("module", "directory")],
        mutually_exclusive=[("module", "directory"), ("version", "directory"), ("sum", "directory")],
        required_by={"module": ("version",)},
        supports_check_mode=True,
    )
    p = module.params
    if p["directory"] and not (Path(p["directory"]) / "go.sum").is_file():
        module.fail_json(msg=f"{p['directory']} has no go.sum: it is no Go module whose dependencies are pinned.")
    here = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    recipe = Recipe(
        name=p["name"],
        module=p["module"] or "",
        version=p["version"] or version_of(Path(p["directory"])),
        package=p["package"],
        tags=tuple(p["tags"]),
        ldflags=p["ldflags"],
        cgo=p["cgo"],
        architecture=p["architecture"] or here,
        sum=p["sum"] or "",
        directory=p["directory"] or "",
    )
    cache = Path(p["cache"])
    known = {"path": str(recipe.path(cache)), "version": recipe.version}
    try:
        note = find(recipe, cache)
        if note is None and module.check_mode:
            module.exit_json(changed=True, sha256="", sum="", built_with="", **known)
        if note is not None:
            module.exit_json(changed=False, **known, **note)
        with locked(recipe.path(cache)):
            note = find(recipe, cache)
            if note is not None:
                module.exit_json(changed=False, **known, **note)
            go, clean = tool(module, recipe, cache)
            try:
                note = build(recipe, cache, go)
            finally:
                clean()
    except (BuildError, OSError) as error:
        module.fail_json(msg=f"{recipe.name} {recipe.version} was not built: {error}")
    module.exit_json(changed=True, **known, **note)


if __name__ == "__main__":
    main()
