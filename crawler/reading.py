"""Read an article off a page with the first layout that fits it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from crawler.around import part_around_text, tells_all
from crawler.fields import FieldReader
from crawler.layouts import Layout
from crawler.page import Page
from crawler.patterns import SlowPatternError, search
from crawler.readings import Reading, Unreadable
from storage.records import Park

__all__ = ["Reading", "Unreadable", "marks_of", "read_article", "recognises"]


def read_article(page: Page, layouts: Iterable[Layout], park: Park, captured_at: datetime) -> Reading | Unreadable:
    """Read *page* with the first of *layouts* that recognises it and finds headline and body."""
    reasons = []
    for layout in layouts:
        result = _read(page, layout, park, captured_at)
        if isinstance(result, Reading):
            return result
        reasons.append(f"{layout.name}: {result.reason}")
    return Unreadable(reason="; ".join(reasons) or "no layout to try")


def _read(page: Page, layout: Layout, park: Park, captured_at: datetime) -> Reading | Unreadable:
    try:
        if not recognises(layout, page):
            return Unreadable(reason="the page bears none of its marks")
        article = layout.rules.article
        part = page.part(article.within)
        around = part_around_text(page, article) if part is None else None
        if around is not None:
            result = FieldReader(page, around.part, layout, park, captured_at).read()
            if isinstance(result, Reading) and tells_all(around, result, page):
                return result
        elif part is not None:
            result = FieldReader(page, part, layout, park, captured_at).read()
            if isinstance(result, Reading) and result.is_on_page("date_published"):
                return result
        else:
            return FieldReader(page, page.whole, layout, park, captured_at).read()
        # What the layout drops has gone out of the tree, and may have held what was missing.
        page = replace(page)
        whole = FieldReader(page, page.whole, layout, park, captured_at).read()
        return result if part is not None and isinstance(result, Reading) and not _adds_to(whole, result) else whole
    except SlowPatternError as error:
        return Unreadable(reason=str(error))


def _adds_to(whole: Reading | Unreadable, part: Reading) -> bool:
    """Say whether the whole page tells of an article's day what the part that holds the article does not."""
    if isinstance(whole, Unreadable) or not whole.is_on_page("date_published"):
        return False
    known, found = part.fields.date_published, whole.fields.date_published
    # Another day belongs to another story.
    return known is None or (found is not None and found[:10] == known[:10])


def recognises(layout: Layout, page: Page) -> bool:
    """Say whether the page bears one of the layout's marks."""
    return next(marks_of(layout, page), None) is not None


def marks_of(layout: Layout, page: Page) -> Iterator[str]:
    """Yield the marks of the layout that the page bears, the cheapest to look for first."""
    marks = layout.rules.recognise
    yield from (pattern for pattern in marks.addresses if search(pattern, page.path))
    yield from (name for name in marks.metas if page.meta(name))
    if page.is_html:
        yield from (selector for selector in marks.selectors if page.tree.css_first(selector) is not None)
    yield from (pattern for pattern in marks.lines if next(page.seen.matching(pattern), None))
