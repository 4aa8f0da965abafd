"""Read stored captures again by today's rules, so that a mended layout never passes for an edit of the site's."""

from collections.abc import Sequence
from dataclasses import replace

from crawler.decoding import decode
from crawler.layouts import Layout
from crawler.page import Page
from crawler.reading import Reading, read_article
from storage.decisions import changed_fields
from storage.records import Capture, KnownArticle, Park, Restated


def reread(captures: Sequence[Capture], layouts: Sequence[Layout], park: Park) -> Reading | None:
    """Return what today's rules read off an article's captures, page by page; None where they read nothing."""
    readings = [
        read_article(page_of_capture(capture, park), layouts, park, capture.captured_at) for capture in captures
    ]
    good = [reading for reading in readings if isinstance(reading, Reading)]
    if not good or len(good) < len(readings):
        return None
    body = tuple(paragraph for reading in good for paragraph in reading.fields.body)
    return replace(good[0], fields=replace(good[0].fields, body=body))


def restated(
    known: KnownArticle, captures: Sequence[Capture], layouts: Sequence[Layout], park: Park
) -> Restated | None:
    """Return how a version on record reads by today's rules, None where that makes no difference.

    A layout that was changed is one cause; a park's corrected time zone or encoding, or a mended reader, are others.
    """
    reading = reread(captures, layouts, park)
    if reading is None or not changed_fields(known.fields, reading.fields):
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
    return Page(url=capture.url, text=text, is_html=not (kind or "").startswith("text/plain"))
