# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for the notice that AWS takes a spot node back, then drains and stops what serves there, and ends.

AWS gives two minutes at best. Nothing but the notice ends it before: an answer that is missing or odd is asked again.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

LOG = logging.getLogger("interruption")
METADATA = os.environ.get("NETFS_METADATA", "http://169.254.169.254")
EVERY_SECONDS = float(os.environ.get("NETFS_METADATA_EVERY", "5"))
ANSWER_SECONDS = float(os.environ.get("NETFS_METADATA_ANSWER", "2"))
DRAIN = os.environ.get("NETFS_DRAIN", "/etc/netfs-bench/drain")
DRAIN_SECONDS = 90.0
# what is left for stopping after a drain that took all of its time
RESERVE_SECONDS = 15.0
UNITS = ("netfs-*.service", "nfs-server.service", "nfs-ganesha*.service")


def ask(path: str, token: str) -> str:
    """Return what the metadata service says at a path."""
    headers = {"X-aws-ec2-metadata-token": token}
    request = urllib.request.Request(f"{METADATA}/latest/{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
        return str(answer.read().decode())


def new_token() -> str:
    """Return a token for the next six hours."""
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
    request = urllib.request.Request(f"{METADATA}/latest/api/token", headers=headers, method="PUT", data=b"")
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
        return str(answer.read().decode())


def until_notice() -> datetime:
    """Wait for the notice and return when the node ends."""
    token = ""
    while True:
        try:
            token = token or new_token()
            notice = json.loads(ask("meta-data/spot/instance-action", token))
            ends = datetime.fromisoformat(notice["time"]).astimezone(UTC)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                token = ""
            elif error.code != 404:  # 404 is the answer of every day: no notice
                LOG.info("the metadata service answered %s", error.code)
        except (OSError, ValueError, KeyError, TypeError) as error:
            LOG.info("the metadata service cannot be read: %s", error)
        else:
            LOG.info("notice: %s at %s", notice.get("action", "unknown"), ends.isoformat())
            return ends
        time.sleep(EVERY_SECONDS)


def run(words: list[str], seconds: float) -> str:
    """Run a command for so long; whatever becomes of it is said, and stops nothing."""
    try:
        done = subprocess.run(words, timeout=max(seconds, 1), capture_output=True, text=True, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        LOG.info("%s: %s", words[0], error)
        return ""
    if done.returncode:
        LOG.info("%s: exit code %s: %s", " ".join(words), done.returncode, done.stderr.strip())
    return done.stdout


def main() -> None:
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    ends = until_notice()

    def left() -> float:
        return (ends - datetime.now(UTC)).total_seconds()

    if os.access(DRAIN, os.X_OK):
        run([DRAIN], min(DRAIN_SECONDS, left() - RESERVE_SECONDS))
    listed = run(["systemctl", "list-units", "--state=active", "--plain", "--no-legend", *UNITS], 5)
    for unit in (line.split()[0] for line in listed.splitlines() if line.strip()):
        run(["systemctl", "stop", unit], min(RESERVE_SECONDS, left()))
    run(["sync"], 5)
    LOG.info("stopped")


if __name__ == "__main__":
    main()
