"""The store: the only room that imports SQLAlchemy. Functions take a session; :class:`Store` holds the engine."""

from sqlalchemy.orm import Session

from storage.database import drift as _drift  # noqa: F401 (its tables belong to the store)
from storage.database.engine import (
    Store,
    StoreError,
    cause_of,
    copy_before,
    in_words,
    open_store,
    shown,
    slow_journal,
    upgrade_store,
)

__all__ = [
    "Session",
    "Store",
    "StoreError",
    "cause_of",
    "copy_before",
    "in_words",
    "open_store",
    "shown",
    "slow_journal",
    "upgrade_store",
]
