"""Where the command ``parkwatch`` begins: nothing heavy is imported before Ctrl-C is provided for."""

import signal


def main() -> None:
    """Run the command line; Ctrl-C while its modules still load ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from monitor.cli import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()
