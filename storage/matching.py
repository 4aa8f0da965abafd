"""Say which changes a subscription asked for."""

from collections.abc import Sequence

from storage.records import LedgerEntry
from storage.text import comparison_text


def matches(entry: LedgerEntry, parks: Sequence[str], words: Sequence[str]) -> bool:
    """Say whether a change is what a subscription asked for: of its parks, and with one of its words."""
    if parks and entry.park not in parks:
        return False
    if not words:
        return True
    fields = entry.fields_after or entry.fields_before
    texts = [entry.headline, *(fields.body if fields else ())]
    said = comparison_text(" ".join(texts)).casefold()
    return any(comparison_text(word).casefold() in said for word in words)
