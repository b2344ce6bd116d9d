# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rclone empties an existing file that is opened with O_CREAT, so no workload may open a laid-out file like that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

WORKLOADS = sorted((Path(__file__).parents[2] / "playbooks" / "workloads").glob("*.fio"))


@pytest.mark.parametrize("path", WORKLOADS, ids=lambda path: path.stem)
def test_files_of_a_layout_are_never_created_again(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    reads_a_layout = not re.search(r"^; layout: none$", text, re.MULTILINE)
    assert bool(re.search(r"^allow_file_create=0$", text, re.MULTILINE)) == reads_a_layout
