"""Notice that a text which was found begins further down than the article does."""

from crawler.body import is_prose

#: Between a stamp and its text stand letters for the font size, a row of share buttons, a summary's label.
_BELOW = 5


def missed_beginning(lines: tuple[str, ...], head: int | None, found: tuple[str, ...]) -> str | None:
    """Return the first paragraph below line *head*, headline or stamp, if a text that was *found* stands below it.

    A box about the park may be longer than a short story.
    """
    if head is None or not found:
        return None
    first = next((line for line in lines[head + 1 : head + 1 + _BELOW] if is_prose(line)), None)
    if first is None or first in found or found[0] not in lines:
        return None
    return first if lines.index(found[0]) > lines.index(first) else None
