# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all dfsctl modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the connection, written once."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - Address of the control plane, without a path.
      - The server listens on the loopback interface by default, so the module usually runs on the server itself.
    type: str
    default: http://127.0.0.1:8080
  api_username:
    description: Account with the role C(admin).
    type: str
    default: admin
  api_password:
    description: Password of that account.
    type: str
  api_password_file:
    description:
      - File on the host where the module runs, whose first line is the password.
      - The role P(netfs.bench.dittofs#role) leaves the password of C(admin) in such a file, with mode 0600.
    type: path
  api_token:
    description: Access token of an earlier login, instead of a password. Such tokens expire after 15 minutes.
    type: str
  api_token_file:
    description: File whose first line is an access token.
    type: path
  api_validate_certs:
    description: Whether the certificate of an C(https) address is checked.
    type: bool
    default: true
  api_ca_file:
    description: Certificates of the authorities to trust, instead of those of the system.
    type: path
  api_client_cert:
    description: Client certificate, for a server that asks for one.
    type: path
  api_client_key:
    description: Key of the client certificate, unless it is in the same file.
    type: path
  api_timeout:
    description: Seconds that one request may take.
    type: int
    default: 30
  api_retries:
    description:
      - How many times a request that only reads is tried again, a second apart, when the server cannot be reached or
        answers 502, 503 or 504.
      - A request that changes something is never repeated, since the first one may have worked.
    type: int
    default: 2
notes:
  - Needs DittoFS 0.28 or newer, and was tried with 0.28.1 and 0.29.0. An older server, recognised by what its API
    lacks, is refused.
  - Set the connection once for all modules with C(module_defaults) and the group C(netfs.bench.dfsctl).
  - Secrets reach the server in the body of a request, never on a command line, and are not shown in results or diffs.
"""

    ATTRIBUTES = r"""
attributes:
  check_mode:
    description: Can tell what would change without changing it.
    support: full
  diff_mode:
    description: Shows what changes, with secrets masked.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
"""

    STORE = r"""
options:
  name:
    description: Name of the store.
    type: str
    required: true
  state:
    description:
      - Whether the store exists.
      - Removing it leaves its directory, its tables or its objects behind. A store that a share uses is not removed.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description: Seconds to wait until the server calls the store healthy.
    type: int
    default: 15
"""
