"""What spiders yield: one article as it was read, with the observation that the store is to be told of."""

from dataclasses import dataclass

from storage.records import Observation

#: The columns of feed exports; the observation itself is for the pipeline.
EXPORTED = [
    "url",
    "park",
    "headline",
    "date_published",
    "date_published_raw",
    "source",
    "body",
    "in_language",
]


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
    observation: Observation

    @classmethod
    def of(cls, observation: Observation) -> "ArticleItem":
        """Return the item for an observation."""
        fields = observation.fields
        return cls(
            url=observation.url,
            park=observation.park,
            headline=fields.headline,
            date_published=fields.date_published,
            date_published_raw=fields.date_published_raw,
            source=fields.source,
            body="\n\n".join(fields.body),
            in_language=fields.in_language,
            observation=observation,
        )
