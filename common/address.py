"""Under which host others reach a server that listens on an address. `python -m common.address 0.0.0.0` prints it.

It stands alone because the demo needs SITE_URL before the settings are read.
"""

import socket
import sys

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})


def reachable(host: str) -> str:
    """The host as it stands in a URL. Connecting a datagram socket sends nothing: it only chooses our address."""
    if host not in EVERYWHERE:
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


if __name__ == "__main__":
    print(reachable(sys.argv[1]))
