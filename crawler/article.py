"""Turn an article's response into an observation, or say why it is none."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scrapy.http import Response
from scrapy.utils.asyncio import run_in_thread

from crawler.asked import Asked, Gone, NotSeen, ReadArticle, Unread
from crawler.book import VisitBook
from crawler.decoding import has_lost_its_signs
from crawler.design import is_by_design
from crawler.doubting import with_doubts
from crawler.layouts import Layout
from crawler.listing import further_pages, key_of, pages_beside
from crawler.page import Page
from crawler.reading import Reading, read_article
from crawler.rereading import page_of_capture, restated
from crawler.responses import capture_of, is_cut_short, page_of, unfit_of, unread_page, validators_of
from crawler.shared_values import is_usual
from crawler.signs import GONE_STATUSES, PageSign, Signs
from storage.decisions import changed_fields, is_steady_change
from storage.identity import canonical_address
from storage.records import (
    NO_VALIDATORS,
    ArticleFields,
    KnownArticle,
    Observation,
    Origin,
    Park,
    Restated,
)
from storage.text import comparison_text

_LOST = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """What reading an article needs besides its response."""

    park: Park
    layouts: Sequence[Layout]
    signs: Signs
    fetch: Callable[[str], Awaitable[Response]]
    book: VisitBook
    now: datetime
    origin: Origin = Origin.CRAWL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """An article with all its pages."""

    reading: Reading
    responses: list[Response]
    page: Page
    #: Signs on one of its pages are lost, by our decoding or by the site; halves of signs that are references are the
    #: parser's.
    has_lost: bool

    @property
    def fields(self) -> ArticleFields:
        return self.reading.fields


async def read_response(reader: ArticlePage, response: Response, asked: Asked) -> ReadArticle | Gone | Unread | NotSeen:
    """Read an article with all its pages; whatever is not a whole, good reading changes nothing."""
    before = None
    if asked.article_id is not None and reader.book.is_open:
        # What a listing said of it once, it says still: a page is read by that as it was the first time.
        before = await run_in_thread(reader.book.find, asked.key)
        asked = replace(asked, date=before.listed_date if before else None)
    whole = await _read_whole(reader, response, asked)
    if not isinstance(whole, _Whole):
        return whole
    observation = _observation(reader, asked, whole)
    if not reader.book.is_open:
        return ReadArticle(observation=observation)
    key = observation.known_as or observation.key
    known = before if before and key == asked.key else await run_in_thread(reader.book.find, key)
    if observation.is_moved:
        there = await run_in_thread(reader.book.find, observation.key)
        if there is not None and (known is None or there.id != known.id):
            return NotSeen(reason=f"its address leads to another article on record, {observation.url}")
        if there is not None and there.url == observation.url:
            # It was asked for under an address that only leads to where it stands.
            observation = replace(observation, is_moved=False, known_as=None)
    if known is not None and known.fields.body and not observation.fields.body:
        # A text that scripts fetch since a redesign looks the same: what is not seen is no edit.
        said = "its text is gone and only pictures are left"
        return Unread(reason=said, page=unread_page(response, whole.page, said, reader.now, headline=asked.headline))
    other = _in_its_place(reader, whole, asked, observation, known)
    if other is not None:
        return other
    if known is not None and {"headline", "body"} <= {*changed_fields(known.fields, observation.fields)}:
        # Caches that mix up their keys answer with the page of another address.
        another = await run_in_thread(reader.book.another_with, known, observation)
        if another is not None:
            return NotSeen(reason=f"it shows another article on record, {another}")
    if known is None:
        observation = await _as_moved(reader, observation)
    elif changed_fields(known.fields, observation.fields):
        observation = await run_in_thread(_with_our_part, reader, observation, known)
        on_record = observation.restated.fields if observation.restated else known.fields
        if await run_in_thread(_is_by_design, reader, whole, observation, known):
            observation = replace(observation, fields=on_record)
        elif changed_fields(on_record, observation.fields):
            second = await _second_look(reader, response.url, asked)
            if isinstance(second, NotSeen):
                return second
            if not is_steady_change(on_record, observation.fields, second.fields):
                observation = replace(observation, fields=on_record)
    result = with_doubts(observation, known, asked)
    return result if known is not None else await run_in_thread(_without_usual, reader, result)


def _without_usual(reader: ArticlePage, result: ReadArticle) -> ReadArticle:
    """Return what was read of a new article without a doubt in what stands around the headlines on record as well."""
    doubts = tuple(
        doubt
        for doubt in result.doubts
        if doubt.counts or doubt.field != "headline" or not is_usual(doubt.value, reader.book.usual_headlines)
    )
    return replace(result, doubts=doubts)


async def _read_whole(reader: ArticlePage, response: Response, asked: Asked) -> _Whole | Gone | Unread | NotSeen:
    result = _read_one(reader, response, asked)
    if not isinstance(result, Reading):
        return result
    page = page_of(response, reader.park)
    responses, paragraphs = [response], list(result.fields.body)
    rules = result.layout.rules
    pager = rules.listing.paging.script
    beside = pages_beside(page) if rules.article.pages_beside else ()
    for url in beside or further_pages(page, rules.article.pages, rules.article.second_page, pager):
        more = await _fetched(reader, url)
        if isinstance(more, str):
            return NotSeen(reason=f"its further page {url} could not be fetched: {more}")
        part = _read_one(reader, more, asked)
        if not isinstance(part, Reading):
            return NotSeen(reason=f"its further page {url} could not be read: {part.reason}")
        if beside and comparison_text(part.fields.headline) != comparison_text(result.fields.headline):
            break  # another story at a like address
        responses.append(more)
        paragraphs += part.fields.body
    reading = replace(result, fields=replace(result.fields, body=tuple(paragraphs)))
    pages = (page, *(page_of(each, reader.park) for each in responses[1:]))
    has_lost = any(_LOST in each.text for each in pages)
    return _Whole(reading=reading, responses=responses, page=page, has_lost=has_lost)


async def _fetched(reader: ArticlePage, url: str) -> Response | str:
    """Return the response, or in a word why there is none."""
    try:
        return await reader.fetch(url)
    except Exception as error:  # whatever stops a page on its way proves nothing of what stands there
        return type(error).__name__


async def _second_look(reader: ArticlePage, url: str, asked: Asked) -> _Whole | NotSeen:
    """Ask once more before an edit is believed."""
    response = await _fetched(reader, url)
    if isinstance(response, str):
        return NotSeen(reason=f"its change could not be looked at twice: {response}")
    second = await _read_whole(reader, response, asked)
    if isinstance(second, _Whole):
        return second
    return NotSeen(reason=f"its change could not be looked at twice: {second.reason}")


def _read_one(reader: ArticlePage, response: Response, asked: Asked) -> Reading | Gone | Unread | NotSeen:
    if response.status in GONE_STATUSES:
        return Gone(reason=f"answered status {response.status}")
    unfit = unfit_of(response, reader.park)
    if unfit:
        return NotSeen(reason=unfit.removeprefix(f"{response.url}: "))
    page = page_of(
        response,
        reader.park,
        listed_headline=asked.headline,
        listed_date=asked.date,
    )
    if is_cut_short(page):
        return NotSeen(reason="the page ends before its markup does")
    result = read_article(page, reader.layouts, reader.park, reader.now)
    sign = None
    if not isinstance(result, Reading) or result.layout.is_general:
        sign = reader.signs.of(page)
    if sign is not None:
        return _nothing_behind(sign)
    said = "".join((result.fields.headline, *result.fields.body)) if isinstance(result, Reading) else ""
    # What is known already is held against its record.
    if _LOST in said and asked.article_id is None and _is_lost_by_decoding(page, response):
        return NotSeen(reason="some of its characters cannot be decoded")
    if has_lost_its_signs(said):
        return NotSeen(reason="its words are question marks: the site has lost its signs")
    if isinstance(result, Reading):
        return result
    reason = f"no layout fits: {result.reason}"
    return Unread(reason=reason, page=unread_page(response, page, reason, reader.now, headline=asked.headline))


def _is_lost_by_decoding(page: Page, response: Response) -> bool:
    """Say whether signs of a page that are lost are so by our decoding.

    Where its bytes say so, the site itself has lost the sign, and halves of signs that are written as references are
    the parser's.
    """
    return _LOST in page.text and _LOST.encode() not in response.body


def _nothing_behind(sign: PageSign) -> Gone | NotSeen:
    return NotSeen(reason=sign.in_words) if sign.is_wall else Gone(reason=sign.in_words)


def _in_its_place(
    reader: ArticlePage, whole: _Whole, asked: Asked, observation: Observation, known: KnownArticle | None
) -> Gone | NotSeen | None:
    """Say whether a page that could be read is another one than was asked for: the template dresses errors as well."""
    fields = observation.fields
    if known is not None:
        differ = changed_fields(known.fields, fields)
        if observation.is_moved and {"headline", "body"} <= {*differ}:
            return NotSeen(reason=f"its address leads to a page that says something else, {observation.url}")
        if whole.has_lost and _lost_in(fields) > _lost_in(known.fields):
            return NotSeen(reason="some of its characters cannot be decoded")
    expected = known.fields.headline if known else asked.link.headline if asked.link else None
    said, wanted = comparison_text(fields.headline), comparison_text((expected or "").rstrip(".… "))
    if wanted and not said.startswith(wanted) and (sign := reader.signs.of(whole.page)):
        return _nothing_behind(sign)
    return None


def _lost_in(fields: ArticleFields) -> int:
    return sum(text.count(_LOST) for text in (fields.headline, *fields.body))


def _observation(reader: ArticlePage, asked: Asked, whole: _Whole) -> Observation:
    reading, responses = whole.reading, whole.responses
    first = responses[0]
    url = canonical_address(first.url)
    key = key_of(first.url, list(reader.layouts))
    return Observation(
        park=reader.park.slug,
        key=key,
        url=url,
        fields=reading.fields,
        captures=tuple(capture_of(response, reader.now) for response in responses),
        layout=reading.layout.name,
        layout_revision=reading.layout.revision,
        located_by=reading.located_by,
        seen_at=reader.now,
        origin=reader.origin,
        # A 304 for the first page says nothing of the others.
        validators=validators_of(first) if len(responses) == 1 else NO_VALIDATORS,
        asked_key=asked.key,
        asked_url=canonical_address(asked.url),
        known_as=asked.key if asked.article_id and asked.key != key else None,
        is_moved=asked.article_id is not None and asked.key != key,
        visit=reader.book.visit or None,
        is_listed=asked.link is not None,
        listed_headline=asked.link.headline if asked.link else None,
    )


def _with_our_part(reader: ArticlePage, observation: Observation, known: KnownArticle) -> Observation:
    """Return the observation with what our own rules have changed since the version on record was read."""
    try:
        captures = reader.book.captures_of(known)
    except ValueError:  # damaged bytes are for 'verify' to tell; they say nothing of what the site shows now
        return observation
    found = restated(known.fields, captures, reader.layouts, reader.park, known.listed_date)
    return replace(observation, restated=found if isinstance(found, Restated) else None)


def _is_by_design(reader: ArticlePage, whole: _Whole, observation: Observation, known: KnownArticle) -> bool:
    """Say whether what differs from the record is the site's design, or which lines we take for text."""
    restated_as = observation.restated
    way = restated_as.located_by.get("body") if restated_as else known.body_way
    is_elsewhere = way != observation.located_by.get("body")
    if not (is_elsewhere or whole.reading.layout.is_general):
        return False
    try:
        before = [page_of_capture(capture, reader.park) for capture in reader.book.captures_of(known)]
    except ValueError:  # damaged bytes are for 'verify' to tell
        return False
    now = [page_of(response, reader.park) for response in whole.responses]
    record = restated_as.fields if restated_as else known.fields
    return is_by_design(record, observation.fields, before, now, is_elsewhere=is_elsewhere)


async def _as_moved(reader: ArticlePage, observation: Observation) -> Observation:
    """Return the observation as that of a known article, if one says the same and its old address has ended."""
    for twin in await run_in_thread(reader.book.twins_of, observation):
        if twin.key == observation.key:
            continue
        response = await _fetched(reader, twin.url)
        if isinstance(response, str):
            continue
        result = _read_one(reader, response, Asked.again(twin, NO_VALIDATORS))
        leads_here = isinstance(result, Reading) and key_of(response.url, list(reader.layouts)) == observation.key
        if isinstance(result, Gone) or leads_here:
            return replace(observation, known_as=twin.key, is_moved=True)
    return observation
