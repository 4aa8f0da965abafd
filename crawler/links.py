"""Read what a listing says of an article: the link's text, and the date that stands beside it."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

from crawler.dates import DATE_PATTERN
from storage.records import Link
from storage.text import clean_text

_DATE_LIKE = re.compile(r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\b")
#: A date with its month's name stands alone, or it is an event's in a teaser.
_DATE_ALONE = re.compile(
    r"[\[(（【]?\s*(?:(?i:posted on|published(?: on)?|updated(?: on)?|date|on)\s*[:：]?\s*)?"
    rf"(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]{{0,6}}\.?,?\s+)?({DATE_PATTERN})\s*[\])）】]?"
)
#: What a list calls all of its entries, before or behind their day.
_OF_ALL = (
    r"(?i:news|press(?: releases?)?|media|blog|articles?|stor(?:y|ies)|updates?|announcements?"
    r"|新闻|动态|要闻|公告|通知)"
)
_BESIDE_ALL = re.compile(rf"{_OF_ALL}\s*[|·•/]\s*(?P<behind>.+)|(?P<before>.+?)\s*[|·•/]\s*{_OF_ALL}")
#: What stands in a link beside its headline, in an element of its own: the day without its year, a mark.
_NO_HEADLINE = re.compile(
    r"[\[(（【]?(?:(?:0[1-9]|1[0-2])[-/.月](?:0[1-9]|[12]\d|3[01])日?|置顶|推荐|热点?|最新|NEW|HOT)[\])）】]?[!！]?"
)
_HEADINGS = "h1, h2, h3, h4, h5, h6"
#: Names of what stands beside a heading: a second line, the column.
_OTHER_TITLES = ", ".join(f'[class*="{name}" i]' for name in ("subtitle", "sub-", "sub_", "category", "cat-", "cat_"))
#: Shorter texts in an element named for a title are icons and numbers.
_SHORTEST = 6
#: What a time element says to machines begins with it.
_DAY_FIRST = re.compile(r"(?:19|20)\d{2}-\d{2}-\d{2}(?!\d)")
_LONGEST_DATE = 30
#: What a second link to the same story says, and what says nothing of it.
_READ_MORE = re.compile(
    r"(?i:(?:read|learn|see|view|find out)? ?more(?: about this)?|read (?:the )?(?:full )?(?:article|story)"
    r"|continue reading|details?)"
    r"[\s.…»›>→‣▸]*|(?:了解|查看|阅读|显示)?(?:更多|详情|详细|全文)[\s.…»›>→‣▸]*"
)
#: Where a day stands in an element of its own, and beside it the year: with the month, or behind it, in either order.
_SPLIT_DATES = [
    re.compile(rf"{one}\s+{other}")
    for halves in (
        (r"(?P<year>20\d{2})", r"(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"),
        (r"(?P<year>20\d{2})\s*[-/.年]\s*(?P<month>\d{1,2})月?", r"(?P<day>\d{1,2})日?"),
    )
    for one, other in (halves, halves[::-1])
]
_MOST_NODES = 60


def headline_of(node: LexborNode) -> str | None:
    """Return what a link calls its article."""
    # A link around a whole entry holds its teaser as well.
    heading = node.css_first(_HEADINGS) or node.css_first(".tit, .title, .bt") or _heading_in_card(node)
    text = clean_text("".join(_own_texts(heading if heading and heading.text().strip() else node))).lstrip("·• ")
    text = "" if _READ_MORE.fullmatch(text) else text
    title = clean_text(node.attributes.get("title") or "")
    # A list cuts its texts where the title attribute holds the whole.
    if title and (not text or text.rstrip(".… ") == title[: len(text.rstrip(".… "))]):
        return title
    return None if text and _date_alone(text) else text or None


def _heading_in_card(node: LexborNode) -> LexborNode | None:
    """Return what stands for a heading in a link around a teaser, which has a paragraph of its own."""
    if node.css_first("p") is None:
        return None
    named = node.css(f'[class*="title" i]:not({_OTHER_TITLES}), :not(p) > strong, :not(p) > b')
    return next((each for each in named if len(clean_text(each.text(deep=True))) >= _SHORTEST), None)


def _own_texts(node: LexborNode) -> Iterator[str]:
    """Yield the text of a link but for a date that stands inside it in an element of its own."""
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            yield child.text_content or ""
        else:
            text = child.text(deep=True)
            is_date = _DATE_LIKE.search(text) and len(text.strip()) <= 20
            if not (is_date or _NO_HEADLINE.fullmatch(clean_text(text)) or _date_alone(text) is not None):
                yield text


def date_beside(
    node: LexborNode, seen: dict[int, tuple[str | None, bool]], is_article: Callable[[str], bool]
) -> str | None:
    """Return the date that stands with a link: in the link, or in the nearest item around it.

    *is_article* says whether a link's address as it is written is an article's. *seen* keeps what was found of every
    element, so that each is looked at once however many links it holds.
    """
    at: LexborNode | None = node
    for _ in range(5):
        if at is None or at.tag in ("body", "html"):
            return None
        if at.mem_id not in seen:
            seen[at.mem_id] = _date_in(at, is_article, is_link=at is node)
        date, is_crowded = seen[at.mem_id]
        if date or is_crowded:
            return date
        at = at.parent
    return None


def _date_in(node: LexborNode, is_article: Callable[[str], bool], *, is_link: bool) -> tuple[str | None, bool]:
    """Return the date in an element, and whether it holds more than one article: then its date is nobody's."""
    text = clean_text(node.text(deep=True, separator=" "))
    if len(text) > 2000:
        return None, True
    links = {a.attributes.get("href") or "" for a in node.css("a[href]")} if not is_link else set()
    if len(links) > 1 and sum(1 for href in links if is_article(href)) > 1:
        return None, True
    if match := _DATE_LIKE.search(text):
        return match[0], False
    return next(_dates_alone(node), None) or _split_date(node), False


def _split_date(node: LexborNode) -> str | None:
    """Return the date that two elements side by side say together, in an element that holds nothing else."""
    for child in islice(node.traverse(), _MOST_NODES):
        text = clean_text(child.text(deep=True, separator=" ")) if child.first_child is not None else ""
        if len(text) > _LONGEST_DATE:
            continue
        for pattern in _SPLIT_DATES:
            if found := pattern.fullmatch(text):
                return f"{found['year']}-{found['month']}-{found['day']}"
        if named := _date_alone(text):
            return named
    return None


def _dates_alone(node: LexborNode) -> Iterator[str]:
    # A hostile item is as deep as it likes: what stands behind its first nodes is no date of a listing's.
    for child in islice(node.traverse(include_text=True), _MOST_NODES):
        if child.tag == "-text" and (date := _date_alone(child.text_content or "")):
            yield date
        elif child.tag == "time" and (moment := _DAY_FIRST.match(child.attributes.get("datetime") or "")):
            yield moment[0]


def _date_alone(text: str) -> str | None:
    if len(text) > 4 * _LONGEST_DATE:
        return None
    text = clean_text(text)
    if beside := _BESIDE_ALL.fullmatch(text):
        text = beside["behind"] or beside["before"]
    found = _DATE_ALONE.fullmatch(text) if len(text) <= _LONGEST_DATE else None
    return found[1] if found else None


def both(one: Link, other: Link) -> Link:
    """Join two links to one article: a picture's link has no text, a teaser's is not the headline."""
    return Link(
        key=one.key,
        url=one.url,
        headline=one.headline or other.headline,
        date=one.date or other.date,
    )
