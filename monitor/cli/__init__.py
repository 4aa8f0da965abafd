"""The command line: thin verbs over the jobs; every error ends in one sentence and an exit code."""

import os
import sys
from pathlib import Path

import typer

from monitor.cli import (  # noqa: F401 (each adds its verbs to the app)
    adding,
    backfilling,
    crawling,
    digests,
    extracting,
    layouts,
    parks,
    proving,
    reading,
    reextracting,
    running,
    subscribing,
)
from monitor.cli.app import UNSEEN, USAGE, WITHOUT_STORE, app, fail_with, failed, set_up

#: What Typer returns for Ctrl-C.
_INTERRUPTED = 130
_NO_NUMBER = "Input should be a valid integer, unable to parse string as an integer"


def main() -> None:
    """Run the command line."""
    arguments, settings_file, debug = _common_options(sys.argv[1:])
    set_up(settings_file, debug=debug)
    try:
        code = app(args=arguments or ["--help"], prog_name="parkwatch", standalone_mode=False)
    except BrokenPipeError:
        # Whoever read our output has had enough: 'parkwatch articles | head' is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except typer.exceptions.TyperException as error:
        fail_with(_usage_sentence(error), USAGE)
    except Exception as error:  # the one place where errors become sentences
        if debug:
            raise
        failed(error)
    if code == _INTERRUPTED:
        fail_with("stopped", UNSEEN)
    sys.exit(code if isinstance(code, int) else 0)


def _usage_sentence(error: typer.exceptions.TyperException) -> str:
    """Return in one sentence what Typer says of a wrong option or argument, and where to read on."""
    said = error.format_message() if isinstance(error, typer.BadParameter.__base__ or ()) else str(error)
    said = (
        said.strip()
        .rstrip(".?")
        .replace(". Did you mean", ", did you mean")
        .replace("Value error, ", "")
        .replace(_NO_NUMBER, "write a whole number")
    )
    context = getattr(error, "ctx", None)
    return f"{said[:1].lower()}{said[1:]}: see '{context.command_path if context else 'parkwatch'} --help'"


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
