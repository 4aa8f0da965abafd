"""The command line: thin verbs over the jobs; every error ends in one sentence and an exit code."""

import os
import sys
from pathlib import Path

from monitor.cli import backfilling, crawling, digests, extracting, parks, reading, running  # noqa: F401 (each adds its verbs to the app)
from monitor.cli.app import UNSEEN, USAGE, WITHOUT_STORE, app, fail_with, failed, set_up


def main() -> None:
    """Run the command line."""
    arguments, settings_file, debug = _common_options(sys.argv[1:])
    set_up(settings_file, debug=debug)
    try:
        app(args=arguments, prog_name="parkwatch")
    except BrokenPipeError:
        # Whoever read our output has had enough: 'parkwatch articles | head' is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        fail_with("stopped", UNSEEN)
    except Exception as error:  # the one place where errors become sentences
        if debug:
            raise
        failed(error)


def _common_options(arguments: list[str]) -> tuple[list[str], Path | None, bool]:
    """Take ``--settings FILE`` and ``--debug`` out of the arguments, wherever they stand."""
    rest, settings_file, debug = [], None, False
    queue = iter(arguments)
    for argument in queue:
        if argument == "--debug":
            debug = True
        elif argument == "--settings":
            value = next(queue, None)
            if value is None:
                fail_with("--settings needs the path of a settings file", USAGE)
            settings_file = Path(value)
        elif argument.startswith("--settings="):
            settings_file = Path(argument.removeprefix("--settings="))
        else:
            rest.append(argument)
    return rest, settings_file, debug


__all__ = ["WITHOUT_STORE", "main"]
