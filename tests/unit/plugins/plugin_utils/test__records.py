# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.netfs.bench.plugins.plugin_utils._records import (
    Ceiling,
    CeilingRecord,
    CellRecord,
    ColdProof,
    SeriesName,
    Steadiness,
)

SCHEMAS = Path(__file__).parents[4] / "schemas"
CELL = {
    "schema": "netfs.bench/cell/1",
    "id": "ganesha~nfs3~seq-read~cold~1",
    "system": "ganesha",
    "protocol": "nfs3",
    "workload": "seq-read",
    "pass": "cold",
    "trial": 1,
    "status": "ok",
    "reason": "",
    "metrics": {"read_iops": 5.0, "read_bytes": 4096},
    "raw": "raw/ganesha~nfs3~seq-read~cold~1.json",
    "raw_sha256": "0" * 64,
    "started": "2026-11-24T06:01:00.000+00:00",
    "ended": "2026-11-24T06:01:40.000+00:00",
    "seconds": {"total": 40.0, "fio": 36.0, "outside": 4.0},
    "provenance": {
        "job": "[job]\n",
        "job_sha256": "1" * 64,
        "command": ["fio"],
        "exit_code": 0,
        "variables": {"SIZE": "1g"},
        "fio_version": "fio-3.39",
        "client_kernel": "6.12",
        "server_kernel": "unknown",
        "mount": "unknown",
        "service": "unknown",
    },
}
"""What a record had when the schema was new."""
ADDED = {
    "seconds": {**CELL["seconds"], "check": 2.0},
    "steady": {"windows": [1.0, 1.1, 1.0, 0.9, 1.0], "steady": True, "extended": False},
    "cold": {"proof": 0.98, "bytes_delivered": 980, "bytes_read": 1000},
    "verified": {"what": "1000 bytes read back have the checksums they carry"},
    "counters": {"client": {"cpu_percent": 7.0}, "server": {"cpu_percent": 9}},
    "server_counters": {'requests_total{op="READ"}': 12.0},
    "client_bound": False,
    "silent": ["store"],
    "provenance": {
        **CELL["provenance"],
        "machines": {"bench-client": "a", "bench-server": "b"},
        "mount": {"fstype": "nfs", "free_bytes": 5, "options_effective": ["hard", "vers=3"]},
        "service": {"version": "6.5", "config_sha256": "8" * 64, "log_level": "INFO", "cache_bytes": 1, "new": "x"},
    },
}


@pytest.mark.parametrize(
    "document",
    [
        CELL,
        *({**CELL, name: value} for name, value in ADDED.items()),
        {**CELL, **ADDED},
        {**CELL, "server_counters": {}},
    ],
)
def test_the_record_of_a_cell_is_written_as_it_was_read(document):
    jsonschema.validate(document, json.loads((SCHEMAS / "cell.schema.json").read_text(encoding="utf-8")))
    assert CellRecord.of(document).document() == document


def test_what_a_record_says_has_types():
    record = CellRecord.of({**CELL, **ADDED})
    assert (record.name.system, record.name.pass_, record.seconds.check) == ("ganesha", "cold", 2.0)
    assert (record.steady, record.cold) == (Steadiness([1.0, 1.1, 1.0, 0.9, 1.0], True), ColdProof(0.98, 980, 1000))
    assert record.provenance.mount_options == ["hard", "vers=3"]
    assert (record.provenance.service.version, record.provenance.service.cache_bytes) == ("6.5", 1)
    assert record.provenance.machines == {"bench-client": "a", "bench-server": "b"}


@pytest.mark.parametrize("name", ["steady", "cold", "verified", "counters", "server_counters", "client_bound"])
def test_what_is_unknown_was_not_measured(name):
    assert getattr(CellRecord.of({**CELL, name: "unknown"}), name) is None
    assert getattr(CellRecord.of(CELL), name) is None


def test_what_is_unknown_of_the_provenance_has_no_value():
    found = CellRecord.of(CELL).provenance
    assert (found.mount_options, found.machines, found.service.log_level) == (None, None, "unknown")


def test_a_metric_that_is_no_number_is_none():
    assert CellRecord.of({**CELL, "metrics": {"read_iops": "unknown", "write_iops": 1}}).metrics == {"write_iops": 1}


@pytest.mark.parametrize(
    "document",
    [
        [],
        *(
            {name: value for name, value in CELL.items() if name != lost}
            for lost in ("id", "pass", "status", "metrics")
        ),
        *({**CELL, **wrong} for wrong in ({"status": None}, {"metrics": 5}, {"provenance": []}, {"steady": {}})),
    ],
)
def test_a_document_that_is_no_record_of_a_cell_is_refused(document):
    with pytest.raises((KeyError, TypeError, AttributeError)):
        CellRecord.of(document)


CEILING = {
    "schema": "netfs.bench/ceiling/1",
    "name": "disk-read-server",
    "trial": 2,
    "what": "disk of server, reading",
    "status": "ok",
    "reason": "",
    "metric": "read_bandwidth_bytes_per_s",
    "value": 7.0,
    "started": "2026-11-24T06:01:00.000+00:00",
    "seconds": 5.1,
    "fio_version": "fio-3.39",
    "command": "fio",
    "raw": "raw/ceiling~disk-read-server~2.json",
    "raw_sha256": "0" * 64,
}


@pytest.mark.parametrize("document", [CEILING, {**CEILING, "status": "failed", "reason": "no fio", "value": "unknown"}])
def test_the_record_of_a_ceiling_is_written_as_it_was_read(document):
    jsonschema.validate(document, json.loads((SCHEMAS / "ceiling.schema.json").read_text(encoding="utf-8")))
    assert CeilingRecord.of(document).document() == document


@pytest.mark.parametrize(
    ("terms", "bounds"),
    [
        ({}, True),
        ({"systems": ["ganesha"], "workloads": ["seq-read"], "pass": "cold"}, True),
        ({"systems": ["samba"]}, False),
        ({"workloads": ["seq-write"]}, False),
        ({"pass": "warm"}, False),
        ({"metric": "write_iops"}, False),
        ({"values": []}, False),
    ],
)
def test_a_ceiling_bounds_the_series_that_it_names_or_all(terms, bounds):
    ceiling = Ceiling.of({"what": "disk", "metric": "read_iops", "values": [1.0], **terms})
    assert ceiling.bounds(SeriesName("ganesha", "nfs3", "seq-read", "cold"), "read_iops") is bounds
