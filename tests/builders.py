"""Make the things that tests talk about; a test states only what matters to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from storage.database import Store, visits
from storage.records import ArticleFields, Capture, Observation, Park

DAY_1 = datetime(2024, 5, 6, 8, 0, tzinfo=UTC)
DAY_2 = DAY_1 + timedelta(days=1)
DAY_3 = DAY_1 + timedelta(days=2)


def a_park(slug: str = "eastgate", **more: Any) -> Park:
    given: dict[str, Any] = {
        "slug": slug,
        "name": slug.title(),
        "time_zone": "Asia/Shanghai",
        "language": "en",
        "listings": (f"http://{slug}.example/news/",),
        "layouts": ("tjuda",),
        "hosts": frozenset({f"{slug}.example"}),
    }
    return Park(**{**given, **more})


def an_article(**more: Any) -> ArticleFields:
    given: dict[str, Any] = {
        "headline": "A bearing works doubles its floor",
        "date_published": "2024-05-01",
        "date_published_raw": "2024-05-01",
        "source": "Eastgate Daily",
        "body": ("The new hall has 26 machines.", "They came by night."),
    }
    return ArticleFields(**{**given, **more})


def an_observation(
    key: str = "doc:1", *, seen_at: datetime = DAY_1, park: str = "eastgate", **more: Any
) -> Observation:
    url = more.pop("url", f"http://{park}.example/news/{key.removeprefix('doc:')}.html")
    given: dict[str, Any] = {
        "park": park,
        "key": key,
        "url": url,
        "fields": an_article(),
        "captures": (Capture(url=url, captured_at=seen_at, status=200, content=f"<p>{key} {seen_at}</p>".encode()),),
        "layout": "tjuda",
        "layout_revision": "r1",
        "seen_at": seen_at,
    }
    return Observation(**{**given, **more})


def address_of(store: Store) -> str:
    """Return a store's address as another process needs it."""
    return store._url.render_as_string(hide_password=False)


def begun(store: Store, *, now: datetime = DAY_1, park: str = "eastgate") -> int:
    """Begin a visit whose process is dead already, and return its id."""
    with store.writing() as session:
        return visits.begin(session, park, kind="visit", now=now, host="h", pid=1, is_alive=lambda _: False)


def damage(store: Store, statement: str) -> None:
    """Change rows as damage does, which no foreign key stops."""
    with store._writers.connect() as connection:
        if store.path:
            connection.exec_driver_sql("COMMIT")  # the switch works outside transactions alone
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.exec_driver_sql(statement)
        connection.commit()
        connection.invalidate()
