"""Normalise text twice over: once for eyes, once for equality."""

import re
import unicodedata

# C0 and C1 controls except tab, newline and carriage return; they carry nothing a reader could see.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Zero-width marks, soft hyphen, bidirectional overrides and isolates (CVE-2021-42574), byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
# More marks on one letter than any script has: composing them costs the square of their number.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0e31-\u0e3a\u0eb1-\u0ebc\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f]"
)
_A_MARK = re.compile(_MARK)
_PILE_OF_MARKS = re.compile(f"({_MARK}{{16}}){_MARK}+")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Chinese sentences follow each other without a space.
_IS_WIDE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")

_ENDS_A_SENTENCE = re.compile(r"[.!?…。！？；;:：][\"'”’」』)）\]】]*$")


def clean_text(text: str) -> str:
    """Return what a person should see: one line, single spaces, nothing invisible, the signs as the site wrote them."""
    # Of all white space a single space alone is printable, so most texts need no more than these two looks.
    if "  " in text or not text.isprintable():
        text = " ".join(text.split())
        if not text.isprintable():
            return _without_the_unseen(text)
    text = text.strip()
    return text if text.isascii() else _composed(text)


def _without_the_unseen(text: str) -> str:
    # White space at both ends of what goes away must not come out double.
    return _composed(" ".join(_SURROGATES.sub("\ufffd", _CONTROLS.sub("", _INVISIBLE.sub("", text))).split()))


def _composed(text: str) -> str:
    if _A_MARK.search(text):
        text = _PILE_OF_MARKS.sub(r"\1", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def comparison_text(text: str) -> str:
    """Return a form for hashing and matching alone: compatibility forms, half-width, no white space at all.

    Digits and punctuation stay, since 3.5 and 35 must differ.  White space goes entirely because these sites
    lose and gain it around commas between two saves of the same text.
    """
    return "".join(unicodedata.normalize("NFKC", clean_text(text)).split())


def _between(text: str) -> str:
    """Return what parts a paragraph from the text before it: a caption or a subheading is no sentence's beginning."""
    if not text:
        return ""
    if not _ENDS_A_SENTENCE.search(text):
        return " · "
    return "" if _IS_WIDE.search(text[-1]) else " "


def first_sentences(paragraphs: tuple[str, ...], limit: int) -> str:
    """Return the beginning of a body, at most *limit* characters, cut at a sentence's end where one is near."""
    text = ""
    for paragraph in paragraphs:
        text += f"{_between(text)}{paragraph}"
        if len(text) >= limit // 2:
            break
    if len(text) <= limit:
        return text
    cut = text[:limit]
    # Looked for in the whole text: the point of 17.5 is no end, where the cut makes it the last sign.
    ends = [m.end() for m in re.finditer(r"[.!?](?=\s|[A-Z“\"]|$)|[。！？]", text[: limit + 1]) if m.end() <= limit]
    if ends and ends[-1] >= limit // 3:
        return cut[: ends[-1]]
    return cut.rsplit(" ", 1)[0].rstrip(" ,;，；、") + " …"
