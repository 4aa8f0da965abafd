"""What spiders yield: an article's fields, and for the store the observation that they come from."""

from dataclasses import dataclass

from crawler.alike import Edit
from crawler.shared_values import Doubtful
from storage.database.exports import ArticleLine
from storage.records import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleItem:
    """An article's fields in schema.org's words; ``body`` has its paragraphs parted by an empty line."""

    url: str
    park: str
    headline: str
    date_published: str | None
    date_published_raw: str | None
    source: str | None
    body: str
    in_language: str

    @classmethod
    def of(cls, found: Observation | ArticleLine) -> "ArticleItem":
        """Return the item for an article as it was just read, or as it is on record."""
        return ArticleItem(url=found.url, park=found.park, **found.fields.as_row())


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedItem(ArticleItem):
    """An article of which the store is to be told."""

    observation: Observation
    #: What differs from the record, if that may be the site's doing.
    edit: Edit | None = None
    #: Set where something in it may not be the article's own.
    doubtful: Doubtful | None = None

    @classmethod
    def observed(
        cls, observation: Observation, edit: Edit | None = None, doubtful: Doubtful | None = None
    ) -> "ObservedItem":
        """Return the item for an observation."""
        row = observation.fields.as_row()
        return cls(
            url=observation.url, park=observation.park, **row, observation=observation, edit=edit, doubtful=doubtful
        )
