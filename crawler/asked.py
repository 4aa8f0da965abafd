"""What is asked for, and what may come of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.alike import Edit
from crawler.layouts import Layout
from crawler.listing import key_of
from crawler.shared_values import Doubt, Doubtful
from storage.drift import UnreadPage
from storage.records import NO_VALIDATORS, Link, Observation, Recheck, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for: a link from a listing, or a known article once more."""

    key: str
    url: str
    link: Link | None = None
    article_id: int | None = None
    validators: Validators = NO_VALIDATORS
    is_probe: bool = False
    is_removed: bool = False
    #: Asked for to learn what the site shows everywhere: that it is as it was says nothing of that.
    is_witness: bool = False
    #: Asked for once more because it answered "not found" earlier in this visit.
    is_second_look: bool = False
    #: The headline on record, or that of the listing.
    headline: str | None = None
    #: The date that the listing gives, or gave.
    date: str | None = None

    @classmethod
    def new(cls, link: Link) -> "Asked":
        """Ask for an article that is not on record."""
        return cls(key=link.key, url=link.url, link=link, headline=link.headline, date=link.date)

    @classmethod
    def again(cls, recheck: Recheck, validators: Validators, *, is_probe: bool = False) -> "Asked":
        """Ask for a known article, conditionally if there are validators."""
        return cls(
            key=recheck.key,
            url=recheck.url,
            article_id=recheck.article_id,
            validators=validators,
            is_probe=is_probe,
            is_removed=recheck.is_removed,
            headline=recheck.headline,
        )

    @classmethod
    def as_witness(cls, recheck: Recheck) -> "Asked":
        """Ask for a known article to learn what the site shows everywhere."""
        return replace(cls.again(recheck, NO_VALIDATORS), is_witness=True)

    @classmethod
    def address(cls, url: str, layouts: Sequence[Layout]) -> "Asked":
        """Ask for a page of which nothing is known but its address."""
        return cls(key=key_of(url, list(layouts)), url=url)

    def whole(self) -> "Asked":
        """Return the same question without validators."""
        return replace(self, validators=NO_VALIDATORS, is_probe=False)

    def second_look(self) -> "Asked":
        """Return the same question to be asked again at the end of the visit."""
        return replace(self.whole(), is_second_look=True)

    def headers(self) -> dict[str, str]:
        """Return the request's conditional headers (RFC 9110, section 13.1)."""
        given = {
            "If-None-Match": self.validators.etag,
            "If-Modified-Since": self.validators.last_modified,
        }
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArticle:
    """The article was read."""

    observation: Observation
    #: What differs from the record, if that may be the site's doing.
    edit: Edit | None = None
    #: What of it may not be the article's own.
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The site says that the article is not there."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A page came, and no layout fits it."""

    reason: str
    page: UnreadPage


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSeen:
    """No page came, or something else in its place."""

    reason: str


def doubtful_of(asked: Asked, result: ReadArticle) -> Doubtful | None:
    """Return a reading that is to wait with what was asked for, None if nothing in it is in doubt."""
    if not result.doubts:
        return None
    return Doubtful(
        observation=result.observation,
        doubts=result.doubts,
        article_id=asked.article_id,
        key=asked.key,
        edit=result.edit,
    )
