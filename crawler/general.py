"""Take the text of a page of unknown make, by a library that knows many sites and none of them well."""

from crawler.page import Page
from storage.text import clean_text

#: trafilatura's time grows faster than a page's length: it took minutes for one of 600,000 paragraphs.
_LONGEST, _MOST_TAGS = 2_000_000, 20_000


def general_body(page: Page) -> list[str]:
    """Return the paragraphs that trafilatura takes for the text, none if it finds none or the page is too long for it.

    Its dates are never asked for: it reads ``2026年5月11日`` as the first of January (htmldate 1.11).
    """
    if len(page.text) > _LONGEST or page.text.count("<") > _MOST_TAGS:
        return []
    import trafilatura  # a third of a second to import, and parks on a known layout never need it

    found = trafilatura.extract(
        page.text,
        url=page.url or None,
        output_format="txt",
        include_comments=False,
        include_tables=True,
        favor_recall=True,
        deduplicate=False,
    )
    return [line for part in (found or "").split("\n") if (line := clean_text(part).removeprefix("- "))]
