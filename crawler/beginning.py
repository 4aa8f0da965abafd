"""Notice that a text which was found begins further down than the article does."""

from collections.abc import Sequence

from crawler.body import is_prose

#: Between a stamp and its text stand letters for the font size, a row of share buttons, a summary's label.
_BELOW = 5


def missed_beginning(lines: tuple[str, ...], head: int | None, found: tuple[str, ...]) -> str | None:
    """Return the first paragraph below line *head*, headline or stamp, if a text that was *found* stands below it.

    A box about the park may be longer than a short story.
    """
    if head is None or not found:
        return None
    below = range(head + 1, min(head + 1 + _BELOW, len(lines)))
    at = next((number for number in below if is_prose(lines[number])), None)
    if at is None or lines[at] in found or found[0] in lines[:at]:
        return None
    return lines[at] if found[0] in lines[at:] else None


def text_from(first: str, text: tuple[str, ...], *, above: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """Return an element's *text* without the lines *above* its *first* paragraph, such as headline and stamp.

    Labels behind the last line of what was *found* are left out as well: contacts, files.
    """
    begins = text.index(first)
    start = max((at + 1 for at in range(begins) if text[at] in above), default=0)
    end = text.index(found[-1]) + 1 if found[-1] in text else len(text)
    return text[start:] if any(map(is_prose, text[end:])) else text[start:end]
