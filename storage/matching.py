"""Say which changes a subscription asked for."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from storage.records import LedgerEntry
from storage.text import clean_text

#: A letter or a figure of a writing that parts its words by white space.
_PARTED = r"[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"


def matches(entry: LedgerEntry, parks: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether a change is what a subscription asked for: of its parks, and with one of its words.

    A word may stand in the text before a change or after it: that it has gone is a change as well.
    """
    if parks and entry.park not in parks:
        return False
    if not words:
        return True
    texts = [*_texts(entry)]
    return any(_finder(word).search(text) for word in words for text in texts)


def _texts(entry: LedgerEntry) -> Iterator[str]:
    yield _comparable(entry.headline)
    for fields in (entry.fields_before, entry.fields_after):
        if fields:
            yield from (_comparable(text) for text in (fields.headline, *fields.body))


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", clean_text(text)).casefold()


@cache
def _finder(word: str) -> "re.Pattern[str]":
    """Return how to find a word: as a whole where writing parts words, in Chinese wherever its signs stand."""
    signs = re.findall(rf"{_PARTED}+|\S", _comparable(word))
    said = r"\s*".join(map(re.escape, signs))
    begin = f"(?<!{_PARTED})" if re.match(_PARTED, said) else ""
    end = f"(?!{_PARTED})" if re.search(f"{_PARTED}$", said) else ""
    return re.compile(f"{begin}{said}{end}")
