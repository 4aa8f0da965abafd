"""Ask the machine about its processes."""

import os
import socket


def this_host() -> str:
    """Return the name under which this machine's visits are on record."""
    return socket.gethostname()


def process_lives(pid: int) -> bool:
    """Say whether a process of this machine is alive."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
