"""What spiders yield: an article's fields, and for the store the observation that they come from."""

from dataclasses import dataclass, fields

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
        read = found.fields
        return ArticleItem(
            url=found.url,
            park=found.park,
            headline=read.headline,
            date_published=read.date_published,
            date_published_raw=read.date_published_raw,
            source=read.source,
            body="\n\n".join(read.body),
            in_language=read.in_language,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedItem(ArticleItem):
    """An article of which the store is to be told."""

    observation: Observation

    @classmethod
    def observed(cls, observation: Observation) -> "ObservedItem":
        """Return the item for an observation."""
        plain = ArticleItem.of(observation)
        return cls(**{field.name: getattr(plain, field.name) for field in fields(plain)}, observation=observation)
