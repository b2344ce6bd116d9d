# Copyright netfs.bench contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service that does not exist, on several hosts, and its client. It can be told to lie.

made_up_engine.py serve PORT MEMBERS LIE    MEMBERS with commas; LIE is honest, exits, silent or forgets
made_up_engine.py ask PORT MEMBERS          succeeds when the service at the port counts these members
"""

from __future__ import annotations

import socket
import sys
import time

LIES = ("exits", "silent", "forgets")


def serve(port: int, members: list[str], lie: str) -> None:
    """Tell everybody who asks the members: all of them, nobody, or all but the last."""
    if lie == "exits":
        sys.stdout.write("made-up engine starting...\n")
        return
    with socket.create_server(("127.0.0.1", port)) as listener:
        while lie == "silent":
            time.sleep(60)
        while True:
            connection, _peer = listener.accept()
            with connection:
                connection.sendall(",".join(members[:-1] if lie == "forgets" else members).encode())


def ask(port: int, members: list[str]) -> str:
    """Return what is wrong with the service, nothing when it is what it should be."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(1)
            said = connection.recv(1000).decode()
    except OSError as error:
        return f"the made-up engine does not answer: {error}"
    missing = [member for member in members if member not in said.split(",")]
    return f"it forgot {', '.join(missing)}" if missing else ""


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]), sys.argv[3].split(","), sys.argv[4])
    else:
        sys.exit(ask(int(sys.argv[2]), sys.argv[3].split(",")) or 0)
