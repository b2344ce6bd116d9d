# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that fit, and those that do not."""

from __future__ import annotations

import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.netfs.bench.plugins.module_utils import _certificates as module

NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
WANTED = module.Wanted("storage-a-1", ["storage-a-1"], ["198.18.1.2"], 30)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def signed(subject: str, key, issuer: str, signer, days: int) -> bytes:
    """Return a certificate as PEM."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName(subject), x509.IPAddress(ipaddress.ip_address("198.18.1.2"))],
            ),
            critical=False,
        )
    )
    return builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM)


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


KEYS = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("authority", "own", "other")}
AUTHORITY = signed("netfs", KEYS["authority"], "netfs", KEYS["authority"], 3650)
OTHER_AUTHORITY = signed("netfs", KEYS["other"], "netfs", KEYS["other"], 3650)
CERTIFICATE = signed("storage-a-1", KEYS["own"], "netfs", KEYS["authority"], 365)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({}, ""),
        ({"wanted": WANTED._replace(days=364)}, ""),
        ({"wanted": WANTED._replace(days=365)}, "it ends in 365 days"),
        ({"now": NOW + datetime.timedelta(days=400)}, "it ends in -35 days"),
        ({"wanted": WANTED._replace(subject="other")}, "it is for storage-a-1, and not for other"),
        ({"wanted": WANTED._replace(names=["a", "b"])}, "it is for the hosts 198.18.1.2, storage-a-1"),
        ({"wanted": WANTED._replace(addresses=[])}, "it is for the hosts 198.18.1.2, storage-a-1"),
        ({"key": pem(KEYS["other"])}, "its key is that of another one"),
        ({"key": b"no key"}, "its key is that of another one"),
        ({"authority": OTHER_AUTHORITY}, "its authority has not signed it"),
        ({"certificate": b"no certificate"}, "it cannot be read: "),
        ({"certificate": b""}, "it is not complete: "),
        ({"key": b""}, "it is not complete: "),
        ({"authority": b""}, "it is not complete: "),
    ],
)
def test_why_another_certificate_is_due(changed, fault):
    given = {"certificate": CERTIFICATE, "key": pem(KEYS["own"]), "authority": AUTHORITY, "wanted": WANTED, "now": NOW}
    found = module.examine(**given | changed)
    assert found.fault == fault if not fault or not fault.endswith(": ") else found.fault.startswith(fault)


def test_days_that_are_left():
    found = module.examine(CERTIFICATE, pem(KEYS["own"]), AUTHORITY, WANTED, NOW)
    assert found == module.Found("storage-a-1", 365, 3650, "")
