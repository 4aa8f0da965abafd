"""The words of the house as types: frozen records that travel between its rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

#: Fields of an article that a layout reads, in the order in which people read them (schema.org NewsArticle names).
FIELDS = ("headline", "date_published", "source", "body")


class ChangeKind(StrEnum):
    """What the ledger can say of an article."""

    NEW = "new"
    EDITED = "edited"
    RETITLED = "retitled"
    REDATED = "redated"
    MOVED = "moved"
    UNLISTED = "unlisted"
    REMOVED = "removed"
    RESTORED = "restored"
    #: Found by a backfill: told in a section of its own, never as news.
    RECOVERED = "recovered"


class ArticleState(StrEnum):
    """How an article stands on its site."""

    LIVE = "live"
    UNLISTED = "unlisted"
    REMOVED = "removed"


class Origin(StrEnum):
    """Why we came to know of an article's address."""

    BASELINE = "baseline"
    CRAWL = "crawl"
    BACKFILL = "backfill"


#: How the name ends of a locator whose finds must be said elsewhere as well.
CONFIRMED = " confirmed"
#: How the reason begins of a visit that did not read a listing down to what was known.
GAP = "a gap: "


class ConditionKind(StrEnum):
    """Why a park, or a part of it, cannot be seen."""

    UNREACHABLE = "unreachable"
    BLOCKED = "blocked"
    DRIFTED = "drifted"
    ROBOTS_REFUSED = "robots-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """One site we watch."""

    slug: str
    name: str
    time_zone: str
    language: str
    listings: tuple[str, ...]
    layouts: tuple[str, ...]
    hosts: frozenset[str]
    cadence_minutes: int = 360
    encoding: str | None = None
    tls_verify: bool = True
    #: Further forms of its articles' addresses, that no layout knows.
    articles: tuple[str, ...] = ()


class FieldsRow(TypedDict):
    """An article's fields as scripts and feeds get them."""

    headline: str
    date_published: str | None
    date_published_raw: str | None
    source: str | None
    body: str
    in_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFields:
    """What one page says: the raw stamp is kept beside the parsed one.

    ``date_published`` is ISO 8601: a date alone where the page shows no time, else with the park's offset.
    ``body`` holds paragraphs in reading order.
    """

    headline: str
    date_published: str | None = None
    date_published_raw: str | None = None
    source: str | None = None
    body: tuple[str, ...] = ()
    in_language: str = "en"

    def as_row(self) -> FieldsRow:
        """Return the fields under the keys that scripts and feeds rely on, paragraphs parted by an empty line."""
        return {
            "headline": self.headline,
            "date_published": self.date_published,
            "date_published_raw": self.date_published_raw,
            "source": self.source,
            "body": "\n\n".join(self.body),
            "in_language": self.in_language,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One response as it came."""

    url: str
    captured_at: datetime
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    origin: str = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to ask again with (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """How a version on record reads by today's rules: our own edit, which is never a change of the site's."""

    fields: ArticleFields
    layout: str
    layout_revision: str
    located_by: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A good reading of one article: what was read, off which captures, by which layout."""

    park: str
    key: str
    url: str
    fields: ArticleFields
    captures: tuple[Capture, ...]
    layout: str
    layout_revision: str
    located_by: Mapping[str, str] = field(default_factory=dict)
    seen_at: datetime
    origin: Origin = Origin.CRAWL
    validators: Validators = NO_VALIDATORS
    #: The key under which it was asked for, where a redirect led elsewhere.
    asked_key: str | None = None
    asked_url: str | None = None
    #: The key under which the article is on record, where its present address has another.
    known_as: str | None = None
    #: Its old address leads here or has gone.
    is_moved: bool = False
    visit: int | None = None
    #: Whether a listing of this visit led here, and the headline as it was given there.
    is_listed: bool = False
    listed_headline: str | None = None
    #: Set where the version on record would be read otherwise today: it is restated before the two are compared.
    restated: Restated | None = None
    #: What differs from the record is what the site did to most of its texts at once: no change of this one.
    is_by_design: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What a decision needs to know of an article that is on record."""

    id: int
    key: str
    url: str
    state: ArticleState
    fields: ArticleFields
    version: int
    content_hash: str
    last_seen: datetime
    #: The date that the listing gave, where the one on record rests on that.
    listed_date: str | None = None
    #: The headline as a listing last gave it.
    listed_headline: str | None = None
    #: The locator that found its text.
    body_way: str | None = None


def listed_date_of(fields: ArticleFields, located_by: Mapping[str, str]) -> str | None:
    """Return the characters of a date that a listing gave, or that counts because the listing says the same day."""
    way = located_by.get("date_published", "")
    return fields.date_published_raw if way == "listing" or way.endswith(CONFIRMED) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """A known article that is to be asked for again."""

    article_id: int
    key: str
    url: str
    validators: Validators
    is_removed: bool = False
    headline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An article's address as a listing gives it."""

    key: str
    url: str
    headline: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One change as a digest or an export needs it."""

    number: int
    kind: ChangeKind
    park: str
    article_id: int
    url: str
    headline: str
    seen_after: datetime | None
    seen_at: datetime
    changed_fields: tuple[str, ...]
    before: int | None
    after: int | None
    fields_before: ArticleFields | None = None
    fields_after: ArticleFields | None = None
    previous_url: str | None = None

    @property
    def is_recovered(self) -> bool:
        """Whether a backfill found it."""
        return self.kind is ChangeKind.RECOVERED
