"""Where the command ``parkwatch`` begins: nothing heavy is imported before Ctrl-C is provided for."""

import os
import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C while its modules still load ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _hold_standard_streams()
    from monitor.cli import main as run

    heed_lost_interrupts()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def heed_lost_interrupts() -> None:
    """End the process where Python drops a Ctrl-C.

    What is raised while an object is being deleted is printed and forgotten (``object.__del__`` in the language's
    reference), and the pattern library deletes many while layouts are read: the verb would go on to its end.
    """
    before = sys.unraisablehook

    def hook(dropped: "sys.UnraisableHookArgs") -> None:
        if isinstance(dropped.exc_value, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
        before(dropped)

    sys.unraisablehook = hook


def _hold_standard_streams() -> None:
    """Open what was closed by whoever started us: else the first connection gets its number, and what is written."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
