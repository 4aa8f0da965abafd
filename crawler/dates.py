"""Read a publication date off a piece of text, in the forms that park sites print."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_PART_OF_DAY = "凌晨|早上|上午|中午|下午|晚上"
_OF_WEEK = r"(?:\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?)?"
#: What stands between a day and its clock.
_AND = r"(?:[T\s日]*|\s*[,，]\s*(?:at\s)?|\sat\s)"
_TIME = (
    r"(?:" + _OF_WEEK + _AND + r"\s*(?P<noon>" + _PART_OF_DAY + r")?"
    r"\s*(?P<hour>\d{1,2})\s*[:：时]\s*(?P<minute>\d{2})(?:\s*[:：分]\s*(?P<second>\d{2})秒?|分)?"
    r"(?P<half>\s*[AaPp]\.?[Mm]\b)?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "|".join(_MONTHS)
_NAME = rf"(?<![A-Za-z])(?P<name>{_MONTH})[a-z]*\.?"
_ANY_MONTH = rf"(?i:{_MONTH})[a-z]{{0,6}}"
_CLOCK = (
    r"(?:" + _AND + r"\s*(?:" + _PART_OF_DAY + r")?\s*\d{1,2}\s*[:：时]\s*\d{2}(?:\s*[:：分]\s*\d{2}秒?|分)?"
    r"(?:\s*[AaPp]\.?[Mm]\b)?(?:\s*\(?(?:GMT|UTC)\s*[+-]\d{1,2}(?::?\d{2})?\)?)?)?"
)
#: "{date}" in a layout's pattern: a date in any of the forms that park sites print, with the time that follows it.
DATE_PATTERN = (
    r"(?<!\d)(?:(?:19|20)\d{2}\s*[-/.年\s]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?"
    r"|" + _ANY_MONTH + r"\.?\s*\d{1,2}(?:st|nd|rd|th)?\s*,?\s*(?:19|20)\d{2}"
    r"|\d{1,2}(?:st|nd|rd|th)?[\s-]*+" + _ANY_MONTH + r"\.?,?[\s-]*+(?:19|20)\d{2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d{2}|\d{1,2}-(?i:"
    + _MONTH
    + r")-\d{2}|\d{2}-\d{2}-\d{2}(?!-))(?!\d)"
    + _OF_WEEK
    + _CLOCK
)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})\s*[-/.年\s]\s*(?P<month>\d{1,2})\s*[-/.月]\s*"
    r"(?:(?P<day>\d{1,2})日?(?!\d)|(?P<glued>\d{2})(?=\d{2}:\d{2}))" + _TIME
)
_MONTH_NAMED = re.compile(
    _NAME + r"\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(?P<year>(?:19|20)\d{2})" + _TIME,
    re.I,
)
_DAY_NAMED = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-]*" + _NAME + r",?[\s-]*(?P<year>(?:19|20)\d{2})" + _TIME,
    re.I,
)
_YEAR_LAST = re.compile(
    r"(?<!\d)(?P<one>\d{1,2})\s*[-/.]\s*(?P<two>\d{1,2})\s*[-/.]\s*(?P<year>(?:19|20)\d{2})" + _TIME
)
#: "30-Aug-24": with slashes or spaces it may be anything.
_SHORT_NAMED = re.compile(rf"(?<![\d-])(?P<day>\d{{1,2}})-(?P<name>{_MONTH})-(?P<year>\d{{2}})(?![\d-])" + _TIME, re.I)
_SHORT_YEAR = re.compile(r"(?<![\d-])(?P<year>\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?![\d-])" + _TIME)
#: Which day of the week it was tells which of two numbers is the month.
_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s*$", re.IGNORECASE)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: As addresses have it: t20240509, 2024/0509.
_COMPACT = re.compile(r"((?:19|20)\d{2})/?([01]\d)([0-3]\d)")
#: What makes a stamp a moment of its own (RFC 3339, section 5.6); hundredths of seconds are left aside.
_OFFSET = re.compile(r"(?<=:\d\d)(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})(?!\d)", re.I)
#: As people write it behind a clock: "10:25 (GMT+7)".
_ZONE = re.compile(r"\s*\(?(?:GMT|UTC)\s*(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?(?!\d)\)?")
_MACHINES = re.compile(r"\dT\d")
_RELATIVE = re.compile(
    r"(今天|昨天|前天|\d+\s*(?:分钟|小时|天)前|yesterday|today|\d+ (?:minutes?|hours?|days?) ago)",
    re.I,
)


class DateRead(NamedTuple):
    """A date as ISO 8601 (a date alone, or a moment with its offset), and the characters it was read from."""

    iso: str
    raw: str


def read_date(
    text: str,
    *,
    time_zone: str,
    captured_at: datetime | None = None,
    day_first: bool = True,
) -> DateRead | None:
    """Return the first believable date in *text*, None if there is none.

    A date is believable between 1990 and two days after the capture.  Where day and month cannot be told apart,
    *day_first* says which comes first (``10/09/2018`` was 10 September wherever it could be checked).
    """
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if compact := _COMPACT.fullmatch(text):
        text = "-".join(compact.groups())
    for pattern in (_YEAR_FIRST, _MONTH_NAMED, _DAY_NAMED, _YEAR_LAST, _SHORT_NAMED, _SHORT_YEAR):
        for match in pattern.finditer(text):
            moment = _moment(match, day_first)
            if moment and _is_believable(moment, captured_at):
                return _read(moment, match, time_zone)
    return _relative(text, time_zone, captured_at) if captured_at else None


def _moment(match: re.Match[str], day_first: bool) -> datetime | None:
    part = match.groupdict()
    year = int(part["year"])
    year += 2000 if year < 100 else 0
    if part.get("name"):
        month, day = _MONTHS.index(part["name"][:3].lower()) + 1, int(part["day"])
    elif part.get("one"):
        one, two = int(part["one"]), int(part["two"])
        day, month = (one, two) if (day_first and two <= 12) or one > 12 else (two, one)
        if not _falls_on(year, month, day, match) and _falls_on(year, day, month, match):
            day, month = month, day
    else:
        # Where a design parts day and clock, nothing stands between them.
        month, day = int(part["month"]), int(part["day"] or part["glued"])
    try:
        return datetime(
            year,
            month,
            day,
            _hour(part["hour"], part["half"] or part["noon"]),
            int(part["minute"] or 0),
            int(part["second"] or 0),
        )
    except ValueError:
        return None


def _falls_on(year: int, month: int, day: int, match: re.Match[str]) -> bool:
    """Say whether a day is the one of the week that is named before it, if one is."""
    named = _WEEKDAY.search(match.string, max(match.start() - 12, 0), match.start())
    try:
        return named is None or date(year, month, day).weekday() == _WEEKDAYS.index(named[1].lower())
    except ValueError:
        return False


def _hour(hour: str | None, half: str | None) -> int:
    if not hour:
        return 0
    if half in ("凌晨", "早上", "上午") or (half == "中午" and int(hour) > 10):
        return int(hour)
    if half:
        return int(hour) % 12 + (0 if half.strip().lower().startswith("a") else 12)
    return int(hour)


def _is_believable(moment: datetime, captured_at: datetime | None) -> bool:
    if captured_at is None or moment.year < captured_at.year:
        return moment.year >= 1990
    return moment <= (captured_at + timedelta(days=2)).replace(tzinfo=None)


def _read(moment: datetime, match: re.Match[str], time_zone: str) -> DateRead:
    if match["hour"] is None:
        return DateRead(iso=moment.date().isoformat(), raw=match[0].strip())
    zone = ZoneInfo(time_zone)
    # Without the "T" of a machine's stamp "08:00-09:00" is how long something lasts.
    offset = _OFFSET.match(match.string, match.end()) if _MACHINES.search(match[0]) else None
    said = offset[1].upper() if offset else ""
    if named := None if offset else _ZONE.match(match.string, match.end()):
        offset, said = named, f"{named['sign']}{named['hours']:0>2}:{named['minutes'] or '00'}"
    try:
        there = datetime.fromisoformat(f"{moment.isoformat()}{said}") if offset else moment.replace(tzinfo=zone)
    except ValueError:  # no zone is so far away
        offset, there = None, moment.replace(tzinfo=zone)
    return DateRead(iso=there.astimezone(zone).isoformat(), raw=f"{match[0].strip()}{offset[0] if offset else ''}")


def _relative(text: str, time_zone: str, captured_at: datetime) -> DateRead | None:
    # The whole value: "China Today" is no date.
    match = _RELATIVE.fullmatch(text.strip())
    if not match:
        return None
    import dateparser  # half a second to import, and hardly ever needed

    base = captured_at.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    found = dateparser.parse(match[0], languages=["zh", "en"], settings={"RELATIVE_BASE": base})
    return DateRead(iso=found.date().isoformat(), raw=match[0]) if found else None
