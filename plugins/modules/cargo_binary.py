#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cargo_binary
short_description: Build a program from a crate, once
version_added: 0.2.0
description:
  - Fetches one version of a crate with the versions that its own lock file names, builds one program of it, and keeps
    it in a cache. The same request finds the program there and builds nothing.
  - Meant to run on the controller. The settings of cargo are read, as far as they say where crates come from.
options:
  name:
    description: Name of the program. That of the crate if omitted.
    type: str
  crate:
    description: Name of the crate.
    type: str
    required: true
  version:
    description: Version of the crate, such as V(0.3.2).
    type: str
    required: true
  architecture:
    description:
      - Architecture that the program has to run on, as C(ansible_facts['architecture']) names it. Another one than that
        of this host is refused.
    type: str
  cache:
    description: Directory that keeps what was built.
    type: path
    required: true
  cargo:
    description: The cargo program.
    type: str
    default: cargo
attributes:
  check_mode:
    description: Can run in check mode and say whether it would build.
    support: full
  diff_mode:
    description: Has nothing to show.
    support: none
author:
  - netfs.bench contributors (@netfs)
seealso:
  - module: netfs.bench.go_binary
"""

EXAMPLES = r"""
- name: Build a program that exercises a file system
  netfs.bench.cargo_binary:
    crate: fsx
    version: 0.3.2
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
built_with:
  description: The cargo that built it.
  returned: success
  type: str
  sample: cargo 1.85.0
"""

import platform
import re
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._build import BuildError, locked
from ansible_collections.netfs.bench.plugins.module_utils._cargo import Recipe, build, find


def hint_for(said: str) -> str:
    """What to install when a library is missing; nothing for other failures."""
    missing = re.findall(r"cannot find -l(\w+)", said)
    return f" Install the development package of the library, on Debian lib{missing[0]}1-dev." if missing else ""


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str"},
            "crate": {"type": "str", "required": True},
            "version": {"type": "str", "required": True},
            "architecture": {"type": "str"},
            "cache": {"type": "path", "required": True},
            "cargo": {"type": "str", "default": "cargo"},
        },
        supports_check_mode=True,
    )
    p = module.params
    here = platform.machine()
    recipe = Recipe(p["name"] or p["crate"], p["crate"], p["version"], p["architecture"] or here)
    cache = Path(p["cache"])
    path = recipe.path(cache)

    def cargo(arguments: list[str]) -> str:
        program = module.get_bin_path(p["cargo"])
        if not program:
            raise BuildError(
                [p["cargo"]], 127, "there is no cargo on this host. Install it: apt-get install cargo libacl1-dev"
            )
        argv = [program, *arguments]
        code, out, err = module.run_command(argv)
        if code:
            raise BuildError(argv, code, err or out)
        return str(out)

    try:
        note = find(recipe, cache)
        if note is not None or module.check_mode:
            known = note or {"sha256": "", "built_with": ""}
            module.exit_json(changed=note is None, path=str(path), **known)
        if recipe.architecture != here:
            module.fail_json(
                msg=f"{recipe.name} is needed for {recipe.architecture}, and this host is {here}: cargo builds for its "
                "own host. Build it there, and take the program from a file."
            )
        with locked(path):
            note = find(recipe, cache)
            built = note is None
            note = note or build(recipe, cache, cargo)
    except (BuildError, OSError) as error:
        module.fail_json(msg=f"{recipe.name} {recipe.version} was not built: {error}{hint_for(str(error))}")
    module.exit_json(changed=built, path=str(path), **note)


if __name__ == "__main__":
    main()
