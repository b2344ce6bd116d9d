# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connection options that the cloud modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  region:
    description: Region. Environment E(AWS_REGION) if empty.
    type: str
    default: ""
  endpoint_url:
    description:
      - Another endpoint than AWS's own. Environment E(AWS_ENDPOINT_URL) if empty.
      - Credentials that are not AWS's are refused with any endpoint that is not on the loopback interface.
    type: str
    default: ""
notes:
  - Credentials come the way boto3 finds them (environment, profile, instance role); there is no option for them.
requirements:
  - boto3
"""

    PROJECT = r"""
options:
  project:
    description: Value of the tag V(project).
    type: str
    default: netfs-bench
"""

    LEDGER = r"""
options:
  cluster:
    description: Value of the tag V(cluster).
    type: str
    required: true
  directory:
    description: Where the guard keeps its ledger, its state and its lock, on the host that runs it.
    type: path
    required: true
  cap:
    description: Dollars that may be spent.
    type: str
    required: true
  since:
    description: Since when money counts, in ISO 8601. Midnight UTC when empty, so that the cap is one per day.
    type: str
    default: ""
  volume_gb:
    description: Size of the largest root volume, which counts for each node.
    type: int
    default: 50
  prices:
    description: Price table, as module P(netfs.bench.cloud_price_info#module) takes it.
    type: dict
    default: {}
"""
