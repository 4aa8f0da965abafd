"""Read stored captures again by today's rules, so that a mended layout never passes for an edit of the site's."""

from collections.abc import Sequence
from dataclasses import replace

from crawler.decoding import decode
from crawler.layouts import Layout
from crawler.page import Page, is_markup
from crawler.reading import Reading, Unreadable, read_article
from storage.decisions import completed, restated_fields
from storage.records import ArticleFields, Capture, Park, Restated


def reread(
    captures: Sequence[Capture],
    layouts: Sequence[Layout],
    park: Park,
    known: ArticleFields,
    listed_date: str | None = None,
) -> Reading | Unreadable:
    """Return what today's rules read off an article's captures, page by page.

    What only a listing says is not in a capture: the headline on record stands for the listing's, and so does
    *listed_date* where the stamp on record rests on it. A stamp or a source that the pages lack stays as it was.
    """
    good: list[Reading] = []
    for capture in captures:
        page = replace(page_of_capture(capture, park), listed_headline=known.headline, listed_date=listed_date)
        reading = read_article(page, layouts, park, capture.captured_at)
        if isinstance(reading, Unreadable):
            return reading
        good.append(reading)
    if not good:
        return Unreadable(reason="no capture is on record")
    body = tuple(paragraph for reading in good for paragraph in reading.fields.body)
    return replace(good[0], fields=completed(replace(good[0].fields, body=body), known))


def restated(
    known: ArticleFields,
    captures: Sequence[Capture],
    layouts: Sequence[Layout],
    park: Park,
    listed_date: str | None = None,
) -> Restated | Unreadable | None:
    """Return how a version on record reads by today's rules, None where that makes no difference.

    A layout that was changed is one cause; a park's corrected time zone or encoding, or a mended reader, are others.
    """
    reading = reread(captures, layouts, park, known, listed_date)
    if isinstance(reading, Unreadable):
        return reading
    if not restated_fields(known, reading.fields):
        return None
    return Restated(
        fields=reading.fields,
        layout=reading.layout.name,
        layout_revision=reading.layout.revision,
        located_by=reading.located_by,
    )


def page_of_capture(capture: Capture, park: Park) -> Page:
    """Return the decoded page of a stored response."""
    kind = next((value for name, value in capture.headers if name.lower() == "content-type"), None)
    text = decode(capture.content, kind, encoding=park.encoding).text
    return Page(url=capture.url, text=text, is_html=is_markup(kind, text))
