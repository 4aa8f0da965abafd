"""Where the command ``parkwatch`` begins: nothing heavy is imported before Ctrl-C is provided for."""

import os
import signal


def main() -> None:
    """Run the command line; Ctrl-C while its modules still load ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _hold_standard_streams()
    from monitor.cli import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _hold_standard_streams() -> None:
    """Open what was closed by whoever started us: else the first connection gets its number, and what is written."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
