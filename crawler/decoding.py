"""Turn a response's bytes into text: the only place that decodes."""

import re
from dataclasses import dataclass

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    resolve_encoding,
)

#: What is said of bytes that make no text.
UNDECODED = "cannot be decoded, set 'encoding' in the park file if the site declares a wrong one"
_HAN = re.compile("[\u3400-\u9fff]")
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
#: Quotation marks, dashes and the like of windows-1252.
_TYPOGRAPHY = re.compile(rb"[\x82\x84\x85\x91-\x97\x99\xa0\xa9\xae\xb7]{1,2}")
_HAN_INSIDE_A_WORD = re.compile("[A-Za-z][\u3400-\u9fff][A-Za-z]")
#: Accented letters and signs that Chinese and English pages hardly have, and that Chinese bytes read as Latin-1 are.
_WESTERN = re.compile("[\u0080-\u009f¡-¦ª¬¯²-´¸-º¼-Öà-öØ-Þø-ÿ]")
#: What "，", "。", "的" and an apostrophe become when UTF-8 is read as GBK; rare in any other text.
_TWICE = re.compile("[锛銆鐨鈥]")
#: Signs that mean something to those alone who agreed on it.
_OF_NOBODY = re.compile("[\ue000-\uf8ff]")
#: What a store that knows no Chinese makes of it.
_QUESTION_MARKS = re.compile(r"\?{4,}")
#: So many times as many signs as are broken.
_MANY = 20
#: Where Big5 keeps the 5,401 characters in common use: the first byte (Big5, level 1).
_BIG5_COMMON = range(0xA4, 0xC7)
#: Of the characters of a text in the encoding that is its own, so many are common ones.
_MOSTLY = 0.9
_SIMPLIFIED = {"gb2312", "gbk", "gb18030"}
#: Codecs that are for no page: of names, of source code, of nothing. The first takes the square of a page's length.
_OF_NO_PAGE = {"punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
#: Labels that servers put on anything; when the bytes are no UTF-8 they prove nothing.
_CARELESS = {"utf-8", "cp1252", "iso8859-1", "latin-1", "ascii"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A page's text, and the encoding that gave it."""

    text: str
    encoding: str
    #: The park's file, or a byte order mark, says that it is so: private signs are meant, as icons are.
    is_certain: bool = False

    @property
    def is_damaged(self) -> bool:
        """Whether so much could not be decoded, or is so implausible, that nothing on the page can be trusted."""
        lost = self.text.count("\ufffd") > max(4, len(self.text) // 2000)
        is_guess = self.encoding != "utf-8" and not self.is_certain
        return lost or _is_implausible(self.text) or (is_guess and _is_of_nobody(self.text))


def has_lost_its_signs(text: str) -> bool:
    """Say whether a text that people read has become question marks before it was sent to us.

    Of a page's markup nothing follows: comments in its scripts are often lost in that way.
    """
    return 4 * sum(map(len, _QUESTION_MARKS.findall(text))) > len(text)


def _is_implausible(text: str) -> bool:
    """Say whether a text shows the marks of bytes that were decoded in the wrong way, by us or by the site itself."""
    if text.isascii():
        return False
    western = len(_WESTERN.findall(text))
    if western > max(60, len(text) // 25):
        return True
    twice = len(_TWICE.findall(text))
    return twice > max(10, len(_HAN.findall(text)) // 33)


def _is_of_nobody(text: str) -> bool:
    """Say whether a text has many signs that a wrong encoding makes of it; those that are sent as such are icons."""
    return len(_OF_NOBODY.findall(text)) > max(10, len(_HAN.findall(text)) // 33)


def encoding_named(label: str) -> str | None:
    """Return the name of the encoding that a label means, None if pages cannot be in it; a site may write anything."""
    name = resolve_encoding(label)
    if name is None or name.replace("_", "-") in _OF_NO_PAGE:
        return None
    try:
        b" ".decode(name, "replace")
    except LookupError:  # a codec that makes no text, as that of gzip
        return None
    return name


def decode(content: bytes, content_type: str | None = None, *, encoding: str | None = None) -> Decoded:
    """Decode by the park's own word, byte order mark, the bytes themselves, header and meta, in this order.

    Text in a Chinese encoding is never valid UTF-8 by chance beyond a few characters, so bytes that are valid UTF-8
    outweigh any label.  gb2312 and gbk are read as gb18030 (WHATWG Encoding Standard, section 4.2).
    """
    if encoding:
        name = encoding_named(encoding) or "utf-8"
        return Decoded(text=content.decode(name, "replace"), encoding=name, is_certain=True)
    bom, rest = read_bom(content)
    if bom and rest is not None:
        return Decoded(text=content[len(rest) :].decode(bom, "replace"), encoding=bom, is_certain=True)
    try:
        return Decoded(text=content.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        pass
    text = content.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    if sum(not sign.isascii() for sign in text) > _MANY * lost:
        # Bytes of another encoding hardly ever make signs of UTF-8: this is UTF-8 with a few of them broken.
        return Decoded(text=text, encoding="utf-8")
    # The labels stand in the first kilobytes; w3lib looks no further either.
    labels = (http_content_type_encoding(content_type), html_body_declared_encoding(content))
    header, meta = (encoding_named(label) if label else None for label in labels)
    for declared in (header, meta):
        if declared and declared not in _CARELESS:
            text = content.decode(declared, "replace")
            is_other = declared in _SIMPLIFIED and _is_big5(content, text)
            if not (is_other or Decoded(text=text, encoding=declared).is_damaged):
                return Decoded(text=text, encoding=declared)
    return _by_plausibility(content, header or meta)


def _by_plausibility(content: bytes, declared: str | None) -> Decoded:
    chinese = content.decode("gb18030", "replace")
    han = len(_HAN.findall(chinese))
    torn = len(_HAN_INSIDE_A_WORD.findall(chinese))
    # Accented letters and curved quotation marks of a western page are no Chinese: they leave more holes than whole
    # characters, or stand alone, where the bytes of Chinese signs stand together.
    runs = _HIGH_BYTES.findall(content)
    if all(map(_TYPOGRAPHY.fullmatch, runs)):
        return Decoded(text=content.decode("cp1252", "replace"), encoding="cp1252")
    is_western = chinese.count("\ufffd") > han or 2 * sum(len(run) == 1 for run in runs) > len(runs)
    if _is_big5(content, chinese):
        return Decoded(text=content.decode("big5hkscs", "replace"), encoding="big5hkscs")
    if not Decoded(text=chinese, encoding="gb18030").is_damaged and torn * 2 <= han and not is_western:
        return Decoded(text=chinese, encoding="gb18030")
    utf8 = content.decode("utf-8", "replace")
    if utf8.count("\ufffd") == 1:
        return Decoded(text=utf8, encoding="utf-8")  # a page cut in the middle of a character
    if (torn * 2 > han or is_western) and declared != "utf-8":
        name = declared if declared in _CARELESS else "cp1252"
        return Decoded(text=content.decode(name, "replace"), encoding=name)
    return Decoded(text=utf8, encoding="utf-8")


def _is_big5(content: bytes, as_gb18030: str) -> bool:
    """Say whether bytes that gb18030 can read as well are Big5: rare characters there, common ones here."""
    han = "".join(_HAN.findall(as_gb18030))
    if not han or len(han.encode("gb2312", "ignore")) > len(han) * 2 * _MOSTLY:
        return False
    signs = _HAN.findall(content.decode("big5hkscs", "replace"))
    common = sum(1 for sign in signs if (code := sign.encode("big5", "ignore")) and code[0] in _BIG5_COMMON)
    return common > len(signs) * _MOSTLY
