"""Processes forked from one that has imported the product: a start of Python costs more than most of what is tried."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import crawler.child

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.torture.steps",
        # What a visit imports when it begins.
        "crawler.spiders.park",
        "crawler.spiders.loader",
        "crawler.settings",
        "crawler.extensions",
        "crawler.middlewares",
        "crawler.pipelines",
        "crawler.robots",
        "scrapy.downloadermiddlewares.cookies",
        "scrapy.extensions.remote_control",
        # What a store imports when it is opened.
        "pysqlite3",
        "sqlalchemy.dialects.sqlite",
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
    ]
)


class ForkedChild:
    """What ``start_child`` gives, as far as it is used: the same code at the other end of the same two pipes."""

    def __init__(self) -> None:
        its_in, our_out = FORKS.Pipe(duplex=False)
        our_in, its_out = FORKS.Pipe(duplex=False)
        born, birth = FORKS.Pipe(duplex=False)
        self._process = start(_be_child, its_in, its_out, birth, os.getcwd(), dict(os.environ))
        birth.close()
        # The server that it is forked from ignores Ctrl-C, and so does it for a moment.
        born.poll(30)
        born.close()
        its_in.close()
        its_out.close()
        self.stdin = os.fdopen(os.dup(our_out.fileno()), "w", encoding="utf-8")
        self.stdout = os.fdopen(os.dup(our_in.fileno()), encoding="utf-8")
        our_in.close()
        our_out.close()
        assert self._process.pid
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> "ForkedChild":
        return self

    def __exit__(self, *_: object) -> None:
        self.stdin.close()
        self.stdout.close()
        self.wait()


def start(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Begin *work* in a process of its own."""
    process = FORKS.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


def run_scrapy(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str], seconds: float = 90
) -> "subprocess.CompletedProcess[str]":
    """Run one of Scrapy's own commands in *folder*: what it says and its exit code."""
    said = [folder / ".scrapy-stdout", folder / ".scrapy-stderr"]
    process = start(_be_scrapy, arguments, str(folder), environment, *map(str, said))
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        raise subprocess.TimeoutExpired(arguments, seconds)
    out, err = (each.read_text(encoding="utf-8") for each in said)
    return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


def _be_scrapy(arguments: tuple[str, ...], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    from scrapy.cmdline import execute

    for number, path in ((1, out), (2, err)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    # The server's own streams may have been taken from it before it forked.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    try:
        execute(["scrapy", *arguments])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _be_child(
    its_in: Connection, its_out: Connection, birth: Connection, folder: str, environment: dict[str, str]
) -> None:
    os.setsid()
    birth.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = os.fdopen(its_in.fileno(), encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(its_out.fileno(), "w", encoding="utf-8", closefd=False)
    crawler.child.main()
    sys.stdout.flush()
