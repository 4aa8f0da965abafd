"""Decide what an observation means, given what is known: values in, values out, no clock and no database."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from storage.records import (
    FIELDS,
    ArticleFields,
    ArticleState,
    ChangeKind,
    KnownArticle,
    Observation,
    Origin,
)
from storage.text import comparison_text

#: Travels inside every content hash, so that a new rule for equality never looks like a site's edit.
HASH_VERSION = "1"
#: Shorter lines, such as a name in a list, stand on a page more than once.
_SHORTEST_LINE = 24
_WITH_SECONDS = re.compile(r"\d\s*[:：时]\s*\d{2}\s*[:：分]\s*\d{2}")


def content_hash(fields: ArticleFields) -> str:
    """Return a hash over the fields in the form made for equality; empty fields leave no trace in it."""
    said = {name: _comparable(fields, name) for name in FIELDS if _comparable(fields, name)}
    digest = hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return f"{HASH_VERSION}:{digest}"


def _comparable(fields: ArticleFields, name: str) -> str:
    if name == "body":
        # Paragraph breaks are markup: the same words cut elsewhere are the same text.
        return "".join(comparison_text(paragraph) for paragraph in fields.body)
    if name == "date_published":
        return fields.date_published or comparison_text(fields.date_published_raw or "")
    return comparison_text(getattr(fields, name) or "")


def changed_fields(before: ArticleFields, after: ArticleFields) -> tuple[str, ...]:
    """Return the names of the fields that differ for a reader, in the order of ``FIELDS``.

    A stamp or a source that one of the two readings lacks is no difference: templates come and go with them, and
    absence of evidence changes nothing.  Two stamps are compared as far as both go.
    """
    return tuple(name for name in FIELDS if _differs(name, before, after))


def is_more_exact(known: ArticleFields, read: ArticleFields) -> bool:
    """Say whether a reading that is no change has the stamp of the record with more of it: its clock time, its seconds.

    Redesigns print stamps in forms of their own. What the page says now is nearer to what a reader sees there.
    """
    if changed_fields(known, read) or not (known.date_published and read.date_published):
        return False
    return _exactness(read) > _exactness(known)


def _exactness(fields: ArticleFields) -> int:
    """Return how far a stamp goes: 0 for none, 1 for a day, 2 for minutes, 3 for seconds."""
    stamp, raw = fields.date_published or "", fields.date_published_raw
    if "T" not in stamp:
        return int(bool(stamp))
    return 3 if raw is None or _WITH_SECONDS.search(raw) else 2


def restated_fields(before: ArticleFields, after: ArticleFields) -> tuple[str, ...]:
    """Return the names of the fields that another reading of the same bytes changes, those that it gains included."""
    changed = changed_fields(before, after)
    return tuple(
        name for name in FIELDS if name in changed or (_comparable(after, name) and not _comparable(before, name))
    )


def _differs(name: str, before: ArticleFields, after: ArticleFields) -> bool:
    one, other = _comparable(before, name), _comparable(after, name)
    if name in ("source", "date_published") and not (one and other):
        return False
    if name == "date_published":
        if {_exactness(before), _exactness(after)} == {2, 3}:
            one, other = _to_the_minute(one), _to_the_minute(other)
        shared = min(len(one), len(other))
        return one[:shared] != other[:shared]
    return one != other


def _to_the_minute(stamp: str) -> str:
    return stamp[:16] + stamp[19:]


def is_steady_change(record: ArticleFields, first: ArticleFields, second: ArticleFields) -> bool:
    """Say whether what two looks at a page agree on differs from the record.

    Servers out of step show the record at one of two looks. A counter or an advertisement among the paragraphs is
    another one at each look: such paragraphs are left aside, as many as the looks differ in.
    """
    if not changed_fields(first, second):
        return bool(changed_fields(record, first))
    if not changed_fields(record, second):
        return False
    agreed = {name for name in FIELDS if name not in changed_fields(first, second)} - {"body"}
    if agreed & {*changed_fields(record, first)}:
        return True
    one, other, known = (Counter(map(comparison_text, fields.body)) for fields in (first, second, record))
    shared = one & other
    if shared - known:
        return True
    return known.total() - shared.total() > (one - shared).total()


def is_framed(record: ArticleFields, read: ArticleFields) -> bool:
    """Say whether a reading differs from the record by nothing but paragraphs before or behind the same text.

    Where a text is found in another way than before, such as by a redesign, they are the frame of the site's pages.
    """
    one, other = ([comparison_text(paragraph) for paragraph in fields.body] for fields in (record, read))
    starts = range(len(other) - len(one) + 1)
    return changed_fields(record, read) == ("body",) and any(other[at : at + len(one)] == one for at in starts)


def is_read_otherwise(
    record: ArticleFields, read: ArticleFields, shown_before: Mapping[str, int], shown_now: Mapping[str, int]
) -> bool:
    """Say whether two readings of a text differ only in which lines of the page they took for text.

    What the record has and the reading lacks still stands on the page, outside the text, and what the reading adds
    stood there before. Both pages are given by their lines in the form made for equality, each with how often it
    stands there. A short line may stand anywhere by chance and proves nothing.
    """
    one, other = (Counter(map(comparison_text, fields.body)) for fields in (record, read))
    gone, came = one - other, other - one
    if not (gone or came) or min(map(len, (*gone, *came))) < _SHORTEST_LINE:
        return False
    stays = all(shown_now.get(text, 0) >= other[text] + many for text, many in gone.items())
    return stays and all(shown_before.get(text, 0) >= one[text] + many for text, many in came.items())


def completed(fields: ArticleFields, known: ArticleFields) -> ArticleFields:
    """Return the fields of a new version: a stamp or a source that this reading lacks stays as it was.

    Its absence was no difference, so it must not be lost to the record by way of another one.
    """
    if not fields.date_published and not fields.date_published_raw:
        fields = replace(fields, date_published=known.date_published, date_published_raw=known.date_published_raw)
    return fields if fields.source else replace(fields, source=known.source)


def kind_of_change(names: tuple[str, ...]) -> ChangeKind | None:
    """Name a difference: a text that changed outweighs a headline, a headline outweighs a stamp."""
    if "body" in names or "source" in names:
        return ChangeKind.EDITED
    if "headline" in names:
        return ChangeKind.RETITLED
    if "date_published" in names:
        return ChangeKind.REDATED
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the store is to write: changes in order, and whether the fields make a new version."""

    changes: tuple[tuple[ChangeKind, tuple[str, ...]], ...] = ()
    is_new_article: bool = False
    is_new_version: bool = False
    #: The new version says what the one before does, more exactly or in the site's new design: no change to be told.
    is_restated: bool = False
    new_address: bool = False


def decide(observation: Observation, known: KnownArticle | None) -> Decision:
    """Say what a good reading means.

    An article of the first visit is on record without a change: it was there before we looked.  What a backfill
    finds is recovered.  A known article may have come back, moved and changed all at once.
    """
    if known is None:
        kind = {
            Origin.BASELINE: None,
            Origin.CRAWL: ChangeKind.NEW,
            Origin.BACKFILL: ChangeKind.RECOVERED,
        }[observation.origin]
        return Decision(
            is_new_article=True,
            is_new_version=True,
            new_address=True,
            changes=((kind, ()),) if kind else (),
        )
    changes: list[tuple[ChangeKind, tuple[str, ...]]] = []
    if known.state is ArticleState.REMOVED:
        changes.append((ChangeKind.RESTORED, ()))
    if observation.is_moved:
        changes.append((ChangeKind.MOVED, ("url",)))
    names = changed_fields(known.fields, observation.fields)
    kind = None if observation.is_by_design else kind_of_change(names)
    if kind:
        changes.append((kind, names))
    is_restated = not changes and (observation.is_by_design or is_more_exact(known.fields, observation.fields))
    return Decision(
        changes=tuple(changes),
        is_new_version=bool(kind) or is_restated,
        is_restated=is_restated,
        new_address=observation.is_moved,
    )


def next_check(published: datetime | None, first_seen: datetime, now: datetime) -> datetime:
    """Return when a known article is due again: young ones often, old ones seldom.

    A site corrects a story within days; an article of last year changes hardly ever, but must not be out of sight.
    """
    age = now - max(published or first_seen, first_seen - timedelta(days=365))
    for limit, pause in _PAUSES:
        if age < limit:
            return now + pause
    return now + timedelta(days=30)


# A little under the round figures, so that a visit at a steady cadence does not miss its turn by seconds.
_PAUSES = (
    (timedelta(days=3), timedelta(hours=5, minutes=30)),
    (timedelta(days=14), timedelta(hours=23)),
    (timedelta(days=60), timedelta(days=6, hours=20)),
)


def believes_removals(gone: int, asked: int) -> bool:
    """Say whether articles that answer 404 or 410 are gone, or whether the site is in disorder.

    A site takes down an article or two; one that has lost a third of everything at once is being rebuilt or is
    broken, and absence of evidence changes nothing.
    """
    return gone <= max(3, asked // 3) and not gone == asked >= 3


def last_modified_is_plausible(modified: datetime | None, date_published: str | None) -> bool:
    """Say whether a server can be believed: a page was not last changed well before it was published."""
    if modified is None or not date_published:
        return True
    return modified.date() >= datetime.fromisoformat(date_published).date() - timedelta(days=2)
