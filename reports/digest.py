"""Put a digest together from ledger entries: values in, the page's contents out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reports.coverage import ParkCoverage, Sight
from reports.diff import Diff, diff_texts, for_mail
from storage.database.deliveries import Mishap
from storage.database.exports import ArticleLine
from storage.decisions import changed_fields
from storage.identity import bare_host
from storage.records import ArticleFields, ChangeKind, LedgerEntry, Park
from storage.text import first_sentences

#: Headlines longer than this are cut; no site's own is.
_HEADLINE_LIMIT = 300
#: Kinds of change that say another text than before.
_OF_TEXT = (ChangeKind.EDITED, ChangeKind.RETITLED, ChangeKind.REDATED)
#: Stands for the text of an article that has none.
_NO_TEXT = "On its page is no text, only a picture, a film or a file."
#: What a backfill finds that is younger is what visits have missed.
_LATELY = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """An article that is new, or that stood on the site when we first came."""

    headline: str
    url: str
    host: str
    date: str | None
    source: str | None
    excerpt: str
    language: str
    number: int | None = None
    #: The window in which it appeared.
    seen_after: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """News that appeared behind one reading of the listing: the window that holds them all."""

    window: tuple[datetime | None, datetime | None]
    items: tuple[NewItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedItem:
    """An article that changed, with what it says now and what it said before."""

    kind: ChangeKind
    headline: str
    url: str
    host: str
    number: int
    date: str | None
    language: str
    seen_after: datetime | None
    seen_at: datetime
    headline_diff: Diff | None = None
    body_diff: Diff | None = None
    date_before: str | None = None
    source_before: str | None = None
    source: str | None = None
    previous_url: str | None = None
    #: Whether a shortened digest has no room for its words.
    is_cut: bool = False
    #: Whether it was our own misreading, mended before anybody was told.
    is_mended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkSection:
    """What a digest says of one park."""

    park: str
    name: str
    new: tuple[NewItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    #: Headlines of changes beyond the number that is shown whole.
    short: tuple[NewItem, ...] = ()
    #: News and changes that even a shortened digest has no room for.
    left_out: int = 0
    changes_left_out: int = 0
    recovered: int = 0
    recovered_span: tuple[str, str] | None = None
    #: Headlines of those that were published lately: visits have missed them.
    recovered_lately: tuple[NewItem, ...] = ()
    #: Changes that the reader was told before the store was restored from a backup, and the first of them.
    told_before: int = 0
    told_before_shown: tuple[NewItem, ...] = ()
    on_record: int = 0
    newest: tuple[NewItem, ...] = ()

    @property
    def batches(self) -> list[Batch]:
        """What is new, parted by the windows in which it appeared, the latest first."""
        found: dict[datetime | None, list[NewItem]] = defaultdict(list)
        for item in self.new:
            found[item.seen_after].append(item)
        batches = []
        for after, items in found.items():
            last = max((item.seen_at for item in items if item.seen_at), default=None)
            batches.append(Batch(window=(after, last), items=tuple(items)))
        return sorted(batches, key=lambda batch: batch.window[1].timestamp() if batch.window[1] else 0.0, reverse=True)

    @property
    def window_of_short(self) -> tuple[datetime | None, datetime | None]:
        """The time in which all those appeared of which only the headlines are shown."""
        afters = [item.seen_after for item in self.short]
        known = [after for after in afters if after]
        last = max((item.seen_at for item in self.short if item.seen_at), default=None)
        return min(known) if known and len(known) == len(afters) else None, last

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say of the park."""
        told = self.new or self.changed or self.short or self.recovered or self.told_before
        return not (told or self.newest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One edition: what the templates are given."""

    number: int
    made_at: datetime
    covers_since: datetime
    time_zone: str
    first_change: int
    last_change: int
    sections: tuple[ParkSection, ...]
    coverage: tuple[ParkCoverage, ...]
    new_count: int
    changed_count: int
    recovered_count: int
    changes: tuple[int, ...]
    previous_sha256: str | None
    #: When it was due, if it is made much later than that.
    was_due: datetime | None = None
    #: Earlier digests that were refused, or that may have come twice.
    mishaps: tuple[Mishap, ...] = ()
    #: The highest number of a digest that the reader was sent, as far as the journal beside the store goes back.
    last_sent: int = 0
    #: Changes that are told as what the reader knows already, from before the store was restored.
    told_before_count: int = 0
    #: Whether parts were left out for their size; the whole is then attached as a file.
    is_shortened: bool = False
    #: The name of that file.
    attached_as: str = ""
    #: The attached file holds a part as well: no mail server would take all of it.
    is_file_cut: bool = False

    @property
    def summary(self) -> str:
        """What it comes to, in a few words."""
        counts = (
            (self.new_count, "new"),
            (self.changed_count, "changed"),
            (self.recovered_count, "recovered"),
            (self.told_before_count, "told before"),
        )
        told = ", ".join(f"{count} {word}" for count, word in counts if count)
        if told:
            return told
        first = sum(bool(section.on_record) for section in self.sections)
        return f"first sight of {first} park{'s' * (first != 1)}" if first else "nothing new"

    @property
    def unseen(self) -> tuple[ParkCoverage, ...]:
        """The parks of which the digest cannot speak for sure."""
        return tuple(park for park in self.coverage if park.sight is not Sight.WHOLE)


def sections_of(
    entries: Iterable[LedgerEntry],
    parks: Mapping[str, Park],
    *,
    items_per_park: int,
    excerpt_chars: int,
    baselines: Mapping[str, tuple[int, Sequence[ArticleLine]]],
    made_at: datetime,
    told_before: Collection[int] = (),
) -> tuple[ParkSection, ...]:
    """Group changes by park, the parks by name, news by date; a park's baseline shows only its newest articles.

    *told_before* are the numbers of those that the reader was told before the store was restored from a backup.
    """
    lately = (made_at - _LATELY).date().isoformat()
    by_park: dict[str, list[LedgerEntry]] = defaultdict(list)
    again: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        (again if entry.number in told_before else by_park)[entry.park].append(entry)
    names = {slug: parks[slug].name if slug in parks else slug for slug in [*by_park, *again, *baselines]}
    sections = (
        replace(
            _section(slug, names[slug], by_park[slug], items_per_park, excerpt_chars, baselines.get(slug), lately),
            told_before=len(again[slug]),
            told_before_shown=tuple(map(_known_item, again[slug])),
        )
        for slug in sorted(names, key=lambda slug: names[slug].casefold())
    )
    return tuple(section for section in sections if not section.is_empty)


def _section(
    slug: str,
    name: str,
    entries: list[LedgerEntry],
    items_per_park: int,
    excerpt_chars: int,
    baseline: tuple[int, Sequence[ArticleLine]] | None,
    lately: str,
) -> ParkSection:
    fresh = [entry for entry in entries if entry.kind is ChangeKind.NEW and entry.fields_after]
    fresh.sort(key=_published, reverse=True)
    changed = [entry for entry in entries if entry.kind not in (ChangeKind.NEW, ChangeKind.RECOVERED)]
    recovered = [entry for entry in entries if entry.is_recovered]
    recovered.sort(key=_published, reverse=True)
    days = [day for entry in recovered if (day := _published(entry)[:10])]
    # What changed is rarer than what is new, and it is what nobody else tells the reader: it is cut last.
    room = max(items_per_park - len(changed), items_per_park // 2)
    return ParkSection(
        park=slug,
        name=name,
        new=tuple(_new_item(entry, excerpt_chars) for entry in fresh[:room]),
        changed=tuple(_changed_item(entry) for entry in changed),
        short=tuple(_new_item(entry, 0) for entry in fresh[room:]),
        recovered=len(recovered),
        recovered_span=(days[-1], days[0]) if days else None,
        recovered_lately=tuple(
            _new_item(entry, 0) for entry in recovered[:items_per_park] if _published(entry) >= lately
        ),
        on_record=baseline[0] if baseline else 0,
        newest=tuple(_item(line.fields, line.url, excerpt_chars) for line in baseline[1]) if baseline else (),
    )


def _published(entry: LedgerEntry) -> str:
    return (entry.fields_after.date_published if entry.fields_after else None) or ""


def _new_item(entry: LedgerEntry, excerpt_chars: int) -> NewItem:
    assert entry.fields_after is not None
    try:
        item = _item(entry.fields_after, entry.url, excerpt_chars, number=entry.number)
        return replace(item, seen_after=entry.seen_after, seen_at=entry.seen_at)
    except Exception:  # one article must not hold back the others of a digest, whatever it is
        return NewItem(
            headline=_not_shown(entry),
            url=entry.url,
            host=entry.park,
            date=None,
            source=None,
            excerpt="",
            language="en",
            number=entry.number,
        )


def _known_item(entry: LedgerEntry) -> NewItem:
    try:
        headline, host = _cut(entry.headline), bare_host(entry.url)
    except Exception:  # as above
        headline, host = _not_shown(entry), entry.park
    return NewItem(
        headline=headline,
        url=entry.url,
        host=host,
        date=None,
        source=None,
        excerpt="",
        language=entry.fields_after.in_language if entry.fields_after else "en",
        number=entry.number,
    )


def _not_shown(entry: LedgerEntry) -> str:
    return f"Change {entry.number} cannot be shown: 'parkwatch prove {entry.number}'"


def _item(fields: ArticleFields, url: str, excerpt_chars: int, number: int | None = None) -> NewItem:
    return NewItem(
        headline=_cut(fields.headline),
        url=url,
        host=bare_host(url),
        date=_shown(fields.date_published),
        source=fields.source,
        excerpt=(first_sentences(fields.body, excerpt_chars) or _NO_TEXT) if excerpt_chars else "",
        language=fields.in_language,
        number=number,
    )


def _changed_item(entry: LedgerEntry) -> ChangedItem:
    try:
        return _diffed_item(entry)
    except Exception:  # as above
        return ChangedItem(
            kind=entry.kind,
            headline=_not_shown(entry),
            url=entry.url,
            host=entry.park,
            number=entry.number,
            date=None,
            language="en",
            seen_after=entry.seen_after,
            seen_at=entry.seen_at,
        )


def _diffed_item(entry: LedgerEntry) -> ChangedItem:
    before, after = entry.fields_before, entry.fields_after
    fields = after or before
    names = entry.changed_fields
    both = before is not None and after is not None
    return ChangedItem(
        kind=entry.kind,
        headline=_cut(entry.headline),
        url=entry.url,
        host=bare_host(entry.url),
        number=entry.number,
        date=_shown(fields.date_published) if fields else None,
        language=fields.in_language if fields else "en",
        seen_after=entry.seen_after,
        seen_at=entry.seen_at,
        headline_diff=diff_texts([_cut(before.headline)], [_cut(after.headline)])
        if both and before and after and "headline" in names
        else None,
        body_diff=for_mail(diff_texts(before.body, after.body))
        if both and before and after and "body" in names
        else None,
        date_before=_shown(before.date_published) if before and "date_published" in names else None,
        source_before=before.source if before and "source" in names else None,
        source=fields.source if fields else None,
        previous_url=entry.previous_url,
        is_mended=bool(before and after and entry.kind in _OF_TEXT and not changed_fields(before, after)),
    )


def _shown(iso: str | None) -> str | None:
    """Return a date as people write it, without the seconds and the offset that only machines need."""
    return iso[:16].replace("T", " ") if iso else None


def _cut(headline: str) -> str:
    return headline if len(headline) <= _HEADLINE_LIMIT else headline[:_HEADLINE_LIMIT] + "…"
