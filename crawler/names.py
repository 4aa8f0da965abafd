"""Tell a headline from what stands where it should, by the page's title and by what the listing says."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import islice

from crawler.body import is_prose
from crawler.page import Page, Part, title_parts
from storage.text import clean_text, comparison_text

#: Shorter texts, such as the name of a column, stand in a title without being the headline.
_SHORTEST = 5
_YEAR, _LONGEST_STAMP = re.compile(r"(?:19|20)\d\d"), 40
#: So many headings are looked at, and so many lines a headline may be broken in.
_MOST_HEADINGS, _MOST_LINES = 20, 3
#: The first half of a Chinese headline; the name of a column is shorter.
_HALF = re.compile(r"(?:[^\u4e00-\u9fff]*[\u4e00-\u9fff]){6}")
_BETWEEN = " |｜-—–"
_STAMPED = re.compile(
    r"(.*\S)\s*[\s(（\[【](?:19|20)\d{2}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?"
    r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?[\s)）\]】]*$"
)
#: Behind these a day is part of what is said.
_ASKS_FOR_A_DAY = re.compile(
    r"(?:\b(?:on|of|by|until|till|from|to|since|at|in|for|and)|[自从至到于在截])$", re.IGNORECASE
)


@lru_cache(maxsize=1000)
def _compared(name: str) -> str:
    return comparison_text(name)


class Names:
    """What a page calls itself, and what the park is called."""

    def __init__(self, page: Page, part: Part, park: str) -> None:
        self._page, self._part, self._park = page, part, _compared(park)

    def is_in_title(self, value: str) -> bool:
        """Say whether a text stands in the page's title and is no name there."""
        whole, names = self._title
        if not _SHORTEST <= len(value) <= 2 * len(whole) + 20:  # white space and compatibility forms aside
            return False
        said = comparison_text(value)
        return said in whole and said not in names

    def lines_in_title(self, cut: Iterable[str]) -> frozenset[int]:
        """Return the numbers of the lines of which the title may say the beginning, for a quick look at many lines.

        Lines in which one of the patterns *cut* is found may say something else than they seem to.
        """
        title = self._title[0]
        signs = {*title}
        begun = (at for at, line in enumerate(self._part.lines) if line[0] in signs or not _is_compared_as_is(line[0]))
        begun = (at for at in begun if _first_word(self._part.lines[at]) in title)
        return self._part.seen.numbers(cut).union(begun)

    def is_of_the_site(self, value: str, *, is_title: bool, is_guess: bool = False) -> bool:
        """Say whether what looks like a headline is the same on every page: the name of the site or of a column.

        A guess that the title does not bear out gives way to the headline that the listing has, if the page shows it.
        """
        said = comparison_text(value)
        if said == self._park:
            return True
        listed = self._listed
        # A title that only begins the listing's headline names the site, as long as the page shows the whole.
        is_part = listed.startswith(said) and not (is_title and said != listed)
        is_contradicted = len(listed) >= _SHORTEST and not (said.startswith(listed) or is_part)
        if not (is_title or is_contradicted):
            return False  # the title is looked at where there is a doubt, since every page costs it
        if said == comparison_text(self._page.meta("sitename")):
            return True
        whole, _ = self._title
        is_unlike_title = said not in whole and (is_guess or whole.startswith(listed))
        is_other = is_title or is_unlike_title or said == whole
        return is_contradicted and is_other and self._stands_here(listed)

    def without_stamp(self, value: str) -> str:
        """Return a headline without the day that its line ends with, unless title or listing have it with that day."""
        found = _STAMPED.match(value) if _YEAR.search(value, max(len(value) - _LONGEST_STAMP, 0)) else None
        if not found:
            return value
        alone = found[1].rstrip(_BETWEEN)
        said, listed = comparison_text(value), self._listed
        # A listing may cut a headline short in the middle of its day.
        is_cut = said.startswith(listed) and len(listed) > len(comparison_text(alone))
        is_part = said in self._title[0] or said in listed or is_cut or _ASKS_FOR_A_DAY.search(alone)
        return value if is_part else alone

    def without_column(self, value: str) -> str:
        """Return a headline without the name of its column, to which a link behind it leads, as the listing has it."""
        listed = self._listed
        rest = comparison_text(value).removeprefix(listed) if listed and len(value) > len(listed) else ""
        if not rest or not comparison_text(value).startswith(listed):
            return value
        links = (comparison_text(link.text(deep=True)) for link in self._part.css("a[href]"))
        return clean_text(self._page.listed_headline or value) if rest in links else value

    def with_its_other_line(self, at: int, value: str, *, only_below: bool) -> tuple[int, str]:
        """Return a headline that is broken in two as the title has it, with the number of its last line.

        Above a line that a label stands over is the label.
        """
        for first in (at,) if only_below else (at, at - 1):
            pair = self._part.lines[max(first, 0) : first + 2]
            # The title is looked at where the other line could be half a headline, since every page costs it.
            if len(pair) == 2 and pair[0] != pair[1] and not any(map(is_prose, pair)):
                part = self._parts.get(comparison_text("".join(pair)))
                if part:
                    return first + 1, part
        return at, value

    def whole_heading(self, value: str) -> str:
        """Return the heading of which a guess is the last line: a title that names the column does not say so."""
        for node in islice(self._part.css("h1, h2, h3"), _MOST_HEADINGS):
            lines = self._part.lines_of(node)
            if lines and lines[-1] == value and 1 < len(lines) <= _MOST_LINES and _HALF.match(lines[0]):
                return " ".join(lines)
        return value

    @cached_property
    def _listed(self) -> str:
        return comparison_text((self._page.listed_headline or "").rstrip(".… "))

    def _stands_here(self, listed: str) -> bool:
        """Say whether the page shows the headline, under which the listing or the record has it, outside links."""
        lines = [comparison_text(line) for line in self._part.lines]
        shown = sum("".join(lines[at : at + 3]).startswith(listed) for at in range(len(lines)))
        links = (comparison_text(link.text(deep=True)) for link in self._part.css("a[href]"))
        return shown > sum(text.startswith(listed) for text in links)

    @cached_property
    def _parts(self) -> dict[str, str]:
        """The parts of the title, by what they are for comparison."""
        return {comparison_text(part): part for part in reversed(title_parts(self._page.title))}

    @cached_property
    def _title(self) -> tuple[str, frozenset[str]]:
        """The title for comparison, and what in it is the name of the site or of a column."""
        title = self._page.title
        names = frozenset(map(comparison_text, [self._page.meta("sitename"), *title_parts(title)[1:]]))
        return comparison_text(title), names if self._page.meta("sitename") else names | {self._park}


def _is_compared_as_is(sign: str) -> bool:
    return sign.isascii() or "\u4e00" <= sign <= "\u9fff"


def _first_word(line: str) -> str:
    """Return what a line begins with as far as that is sure to be compared as it stands.

    A headline that begins the line may end in the middle of its first word, but has so many signs at least.
    """
    if line.isascii():
        return line[:_SHORTEST].split(maxsplit=1)[0]
    return line[0] if _is_compared_as_is(line[0]) else ""


def shows_headline(listed: str, lines: tuple[str, ...]) -> bool:
    """Say whether a page shows a headline as the listing has it, cut short or broken in up to three lines."""
    wanted = comparison_text(listed.rstrip(".… "))
    said = [comparison_text(line) for line in lines]
    return bool(wanted) and any(
        "".join(said[at : at + 3]).startswith(wanted) for at, line in enumerate(said) if wanted[:1] == line[:1]
    )


def line_of_headline(headline: str, lines: tuple[str, ...]) -> int | None:
    """Return the number of the line in which a headline stands, or ends where it stands in up to three."""
    if headline in lines:
        return lines.index(headline)
    wanted = comparison_text(headline)
    for at, line in enumerate(lines):
        if line[0] != wanted[:1] and _is_compared_as_is(line[0]):
            continue  # most lines, and to compare one whole costs more
        said = comparison_text(line)
        if not said or not wanted.startswith(said):
            continue
        for many in (1, 2, 3):
            if "".join(map(comparison_text, lines[at : at + many])) == wanted:
                return min(at + many, len(lines)) - 1
    return None
