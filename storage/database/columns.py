"""Column types that the databases do not agree on by themselves."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_NOWHERE_TAKEN = re.compile("[\x00\ud800-\udfff]")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment: SQLite hands even a zoned column back naive, so the zone is put on and off here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment, store the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand an aware moment back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Damaged:
    """Stands for a text that cannot be read."""

    def __str__(self) -> str:
        raise ValueError("a text in the store cannot be read: run 'parkwatch verify'")


class Texts(TypeDecorator[list[Any]]):
    """A list of texts. One that is damaged holds what cannot be written, so that what it belongs to fails alone."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read a list off its JSON."""
        read = super().result_processor(dialect, coltype)

        def read_or_none(value: Any) -> Any:
            try:
                return read(value) if read else value
            except (ValueError, RecursionError):
                return [_Damaged()]

        return read_or_none


class PlainText(TypeDecorator[str]):
    """Text that every database takes: NUL and halves of characters, which some refuse, become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what PostgreSQL (NUL) and UTF-8 (surrogates) cannot hold."""
        return None if value is None else _NOWHERE_TAKEN.sub("\ufffd", value)
