# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mount(8) calls for a file system of type claudefs: cfs mount DIRECTORY --server HOST:PORT --cache-ttl TIME.

The program may stay in the foreground, or go into the background. What counts is that something is mounted.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LOG = Path("/run/netfs-bench-claudefs.log")
SECONDS = 25.0
ENDED_SECONDS = 2.0
"""How long the mount may come after the program that went into the background has ended."""
KILLED_SECONDS = 2.0
NEEDED = {"program", "server", "cache-ttl"}
ASKED_BY_MOUNT = {"rw", "defaults"}


def fail(sentence):
    """End as mount(8) wants it of a failure."""
    sys.stderr.write(f"mount.claudefs: {sentence}\n")
    sys.exit(32)


def arguments_of(words):
    """Return directory and options of: SOURCE DIRECTORY [-sfnv] [-o OPTION[=VALUE],...]"""
    if len(words) < 2:
        fail("give a source and a directory")
    given = {}
    if "-o" in words:
        for option in words[words.index("-o") + 1].split(","):
            name, _equals, value = option.partition("=")
            given[name] = value
    unknown = set(given) - NEEDED - ASKED_BY_MOUNT
    if unknown or NEEDED - set(given):
        fail(f"the options are {', '.join(sorted(NEEDED))}, not {', '.join(sorted(given)) or 'none'}")
    return words[1], given


def mounts_at(directory):
    """Return how many mounts there are at a directory."""
    target = directory
    for character in "\\ \t\n":  # as the kernel writes them
        target = target.replace(character, f"\\{ord(character):03o}")
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    return sum(line.split(" ")[4:5] == [target] for line in lines)


def said():
    """Return what the program said last."""
    return " ".join(LOG.read_text(encoding="utf-8", errors="replace").split())[-500:] or "nothing"


def wait(process, directory, before):
    """Wait until something more is mounted; return why it is not."""
    until = time.monotonic() + SECONDS
    ended = None
    while time.monotonic() < until:
        if mounts_at(directory) > before:
            return ""
        if process.poll():
            return f"cfs mount failed with status {process.returncode}; it said: {said()}"
        if process.returncode == 0:
            ended = ended or time.monotonic() + ENDED_SECONDS
            if time.monotonic() > ended:
                return f"cfs mount ended without an error, and nothing is mounted; it said: {said()}"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(KILLED_SECONDS)
    return f"nothing is mounted after {SECONDS:g} seconds; cfs mount said: {said()}"


def main():
    directory, options = arguments_of(sys.argv[1:])
    before = mounts_at(directory)
    argv = [options["program"], "mount", directory]
    argv += ["--server", options["server"], "--cache-ttl", options["cache-ttl"]]
    with LOG.open("wb") as log:
        try:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        except OSError as error:
            fail(f"{options['program']} cannot be run: {error.strerror}")
    reason = wait(process, directory, before)
    if reason:
        fail(reason)


if __name__ == "__main__":
    main()
