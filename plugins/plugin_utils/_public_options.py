# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public options of the playbooks, as playbooks/options.yml describes them: types, defaults, and what was given."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable, Mapping
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.netfs.bench.plugins.module_utils._files import Json
from ansible_collections.netfs.bench.plugins.plugin_utils._arguments import type_errors

PATH = Path(__file__).parents[2] / "playbooks/options.yml"

CONVERTED: dict[str, Callable[[t.Any], t.Any]] = {"bool": boolean, "int": int, "str": str, "path": str}


class OptionError(ValueError):
    """An option whose value is not of its type; the message names it."""


@functools.cache
def public_options(path: Path = PATH) -> Mapping[str, Json]:
    """Every public option with its specification, in the order of the tables."""
    options: dict[str, Json] = yaml_load(path.read_text(encoding="utf-8"))
    return options


def values_of(options: Mapping[str, Json], given: Mapping[str, t.Any]) -> Json:
    """The value of every option in its type: the one that was given, else its default."""
    wrong = list(type_errors(options, given))
    if wrong:
        raise OptionError(" ".join(wrong))
    return {
        name: CONVERTED.get(option["type"], lambda value: value)(given.get(name, option["default"]))
        for name, option in options.items()
    }
