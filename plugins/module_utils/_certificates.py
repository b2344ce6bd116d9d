# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate of a host is worth: whether it fits its key, its authority, the host's names, and for how long."""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Sequence

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from cryptography.x509.oid import NameOID

    INSTALLED = True
except ImportError:
    INSTALLED = False


class Wanted(t.NamedTuple):
    """What a certificate should say."""

    subject: str
    names: Sequence[str]
    """DNS names."""
    addresses: Sequence[str]
    """IP addresses, each in its one spelling."""
    days: int
    """How many days have to be left, and more."""


class Found(t.NamedTuple):
    """What a certificate says, nothing where it cannot be read."""

    subject: str = ""
    days_left: int = -1
    authority_days_left: int = -1
    fault: str = ""
    """Why another one is due; empty when none is."""


def days_left(certificate: x509.Certificate, now: datetime.datetime) -> int:
    """Return for how many whole days a certificate is valid."""
    try:
        end = certificate.not_valid_after_utc
    except AttributeError:  # before cryptography 42
        end = certificate.not_valid_after.replace(tzinfo=datetime.UTC)
    return (end - now).days


def common_name(certificate: x509.Certificate) -> str:
    """Return whom a certificate is for."""
    return " ".join(str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME))


def hosts_of(certificate: x509.Certificate) -> set[str]:
    """Return the DNS names and the addresses that a certificate is for."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = map(str, extension.get_values_for_type(x509.IPAddress))
    return {*extension.get_values_for_type(x509.DNSName), *addresses}


def is_signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Return whether an authority, whose key is one of an elliptic curve, has signed a certificate."""
    key, algorithm = authority.public_key(), certificate.signature_hash_algorithm
    if not isinstance(key, ec.EllipticCurvePublicKey) or not algorithm or certificate.issuer != authority.subject:
        return False
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True


def is_key_of(certificate: x509.Certificate, key: bytes) -> bool:
    """Return whether a private key is that of a certificate."""
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        return load_pem_private_key(key, None).public_key().public_bytes(
            *form
        ) == certificate.public_key().public_bytes(*form)
    except (TypeError, ValueError):
        return False


def examine(certificate: bytes, key: bytes, authority: bytes, wanted: Wanted, now: datetime.datetime) -> Found:
    """Return what a certificate says, and why another one is due.

    :param certificate: PEM, as are `key`, its private key, and `authority`, the certificate that should have signed it;
      each is empty where there is none.
    """
    if not (certificate and key and authority):
        return Found(fault="it is not complete: there is no certificate, or not its key, or not its authority")
    try:
        own, signer = (x509.load_pem_x509_certificate(text) for text in (certificate, authority))
        left, signer_left = (days_left(each, now) for each in (own, signer))
        hosts, subject = hosts_of(own), common_name(own)
    except ValueError as error:
        return Found(fault=f"it cannot be read: {error}")
    reasons = (
        (not is_key_of(own, key), "its key is that of another one"),
        (not is_signed(own, signer), "its authority has not signed it"),
        (subject != wanted.subject, f"it is for {subject}, and not for {wanted.subject}"),
        (hosts != {*wanted.names, *wanted.addresses}, f"it is for the hosts {', '.join(sorted(hosts))}"),
        (left <= wanted.days, f"it ends in {left} days"),
    )
    return Found(subject, left, signer_left, next((reason for holds, reason in reasons if holds), ""))
