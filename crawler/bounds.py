"""Refuse what no page of news is before a parser sees it: some markup costs the square of its length.

Measured: lexbor took 2.6 s for 40,000 attributes on one tag and 3.9 s for 60,000 nested elements, and both grow with
the square. All checks here are linear.
"""

import re

#: More elements inside each other, or attributes on one tag, than any page a person made has.
_DEEPEST, _MOST_ATTRIBUTES = 2500, 1000
#: Ten times as many as the longest page of news has; each costs a kilobyte while a page is read.
_MOST_TAGS = 200_000
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{4000,}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
#: Elements without an end, or whose end may be left out.
_FLAT = frozenset(
    "area base br col dd dt embed hr img input li link meta option p param source td th tr track wbr".split()  # noqa: SIM905
)


def excess_of(text: str) -> str | None:
    """Return in a phrase what makes a page too much to be read, None if nothing does."""
    if any(len(match[0].split()) > _MOST_ATTRIBUTES for match in _LONG_TAG.finditer(text)):
        return f"has a tag with more than {_MOST_ATTRIBUTES} attributes"
    tags = text.count("<")
    if tags > _MOST_TAGS:
        return f"has more than {_MOST_TAGS} tags"
    if tags > _DEEPEST and _depth(text) > _DEEPEST:
        return f"nests more than {_DEEPEST} elements inside each other"
    return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(text):
        if match[2].lower() in _FLAT:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            break
    return deepest
