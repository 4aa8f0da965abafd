"""Stores to be tortured: each a copy of one prepared beforehand, in SQLite or in PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from storage.database import open_store, subscriptions, upgrade_store
from tests.builders import DAY_1
from tests.postgres import database, serving

KINDS = ("sqlite", "postgresql")
#: Who reads what; three, so that every point of a digest is come by three times.
READERS = {"all@example.org": (), "east@example.org": ("eastgate",), "west@example.org": ("westgate",)}

Prepare = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stand:
    """A store's address, and a folder for what belongs to it."""

    kind: str
    url: str
    folder: Path


class Stands:
    """Hands out copies of a prepared store; the first preparation of a kind pays for all."""

    def __init__(self, kind: str, folder: Path, server: str | None = None) -> None:
        self.kind = kind
        self._folder = folder
        self._stack = ExitStack()
        self._server = server
        self._ready: dict[str, str] = {}
        self._count = 0

    def __enter__(self) -> "Stands":
        if self.kind == "postgresql" and self._server is None:
            self._server = self._stack.enter_context(serving())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def stand(self, name: str, prepare: Prepare) -> Iterator[Stand]:
        """Give a store of its own that is as *prepare* left the one that *name* stands for."""
        if name not in self._ready:
            self._ready[name] = self._prepared(name, prepare)
        self._count += 1
        folder = self._folder / f"{self.kind}-{self._count}"
        (folder / "parks").mkdir(parents=True)
        if self.kind == "sqlite":
            shutil.copyfile(self._ready[name], folder / "parkwatch.db")
            yield Stand(self.kind, f"sqlite:///{folder / 'parkwatch.db'}", folder)
        else:
            assert self._server is not None
            with database(self._server, self._ready[name]) as url:
                yield Stand(self.kind, url, folder)
        shutil.rmtree(folder)

    def _prepared(self, name: str, prepare: Prepare) -> str:
        if self.kind == "sqlite":
            path = self._folder / f"{name}.db"
            prepare(f"sqlite:///{path}")
            return str(path)
        assert self._server is not None
        url = self._stack.enter_context(database(self._server))
        prepare(url)
        return str(make_url(url).database)


def with_readers(url: str) -> None:
    """Make a store with the readers and nothing else."""
    upgrade_store(url)
    store = open_store(url)
    for address, parks in READERS.items():
        with store.writing() as session:
            subscriptions.subscribe(
                session,
                address=address,
                parks=parks,
                words=(),
                cadence="hourly",
                time_zone="UTC",
                now=DAY_1,
                covers_since=DAY_1,
            )
    store.close()
