"""The processes that fetch pages: a plan goes in by stdin, what happens comes out by stdout."""

import os
import subprocess
import sys

#: -P: a file in the operator's folder must not pass for a module.
CHILD = (sys.executable, "-P", "-m", "crawler.child")


def start_child() -> "subprocess.Popen[str]":
    """Start one; it ends by itself when its stdin is closed."""
    return subprocess.Popen(
        CHILD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        # Its own group: Ctrl-C reaches the parent alone, who tells the children.
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
