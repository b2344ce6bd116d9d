# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon's tools, Python and Ansible themselves read back what is written for them."""

from __future__ import annotations

import configparser

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar
from botocore.configloader import raw_config_parse
from hypothesis import given
from nasty import TEXTS, THOROUGH

from ansible_collections.netfs.bench.plugins.plugin_utils._ini import to_ini
from ansible_collections.netfs.bench.plugins.plugin_utils._refusal import RefusedValueError


@THOROUGH
@given(TEXTS)
def test_all_of_them_read_back_the_same_value(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    try:
        written = to_ini(value)
    except RefusedValueError:
        return
    file = tmp_path_factory.getbasetemp() / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {written}\naws_region = x\n", encoding="utf-8")
    assert raw_config_parse(str(file))["default"] == {"aws_access_key_id": value, "aws_region": "x"}
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(file, encoding="utf-8")
    assert parser["default"]["aws_access_key_id"] == value
    lookup = lookup_loader.get("ini", loader=DataLoader(), templar=Templar(loader=DataLoader()))
    found = lookup.run(["aws_access_key_id"], {}, section="default", file=str(file), interpolation=False)
    assert found == [value]


@pytest.mark.parametrize("value", [" x", "x\t", "a\nb", "a\0b", "x\u3000", ["x"]])
def test_what_no_line_can_hold_is_refused(value: object) -> None:
    with pytest.raises(RefusedValueError, match=r"^object_store_secret_key: this secret cannot be used: "):
        to_ini(value, "object_store_secret_key", secret=True)
