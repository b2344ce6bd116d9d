#!/usr/bin/python
# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: host_certificate_info
short_description: What the certificate of a host is worth, and for how long
version_added: 0.2.0
description:
  - Reads a certificate, its private key and the certificate of its authority, and says whether another one is due. The
    key is compared, and never returned.
  - Without the library C(cryptography) for Python on the host another one is due.
options:
  certificate:
    description: File of the certificate.
    type: path
    required: true
  key:
    description: File of its private key.
    type: path
    required: true
  authority:
    description: File of the certificate of the authority that should have signed it, with a key of an elliptic curve.
    type: path
    required: true
  subject:
    description: Whom the certificate should be for.
    type: str
    required: true
  names:
    description: DNS names that it should be for.
    type: list
    elements: str
    default: []
  addresses:
    description: IP addresses that it should be for.
    type: list
    elements: str
    default: []
  days:
    description: It is due for renewal when it has so many days left, or fewer.
    type: int
    default: 0
extends_documentation_fragment: [netfs.bench.modes.reads]
author:
  - netfs.bench contributors (@netfs)
"""

EXAMPLES = r"""
- name: Ask whether the certificate lasts another month
  netfs.bench.host_certificate_info:
    certificate: /etc/ours/host.crt
    key: /etc/ours/host.key
    authority: /etc/ours/ca.crt
    subject: nas
    names: [nas]
    days: 30
  register: found
"""

RETURN = r"""
fault:
  description: Why another certificate is due; empty when none is.
  returned: always
  type: str
subject:
  description: Whom it is for; empty when it cannot be read.
  returned: always
  type: str
days_left:
  description: For how many whole days it is valid; V(-1) when it cannot be read.
  returned: always
  type: int
authority_days_left:
  description: For how many whole days its authority is valid; V(-1) when one of both cannot be read.
  returned: always
  type: int
certificate:
  description: The certificate, as it is in its file; empty when there is none.
  returned: always
  type: str
authority:
  description: The certificate of the authority, as it is in its file; empty when there is none.
  returned: always
  type: str
installed:
  description: Whether the host has the library.
  returned: always
  type: bool
"""

import datetime
import ipaddress
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.netfs.bench.plugins.module_utils._certificates import INSTALLED, Found, Wanted, examine


def content_of(path):
    """Return what is in a file, nothing when there is none."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        return b""


def exposed(path):
    """Return why a key is not as secret as it has to be, nothing when it is or when there is none."""
    try:
        seen = Path(path).stat()
    except FileNotFoundError:
        return ""
    mode = seen.st_mode & 0o7777
    return f"its key has mode {mode:04o} and belongs to user {seen.st_uid}" if (mode, seen.st_uid) != (0o600, 0) else ""


def look(params):
    """Return what the files say."""
    certificate, key, authority = (content_of(params[name]) for name in ("certificate", "key", "authority"))
    if INSTALLED:
        addresses = [str(ipaddress.ip_address(address)) for address in params["addresses"]]
        wanted = Wanted(params["subject"], params["names"], addresses, params["days"])
        now = datetime.datetime.now(datetime.UTC)
        found = examine(certificate, key, authority, wanted, now)
    else:
        found = Found(fault="the host has no library to read it: install python3-cryptography")
    said = {**found._asdict(), "fault": found.fault or exposed(params["key"])}
    return {**said, "certificate": certificate.decode(), "authority": authority.decode(), "installed": INSTALLED}


def main():
    module = AnsibleModule(
        argument_spec={
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
            "authority": {"type": "path", "required": True},
            "subject": {"type": "str", "required": True},
            "names": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "days": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    try:
        result = look(module.params)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"The certificate cannot be read: {error}")
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
