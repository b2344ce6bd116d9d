# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options that the S3 modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description: URL of the store, such as V(http://198.18.0.10:9000).
    type: str
    required: true
  region:
    description: Region that requests are signed for.
    type: str
    default: us-east-1
  access_key:
    description: Access key.
    type: str
    required: true
  secret_key:
    description: Secret key.
    type: str
    required: true
  addressing:
    description: Where the bucket's name goes in a URL, into the path or in front of the host's name.
    type: str
    choices: [path, virtual]
    default: path
  ca_file:
    description: File with the certificate that the store's own is checked against. The system's are used if omitted.
    type: path
  timeout:
    description: Seconds that one request may take.
    type: int
    default: 10
"""
