"""Tell what stands on too many pages to be one article's own, a headline or a whole text: values in, values out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from crawler.alike import Edit
from storage.records import ArticleFields, Observation
from storage.text import comparison_text

#: So many stories, and two in three of those that answered, have no headline and no text in common.
FLOOR, _SHARE = 4, 2 / 3
#: Headlines of a new site by which its way is known.
_FEW = 2
#: A longer text has more to say than what a site says everywhere.
_LONGEST_TEXT = 300
_QUOTED = 60
#: A shorter headline may end another one by chance.
_SHORTEST = 6
#: What is held back beyond so many bytes of pages is decided at once.
_MOST_BYTES = 32_000_000
#: The name of what is in doubt where our own rules have changed.
LESS = "less"
#: The names of what else is in doubt: a day that all have, a text of which only the beginning is there.
DATE, CUT = "date_published", "cut"
#: How the evidence ends.
DATE_SHARED = "as their date, which is not theirs"
HEADLINE_SHARED, TEXT_SHARED = "as their headline, which is not theirs", "and nothing of their own"
LESS_READ = "lose more than half of their text by today's rules: mend them, or take it over with 'reextract --accept'"
CUT_SHORT = "show no more than the beginning of their text"
SHARED_ENDS = (HEADLINE_SHARED, TEXT_SHARED, DATE_SHARED, LESS_READ, CUT_SHORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A field of a reading that may be the site's rather than the article's."""

    field: str
    value: str
    #: The headline that the record or the listing knows the article by.
    story: str
    is_known: bool
    #: It fits the listing as far as one of the two goes: the heading of a series, or a site's name behind a headline.
    fits_listing: bool = False

    @property
    def counts(self) -> bool:
        """Whether it tells against the site: what is new may be short, unless others gave way to it."""
        return self.is_known or (self.field == "headline" and not self.fits_listing)


def _headline_in_doubt(headline: str, expected: str) -> str:
    """Return what of a headline may be the site's: all of it, or what it puts around the one that is *expected*."""
    if len(comparison_text(expected)) < _SHORTEST or expected not in headline:
        return headline
    before, _, behind = headline.partition(expected)
    return f"{before.strip()}…{behind.strip()}"


def _put_behind(headline: str, known: str) -> str | None:
    """Return what stands behind the headline that is known, None where that is none or was cut off."""
    if (
        headline == known
        or not headline.startswith(known)
        or known.rstrip(".… ") != known
        or len(comparison_text(known)) < _SHORTEST
    ):
        return None
    return f"…{headline.removeprefix(known).strip()}"


def _behind_headline(headline: str, known: ArticleFields | None, listed: str) -> str | None:
    if known is None:
        return _put_behind(headline, listed)
    if len(comparison_text(listed)) > len(comparison_text(known.headline)) and known.headline in listed:
        return None  # the listing has put it there as well
    return _put_behind(headline, known.headline)


def is_usual(around: str, headlines: Sequence[str]) -> bool:
    """Say whether what stands *around* a headline, in the form of a doubt, stands around most of those on record."""
    before, found, behind = around.partition("…")
    if not found:
        return False
    often = sum(headline.startswith(before) and headline.endswith(behind) for headline in headlines)
    return often >= _FEW and 2 * often >= len(headlines)


def doubts_in(
    read: ArticleFields,
    known: ArticleFields | None,
    expected: str | None,
    on_record: ArticleFields | None = None,
    *,
    listed: str | None = None,
) -> tuple[Doubt, ...]:
    """Return what of a reading may stand on other pages as well.

    A headline that neither the record nor the listing has: *expected* is what they say of it; words behind the headline
    on record, or behind the one that is *listed* where it is new, unless the listing has put them there. A short text
    in which nothing is left of the one on record; one of an article that is *known* to nobody yet, whatever it says.
    Another day than the one *on record*, which is what is known as today's rules read it, if they are others.
    """
    found, wanted = [], comparison_text((expected or "").rstrip(".… "))
    said = comparison_text(read.headline)
    # Capitals are no other headline.
    is_as_before = known is not None and said.casefold() == comparison_text(known.headline).casefold()
    # A site's name may be the beginning of its headlines.
    if wanted and not (is_as_before or said.startswith(wanted)):
        found.append(("headline", _headline_in_doubt(read.headline, known.headline if known else expected or "")))
    elif not is_as_before and (behind := _behind_headline(read.headline, known, listed or expected or "")):
        found.append(("headline", behind))
    text = "".join(read.body)
    before = {*map(comparison_text, known.body)} if known else set()
    if 0 < len(text) < _LONGEST_TEXT and not before.intersection(map(comparison_text, read.body)):
        found += [("body", text)] if before or not known else []
    on_record = on_record or known
    if on_record is not None and (rest := _rest(on_record.body, read.body)):
        found.append((CUT, rest))
    day = (read.date_published or "")[:10]
    if on_record is not None and on_record.date_published and day and day != on_record.date_published[:10]:
        found.append((DATE, day))
    story, fits = expected or read.headline, bool(said) and (said in wanted or wanted in said)
    return tuple(
        Doubt(field=name, value=value, story=story, is_known=known is not None, fits_listing=fits)
        for name, value in found
    )


def _rest(before: Sequence[str], now: Sequence[str]) -> str:
    """Return what is left out where the first paragraphs alone are there, and less than half of all; else nothing."""
    if not 0 < len(now) < len(before) or [*map(comparison_text, now)] != [*map(comparison_text, before[: len(now)])]:
        return ""
    rest = "".join(before[len(now) :])
    return rest if len(rest) > len("".join(now)) else ""


def doubts_in_our_part(known: ArticleFields, restated: ArticleFields) -> tuple[Doubt, ...]:
    """Return the doubt in what our own rules make of a version's captures today: less than half of its text."""
    before, now = (sum(map(len, fields.body)) for fields in (known, restated))
    if now * 2 >= before:
        return ()
    return (Doubt(field=LESS, value="", story=known.headline, is_known=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubtful:
    """A reading that waits until it is known how many others say the same."""

    observation: Observation
    doubts: tuple[Doubt, ...]
    article_id: int | None
    key: str
    #: What it is where it is believed.
    edit: Edit | None = None


@dataclass
class HeldReadings:
    """The doubtful readings of one visit."""

    _readings: list[Doubtful] = field(default_factory=list)
    _bytes: int = 0
    _stories: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _new_texts: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def hold(self, reading: Doubtful) -> None:
        """Hold a reading back."""
        for doubt in reading.doubts:
            if doubt.counts:
                self._stories[doubt.field, comparison_text(doubt.value)].add(comparison_text(doubt.story))
        self._bytes += sum(len(capture.content) for capture in reading.observation.captures)
        self._readings.append(reading)

    def repeats(self, reading: Doubtful) -> bool:
        """Say whether a new article that is held has the text of another one, or the same around its headline."""
        texts = [comparison_text(doubt.value) for doubt in reading.doubts if not doubt.counts]
        for text in texts:
            self._new_texts[text].add(comparison_text(reading.doubts[0].story))
        return any(len(self._new_texts[text]) > 1 for text in texts)

    @property
    def is_full(self) -> bool:
        """Whether no more should be held back."""
        return self._bytes > _MOST_BYTES

    def decide(self, *, read: int, known: int) -> tuple[list[Doubtful], list[tuple[Doubtful, Doubt]]]:
        """Let go of all: what is to be believed, and what is not, each with the field that is not its own.

        *read* is how many articles have answered, *known* how many of them were on record.
        """
        # Another thread may hold one more back meanwhile.
        readings, self._readings, self._bytes = self._readings, [], 0
        believed: list[Doubtful] = []
        refused: list[tuple[Doubtful, Doubt]] = []
        for reading in readings:
            shared = (doubt for doubt in reading.doubts if self._is_everywhere(doubt, read, known))
            if (doubt := next(shared, None)) is not None:
                refused.append((reading, doubt))
            else:
                believed.append(reading)
        return believed, refused

    def put_off(self) -> list[Doubtful]:
        """Let go of all, and return what need not wait for the next visit: nothing in it took the place of another."""
        readings, self._readings, self._bytes = self._readings, [], 0
        return [
            reading
            for reading in readings
            if not any(
                doubt.counts or (doubt.field, comparison_text(doubt.value)) in self._stories for doubt in reading.doubts
            )
        ]

    def _is_everywhere(self, doubt: Doubt, read: int, known: int) -> bool:
        if doubt.field == CUT:
            # What went from all of them alike is the site's own line; what each had for itself is its text.
            often = sum(name == CUT for name, _ in self._stories)
        else:
            often = len(self._stories[doubt.field, comparison_text(doubt.value)])
        return often >= FLOOR and often >= _SHARE * (read if doubt.field == "headline" else known)


def in_words(refused: Sequence[tuple[Doubtful, Doubt]]) -> tuple[str, str]:
    """Return the field in which most readings were not their article's own, and what it said on how many of them."""
    often: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, doubt in refused:
        often[doubt.field, doubt.value] += 1
    (name, value), number = max(often.items(), key=lambda each: each[1])
    if name in (LESS, CUT):
        number = sum(many for (each, _), many in often.items() if each == name)
        return name, f"{number} articles {LESS_READ if name == LESS else CUT_SHORT}"
    quote = f"“{value}”" if len(value) <= _QUOTED else f"“{value[: _QUOTED - 1]}…”"
    end = {"headline": HEADLINE_SHARED, DATE: DATE_SHARED}.get(name, TEXT_SHARED)
    return name, f"{number} articles have {quote} {end}"
