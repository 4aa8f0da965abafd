"""Gather an article's paragraphs, and leave out what stands among them without being part of the text."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

from crawler.captions import captions_in
from crawler.lines import visible_lines
from crawler.page import Part
from crawler.patterns import Lines, search, without
from crawler.rules import Article, Locator
from storage.text import comparison_text

_PICTURES = "img, video, audio, iframe, embed, object"
_IMAGE_NAME = re.compile(
    r"^[\w\u4e00-\u9fff.\-]+\.(jpe?g|png|gif|webp|bmp)$|^\d{15,22}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    re.IGNORECASE,
)
_HAN = re.compile("[\u4e00-\u9fff]")
_FOOT = 4
_MENU = re.compile(r"(?=.{1,80}$)[A-Z][\w&']*(?: [\w&']+){0,3}(?: ?[|·] ?[A-Z][\w&']*(?: [\w&']+){0,3})++$")
#: What only the foot of a page holds: the numbers under which a site is registered, and whose it is.
_REGISTERED = re.compile(r"ICP[备证]|公网?安备|网站标识码|©|Copyright|版权所有|All rights reserved", re.IGNORECASE)
#: The last sign of such a name.
_IMAGE_LAST = frozenset("abcdefgpABCDEFGP0123456789")
#: So many lines an element may have above its text: trail, headline, stamp, letters for the font size.
_HEAD = 12
#: A longer line is text already, where lines come from elsewhere than an element.
_LONGEST_LABEL = 60
_LONG = 240
#: What is longer is text, whatever it begins with.
_LONGEST_DROPPED = 300
#: So many elements of one name that have lines are looked at for the text.
_MOST_ELEMENTS = 8
#: A text is so many times as long as its summary.
_MUCH_MORE = 2
_CAPTION = re.compile(r"\[\s*(?:Photo|Foto|Image|Picture)s?\b[^\[\]]*\]\s*$")
#: Headlines end in other signs as well.
_SENTENCE = re.compile('[.。]["”’』」)）]{0,3}$')


def body_at(
    nodes: Iterable[LexborNode], part: Part, article: Article, headline: str, head: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return the paragraphs below the first of *nodes* that has any, of text rather than of labels and lists.

    An element beside it that says much more is the text, and it was a summary. An element that holds more than the text
    begins behind the last of the lines *head*: headline and stamp.
    """
    first: tuple[LexborNode, tuple[str, ...]] | None = None
    looked_at = 0
    for node in nodes:
        if first is not None and _prose(first[1]) and not _are_siblings(first[0], node):
            continue
        dropped = node.css(", ".join(article.drop_selectors)) if article.drop_selectors else []
        for unwanted in dropped:
            unwanted.decompose()
        lines = visible_lines(node) if dropped else part.lines_of(node)
        captions = captions_in(node)
        said = [line for line in lines if line not in captions] if captions else lines
        paragraphs = text_below_head(said, article, headline, head) or text_below_head(lines, article, headline, head)
        if paragraphs and (first is None or _prose(paragraphs) > _MUCH_MORE * _prose(first[1])):
            first = (node, paragraphs)
        looked_at += bool(paragraphs)
        if looked_at == _MOST_ELEMENTS:
            break
    return first[1] if first else ()


def _prose(text: tuple[str, ...]) -> int:
    """Return how many signs of a text are in paragraphs."""
    return sum(len(line) for line in text if is_prose(line))


def _are_siblings(one: LexborNode, other: LexborNode) -> bool:
    return one.parent is not None and other.parent is not None and one.parent.mem_id == other.parent.mem_id


def shows_pictures(nodes: Iterable[LexborNode]) -> bool:
    """Say whether elements show something else than text: a poster, a film, a document in a frame."""
    return any(node.css_first(_PICTURES) is not None for node in nodes)


def text_below_head(
    lines: list[str], article: Article, headline: str, head: frozenset[str], top: int = _HEAD
) -> tuple[str, ...]:
    """Return *lines* from behind the last of the lines *head* that stand among the first *top*, the text alone."""
    above = max((at for at, line in enumerate(lines[:top]) if line in head), default=-1)
    return text_only(_without_rest_of_head(lines[above + 1 :], article, above), article, headline)


def body_from(lines: list[str], article: Article, headline: str, head: frozenset[str]) -> tuple[str, ...]:
    """Return the text among *lines* that come from elsewhere than an element: a trail of crumbs may stand on top."""
    first = next((at for at, line in enumerate(lines) if not article.is_skipped(line)), len(lines))
    lines = lines[first:]
    # A stamp may come in pieces.
    head = head.union(line for line in lines[:_HEAD] if any(line in each for each in head))
    # Such lines are paragraphs already, and a stamp may stand below a short text.
    text = next((at for at, line in enumerate(lines[:3]) if len(line) > _LONGEST_LABEL and line not in head), 3)
    return text_below_head(lines, article, headline, head, top=text)


def body_between(
    seen: Lines,
    start: int,
    locator: Locator,
    article: Article,
    headline: str,
) -> tuple[str, ...]:
    """Return the paragraphs below line *start*, up to the line that the locator names as their end.

    An ``until`` that is not there means that the page is not what it seems, so nothing is returned.
    """
    end = _first(seen, start + 1, locator.until)
    if locator.until and end is None:
        return ()
    if locator.until and end is not None and (glued := _before(seen.all[end], locator.until)):
        return text_below((*seen.all[:end], glued), start, article, headline)
    stop = _first(seen, start + 1, locator.stop)
    last = min(at for at in (end, stop, len(seen.all)) if at is not None)
    return text_below(seen.all[:last], start, article, headline)


def _before(line: str, pattern: str) -> str | None:
    """Return the sentence that shares its line with the label at which the text ends, if one does."""
    found = search(pattern, line)
    text = line[: found.start()].rstrip() if found else ""
    return text if is_prose(text) else None


def text_below(lines: tuple[str, ...], start: int, article: Article, headline: str) -> tuple[str, ...]:
    """Return the text behind line *start*."""
    return text_only(_without_rest_of_head(list(lines[start + 1 :]), article, start), article, headline)


def text_only(lines: Iterable[str], article: Article, headline: str) -> tuple[str, ...]:
    """Return *lines* without dropped paragraphs, image names and a headline repeated at the top."""
    is_no_plain_text = article.is_no_plain_text
    kept: list[str] = []
    captions: list[str] = []
    lines = list(lines)
    text_ends: int | None = None
    for at, line in enumerate(lines):
        is_noted = is_no_plain_text(line)
        if is_noted and article.may_be_end(line):
            text_ends = _behind_text(lines) if text_ends is None else text_ends
            if article.is_end(line) or (at >= text_ends and _is_foot(lines[at : at + _FOOT])):
                kept = kept[:-1] if kept and _MENU.match(kept[-1]) else kept
                break
        if is_noted and len(line) <= _LONGEST_DROPPED and article.is_dropped(line):
            captions += [line] if len(line) > _LONGEST_LABEL or _CAPTION.search(line) else []
        elif not _is_image_name(line):
            kept.append(line)
    # A page of pictures has no other text.
    kept = _once(kept[_repeated(kept, headline) :]) or captions
    if kept and article.body.strip:
        kept[-1:] = [text for text in [without(kept[-1], article.body.strip).rstrip()] if text]
    return tuple(kept)


def _behind_text(lines: list[str]) -> int:
    """Return the number of the line behind the last paragraph."""
    return next((at for at in reversed(range(len(lines))) if is_prose(lines[at])), -1) + 1


def _is_foot(lines: list[str]) -> bool:
    """Say whether lines are a page's foot: a notice names its host and its sponsor as well, but is not registered."""
    return len(lines) == 1 or any(map(_REGISTERED.search, lines))


def is_prose(line: str) -> bool:
    """Say whether a line is a paragraph rather than a headline, a label or an entry of a menu."""
    # A Chinese sign says as much as three letters.
    length = len(line) if line.isascii() else len(line) + 2 * len(_HAN.findall(line[:_LONG]))
    return length >= _LONG or (length >= _LONGEST_LABEL and bool(_SENTENCE.search(line, len(line) - 4)))


def _is_image_name(line: str) -> bool:
    # Its end is asked first: the pattern goes through a whole paragraph of Chinese before it fails.
    return line[-1:] in _IMAGE_LAST and bool(_IMAGE_NAME.match(line))


def _without_rest_of_head(lines: list[str], article: Article, above: int) -> list[str]:
    """Return *lines* without those right behind a head that are never text, such as share words."""
    if above < 0:
        return lines
    return lines[next((at for at, line in enumerate(lines) if not article.is_skipped(line)), len(lines)) :]


def _once(lines: list[str]) -> list[str]:
    """Return *lines* without their second half where it says the first again: one for desks and one for phones."""
    half = len(lines) // 2
    is_twice = half > 1 and lines[0] == lines[half] and lines[:half] == lines[half:] and any(map(is_prose, lines))
    return lines[:half] if is_twice else lines


def _repeated(lines: list[str], headline: str) -> int:
    """Return how many of the first lines only say the headline again, whole or split over two lines."""
    longest = 2 * len(headline) + 20  # white space and compatibility forms aside
    for many in (1, 2):
        said = "".join(lines[:many])
        if len(lines) >= many and len(said) <= longest and comparison_text(said) == comparison_text(headline):
            return many
    return 0


def _first(seen: Lines, start: int, pattern: str | None) -> int | None:
    if pattern is None:
        return None
    return next((at for at, _ in seen.matching(pattern) if at >= start), None)
