"""The digest: what it says of changes, of parks that were not seen, and of hostile pages."""

import gzip
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from syrupy.assertion import SnapshotAssertion

from reports.coverage import ParkCoverage, Sight, change_windows, cover_park, visits_planned
from reports.diff import Piece, diff_texts, for_mail, words
from reports.digest import Digest, ParkSection, sections_of
from reports.message import build_letter, refuse_bare_line_ends, subject_of
from reports.render import MOST_HTML_BYTES, fitting, html_of, text_of
from reports.wording import span, window
from storage.database.visit_log import ConditionLine, UnreadLine, VisitLine
from storage.matching import matches
from storage.records import GAP, ChangeKind, LedgerEntry
from storage.text import first_sentences
from tests.builders import DAY_1, DAY_2, a_park, an_article


def an_entry(number: int = 1, kind: ChangeKind = ChangeKind.NEW, **more: Any) -> LedgerEntry:
    given: dict[str, Any] = {
        "number": number,
        "kind": kind,
        "park": "eastgate",
        "article_id": number,
        "url": f"http://eastgate.example/{number}.html",
        "headline": "A bearing works doubles its floor",
        "seen_after": DAY_1,
        "seen_at": DAY_2,
        "changed_fields": (),
        "before": None,
        "after": 1,
        "fields_after": an_article(),
    }
    return LedgerEntry(**{**given, **more})


def an_edit(number: int, before: str, after: str, **more: Any) -> LedgerEntry:
    return an_entry(
        number,
        ChangeKind.EDITED,
        changed_fields=("body",),
        fields_before=an_article(body=(before,)),
        fields_after=an_article(body=(after,)),
        **more,
    )


def a_digest(*entries: LedgerEntry, **more: Any) -> Digest:
    given: dict[str, Any] = {
        "number": 7,
        "made_at": DAY_2,
        "covers_since": DAY_1,
        "time_zone": "Asia/Shanghai",
        "first_change": 0,
        "last_change": len(entries),
        "sections": sections_of(
            entries,
            {"eastgate": a_park()},
            items_per_park=25,
            excerpt_chars=240,
            baselines=more.pop("baselines", {}),
            made_at=more.get("made_at", DAY_1),
        ),
        "coverage": (
            ParkCoverage(
                park="eastgate", name="Eastgate", sight=Sight.WHOLE, visits=4, visits_planned=4, visits_done=4
            ),
        ),
        "new_count": sum(entry.kind is ChangeKind.NEW for entry in entries),
        "changed_count": sum(entry.kind not in (ChangeKind.NEW, ChangeKind.RECOVERED) for entry in entries),
        "recovered_count": sum(entry.is_recovered for entry in entries),
        "changes": tuple(entry.number for entry in entries),
        "previous_sha256": "ab" * 32,
    }
    return Digest(**{**given, **more})


def shown(before: str, after: str) -> str:
    marks = {Piece.SAME: "{}", Piece.DELETED: "[-{}-]", Piece.INSERTED: "{{+{}+}}"}
    return " / ".join(
        "".join(marks[run.piece].format(run.text) for run in place) for place in diff_texts([before], [after]).places
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("worth 1.37 billion yuan", "worth 1.73 billion yuan", "worth [-1.37-]{+1.73+} billion yuan"),
        ("employs 1,200 people", "employs 1,250 people", "employs [-1,200-]{+1,250+} people"),
        ("On May 9,the zone,with care", "On June 9,the zone,with care", "On [-May-]{+June+} 9,the zone,with care"),
        ("预计今年12月投产", "预计明年6月投产", "预计[-今年12-]{+明年6+}月投产"),
        ("up 9.6%", "up 21.4%", "up [-9.6%-]{+21.4%+}"),
    ],
)
def test_a_diff_changes_words_and_figures_whole(before: str, after: str, expected: str) -> None:
    assert shown(before, after) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_diff_loses_no_word(before: str, after: str) -> None:
    assert "".join(words(before)) == before
    found = diff_texts([before], [after])
    assert bool(found.places) == (before != after)


def test_a_long_text_shows_only_where_it_changed() -> None:
    before = " ".join(f"word{n}" for n in range(500))
    found = diff_texts([before], [before.replace("word250", "other")])
    [place] = found.places
    assert sum(len(run.text) for run in place) < 300


def test_a_digest_in_html_and_text_says_the_same(snapshot: SnapshotAssertion) -> None:
    digest = a_digest(
        an_entry(1),
        an_edit(2, "It cost 1.37 billion.", "It cost 1.73 billion."),
        an_entry(3, ChangeKind.REMOVED, before=1, after=1),
        an_entry(4, ChangeKind.MOVED, previous_url="http://eastgate.example/old.html"),
        an_entry(5, ChangeKind.RECOVERED),
    )
    text = text_of(digest)
    assert text == snapshot
    visible = LexborHTMLParser(html_of(digest)).body
    assert visible is not None
    for said in ("1 new", "1 recovered", "Removed", "1.37", "1.73", "http://eastgate.example/old.html", "Eastgate"):
        assert (said in text) == (said in visible.text(deep=True)), said


def test_a_quiet_digest_says_that_all_was_seen() -> None:
    assert subject_of(a_digest()) == "Parkwatch: nothing new (2024-05-07)"
    assert "The park was seen whole since Mon 6 May 16:00." in text_of(a_digest())


def test_a_digest_names_what_could_not_be_seen_since_when_and_why() -> None:
    unseen = ParkCoverage(
        park="e", name="Eastgate", sight=Sight.NOT, since=DAY_1, why="unreachable: connection refused", visits=4
    )
    digest = a_digest(coverage=(unseen,))
    for said in (text_of(digest), html_of(digest)):
        assert "not seen since Mon 6 May 16:00 (unreachable: connection refused)" in said
        assert "Nothing new in what could be seen" in said
    assert subject_of(digest) == "Parkwatch: nothing new, 1 park not seen whole (2024-05-07)"


HOSTILE = [
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "\r\nBcc: everyone@example.org",
    "=?utf-8?q?=0d=0aBcc:=20x@example.org?=",
    '"><img src=x onerror=alert(1)>',
    "x" * 1_000_000,
    "\u202etxt.exe",
    "",
]


@pytest.mark.parametrize("headline", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_headline_stays_text(headline: str) -> None:
    entry = an_entry(headline=headline, fields_after=an_article(headline=headline, source=headline[:99]))
    letter = build_letter(a_digest(entry), sender="p@example.org", recipient="r@example.org", token="t")
    tree = LexborHTMLParser(letter.html)
    assert tree.css("script, img, iframe, form") == []
    head = letter.content.split(b"\r\n\r\n", 1)[0]
    assert b"Bcc" not in head
    assert all(len(line) < 998 for line in letter.content.split(b"\r\n"))
    assert len(letter.html.encode()) < 102_000


def test_a_link_that_is_no_web_address_leads_nowhere() -> None:
    html = html_of(a_digest(an_entry(url="javascript:alert(1)")))
    assert "javascript:" not in html


@pytest.mark.parametrize("count", [200, 3000])
def test_a_large_digest_is_shortened_with_a_count_and_never_dropped(count: int) -> None:
    entries = [an_entry(n, fields_after=an_article(headline=f"Headline number {n} of many")) for n in range(1, count)]
    entries += [an_edit(count + n, f"It was {n}.", f"It is {n + 1}.") for n in range(40)]
    letter = build_letter(a_digest(*entries), sender="p@example.org", recipient="r@example.org", token="t")
    assert len(letter.html.encode()) <= MOST_HTML_BYTES
    assert f"{count - 1} new, 40 changed" in letter.html
    message = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    files = {part.get_filename(): part for part in message.iter_attachments()}
    assert "Too long for a mail: the attached file parkwatch-digest-7.txt is the whole of it." in letter.html
    assert letter.html.count("<ins") == 40  # news go first: the words of a change stand nowhere else
    assert "stands in the attached file" not in letter.html
    [name] = files
    assert name == "parkwatch-digest-7.txt"
    whole = files[name].get_content()
    assert all(f"Headline number {n} of many" in whole for n in range(1, count))
    assert len(letter.content) < 10_000_000
    assert message.get_body(("plain",)) is not None
    if count == 3000:
        assert "the attached file has them" in letter.html


def test_news_of_which_only_the_headline_is_shown_have_their_window_and_their_host() -> None:
    early, late = (DAY_1 + timedelta(hours=hour) for hour in (2, 8))
    entries = [an_entry(n, seen_after=DAY_1, seen_at=late if n % 2 else early) for n in range(1, 60)]
    digest = a_digest(*entries)
    [section] = digest.sections
    assert section.short
    assert section.window_of_short == (DAY_1, late)
    for said in (text_of(digest), html_of(digest)):
        assert f"{len(section.short)} more new, between Mon 6 May 16:00 and" in said
    assert " · eastgate.example · #" in html_of(digest).split("more new")[1]


def test_no_rewriting_makes_a_mail_that_servers_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.message._MOST_PLAIN_BYTES", 50_000)
    monkeypatch.setattr("reports.message._MOST_PACKED_BYTES", 60_000)
    random = Random(7)

    def rewritten() -> str:
        return " ".join("".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=98)) for _ in range(200))

    edits = [an_edit(n, rewritten(), rewritten()) for n in range(1, 61)]
    letter = build_letter(a_digest(*edits), sender="p@example.org", recipient="r@example.org", token="t")
    assert len(letter.content) < 400_000
    assert "holds as much of it as mail servers take; parkwatch prove NUMBER shows any line" in letter.html
    message = message_from_bytes(letter.content, policy=policy.default)
    [file] = [part for part in message.walk() if part.get_filename()]
    assert file.get_filename() == "parkwatch-digest-7.txt.gz"
    text = gzip.decompress(file.get_payload(decode=True)).decode()
    assert re.search(r"\[\d+ lines more left out for their size", text.splitlines()[-1])
    found = diff_texts([rewritten()], [rewritten()])
    longest = [max(len(run.text) for run in diff.places[0]) for diff in (found, for_mail(found))]
    assert longest[0] > 19_000 > 3200 > longest[1]


def test_changes_without_room_for_their_words_say_where_these_stand() -> None:
    edits = [an_edit(n, f"It was {n}. " + "Old. " * 60, f"It is {n}. " + "New! " * 60) for n in range(1, 90)]
    letter = build_letter(a_digest(*edits), sender="p@example.org", recipient="r@example.org", token="t")
    assert len(letter.html.encode()) <= MOST_HTML_BYTES
    elsewhere = letter.html.count("What it said before and says now stands in the attached file.")
    shown = letter.html.count('class="kind"')
    assert 0 < elsewhere < shown
    left_out = f"There was no room for {89 - shown} of the changes; the attached file has them."
    assert (left_out in letter.html) == (shown < 89)


def test_a_change_that_was_our_own_misreading_is_told_as_one() -> None:
    for said in (
        text_of(a_digest(an_edit(1, "The same.", "The same."))),
        html_of(a_digest(an_edit(1, "One.", "One."))),
    ):
        assert "Parkwatch had misread it; as read today it says what it said before." in said
    assert "misread" not in text_of(a_digest(an_edit(1, "One.", "Two.")))


def test_a_digest_that_fits_has_no_file() -> None:
    letter = build_letter(a_digest(an_entry()), sender="p@example.org", recipient="r@example.org", token="t")
    message = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert list(message.iter_attachments()) == []
    assert "attached" not in letter.html


def test_one_poisonous_article_does_not_hold_back_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def bitten(paragraphs: tuple[str, ...], limit: int) -> str:
        if "poison" in paragraphs[0]:
            raise RuntimeError("bitten")
        return first_sentences(paragraphs, limit)

    monkeypatch.setattr("reports.digest.first_sentences", bitten)
    monkeypatch.setattr("reports.digest.diff_texts", lambda *_: 1 / 0)
    digest = a_digest(an_entry(1, fields_after=an_article(body=("poison",))), an_entry(2), an_edit(3, "a", "b"))
    for said in (text_of(digest), html_of(digest)):
        assert "A bearing works doubles its floor" in said
        for number in (1, 3):
            assert f"Change {number} cannot be shown:" in said
            assert f"http://eastgate.example/{number}.html" in said


def test_an_excerpt_never_ends_within_a_figure() -> None:
    said = "A cold store is built in the park. Its owner will put 17.5 billion yuan into a new plant next year."
    at = said.index("17.") + 3
    assert first_sentences((said,), at) == "A cold store is built in the park."
    assert first_sentences((said[:at],), at) == said[:at]


def test_what_a_digest_comes_to_stands_in_its_first_line() -> None:
    assert a_digest(an_entry(1)).summary == "1 new"
    assert a_digest(an_entry(1, ChangeKind.RECOVERED), recovered_count=1).summary == "1 recovered"
    first = a_digest(sections=(ParkSection(park="eastgate", name="Eastgate", on_record=9),))
    assert subject_of(first) == "Parkwatch: first sight of 1 park (2024-05-07)"


def test_what_was_not_seen_of_a_park_that_was_seen_is_said_in_the_same_breath() -> None:
    idle = ParkCoverage(park="a", name="A", sight=Sight.WHOLE)
    seen = replace(idle, visits=1, visits_done=1, unread=3)
    assert "No visit ended since Mon 6 May 16:00; at the last one the park was seen whole." in text_of(
        a_digest(coverage=(idle,))
    )
    assert (
        "All 2 parks were seen whole since Mon 6 May 16:00, but for 3 listed pages that could not be read. "
        "Of 1 park no visit ended since then." in text_of(a_digest(coverage=(idle, seen)))
    )


def test_a_late_digest_says_so() -> None:
    for said in (text_of, html_of):
        assert "This digest is late: it was due Mon 6 May 16:00" in said(a_digest(was_due=DAY_1))
        assert "late" not in said(a_digest())


def test_the_mail_is_the_same_to_the_byte_when_it_is_built_again() -> None:
    digest = a_digest(an_entry())
    one, other = (build_letter(digest, sender="p@example.org", recipient="r@example.org", token="t") for _ in range(2))
    assert one == other
    later = build_letter(replace(digest, number=8), sender="p@example.org", recipient="r@example.org", token="t")
    assert later.message_id != one.message_id


def test_the_mail_has_the_headers_of_a_list() -> None:
    letter = build_letter(a_digest(), sender="p@example.org", recipient="r@example.org", token="tok")
    head = letter.content.split(b"\r\n\r\n")[0].decode()
    for line in (
        "List-Unsubscribe: <mailto:p@example.org?subject=unsubscribe%20tok>",
        "Auto-Submitted: auto-generated",
        "Date: Tue, 07 May 2024 08:00:00 +0000",
        "To: r@example.org",
    ):
        assert line in head.split("\r\n")


@pytest.mark.parametrize("content", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\nb\r\n"])
def test_a_bare_line_end_is_never_sent(content: bytes) -> None:
    with pytest.raises(ValueError, match="bare line end"):
        refuse_bare_line_ends(content)


def test_a_subscription_takes_its_parks_and_its_words() -> None:
    entry = an_entry(fields_after=an_article(body=("Nine projects in rail transit，轨道交通.",)))
    assert matches(entry, (), ())
    assert matches(entry, ("eastgate",), ("Rail Transit",))
    assert matches(entry, (), ("轨道 交通",))
    assert not matches(entry, ("westgate",), ())
    assert not matches(entry, (), ("harbour",))


def a_visit(**more: Any) -> VisitLine:
    given: dict[str, Any] = {
        "id": 1,
        "park": "eastgate",
        "kind": "visit",
        "is_baseline": False,
        "started_at": DAY_1,
        "ended_at": DAY_1,
        "outcome": "done",
        "reason": None,
        "listing_pages": 1,
        "listing_joined": True,
        "planned": 0,
        "fetched": 0,
        "unchanged": 0,
        "failed": 0,
        "changes": 0,
        "host": "here",
        "pid": 1,
        "heartbeat_at": DAY_1,
    }
    return VisitLine(**{**given, **more})


def sight(*visits: VisitLine, conditions: tuple[ConditionLine, ...] = ()) -> ParkCoverage:
    return cover(*visits, conditions=conditions)


def cover(*visits: VisitLine, conditions: tuple[ConditionLine, ...] = (), **more: Any) -> ParkCoverage:
    return cover_park(
        "eastgate",
        "Eastgate",
        visits=visits,
        last_visit=visits[-1] if visits else None,
        is_recent_from=DAY_1,
        last_joined=next((v for v in reversed(visits) if v.listing_joined), None),
        last_done=next((v for v in reversed(visits) if v.outcome == "done"), None),
        conditions=conditions,
        **{"unread": 0} | more,
    )


def test_quiet_is_told_from_broken() -> None:
    failed = a_visit(outcome="failed", reason="connection refused", listing_joined=False, started_at=DAY_2)
    down = ConditionLine(park="eastgate", kind="unreachable", began_at=DAY_2, ended_at=None, evidence="refused")
    over = replace(down, ended_at=DAY_2 + timedelta(hours=1))
    assert sight(a_visit()).sight is Sight.WHOLE
    assert sight().sight is Sight.NEVER
    assert sight(failed).sight is Sight.NOT
    # Since the visit that saw it nothing was seen, so the sentence with that moment says "not".
    assert (sight(a_visit(), failed).sight, sight(a_visit(), failed).since) == (Sight.NOT, DAY_1)
    partly = a_visit(outcome="partly", reason=f"{GAP}the budget ended", listing_joined=False, started_at=DAY_2)
    assert sight(a_visit(), partly).sight is Sight.PARTLY
    assert sight(a_visit(), failed, conditions=(down,)).since == DAY_1  # it was seen for the last time then
    assert sight(a_visit(), conditions=(over,)).sight is Sight.WHOLE


def test_a_page_that_has_failed_for_days_is_not_called_unread_since_today() -> None:
    unread = a_visit(outcome="partly", reason="1 page could not be read", started_at=DAY_2)
    again = replace(unread, started_at=DAY_2 + timedelta(days=1))
    found = cover(a_visit(), unread, again)
    assert (found.sight, found.since, found.last_joined) == (Sight.PARTLY, DAY_1, again.started_at)


def test_of_several_things_in_the_way_the_newest_is_told_first() -> None:
    failed = a_visit(outcome="failed", reason="refused", listing_joined=False, started_at=DAY_2)
    wall = ConditionLine(park="eastgate", kind="blocked", began_at=DAY_1, ended_at=None, evidence="a login page")
    down = replace(wall, kind="unreachable", began_at=DAY_2, evidence="refused")
    assert sight(failed, conditions=(wall, down)).why == "unreachable: refused; blocked: a login page"


def test_days_in_which_nobody_looked_are_told_once() -> None:
    first = a_visit(id=1, ended_at=DAY_1 + timedelta(minutes=5))
    late = a_visit(id=2, started_at=DAY_1 + timedelta(days=3))
    pause = (DAY_1 + timedelta(minutes=5), late.started_at)
    for before, visits in (((first,), (late,)), ((), (first, late))):
        [found] = cover(*visits, before=before, cadence=timedelta(days=1)).ended
        assert (found.kind, found.began_at, found.ended_at) == ("not visited", *pause)
    assert cover(before=(first, late), cadence=timedelta(days=1)).ended == ()
    assert cover(first, late, cadence=timedelta(days=2)).ended == ()
    died = replace(
        late, id=3, outcome="cut off", started_at=DAY_1 + timedelta(hours=6), heartbeat_at=DAY_1, ended_at=pause[1]
    )
    [found] = cover(first, died, late, cadence=timedelta(days=1)).ended
    assert (found.began_at, found.ended_at) == (died.started_at, late.started_at)
    down = ConditionLine(park="eastgate", kind="unreachable", began_at=DAY_2, ended_at=DAY_2, evidence="refused")
    over = replace(down, ended_at=late.started_at)
    assert cover(first, late, conditions=(over,), cadence=timedelta(days=1)).ended == (over,)
    ahead = replace(first, id=9, started_at=DAY_1 + timedelta(days=30))
    assert cover(first, ahead, replace(first, id=10), cadence=timedelta(days=1)).ended == ()
    told = text_of(a_digest(coverage=(cover(late, before=(first,), cadence=timedelta(days=1)),)))
    assert "Out of sight for a while: Eastgate not visited between Mon 6 May 16:05 and Thu 9 May 16:00." in told


def test_a_gap_that_a_later_visit_closes_is_told_once() -> None:
    first = a_visit(id=1)
    gap = a_visit(id=2, outcome="partly", reason=f"{GAP}the budget ended", listing_joined=False, started_at=DAY_2)
    lost = replace(gap, id=3, outcome="failed", reason="refused", started_at=DAY_2 + timedelta(hours=6))
    whole = a_visit(id=4, started_at=DAY_2 + timedelta(days=1))
    for before, visits in (
        ((first,), (gap, lost, whole)),
        ((first, gap), (lost, whole)),
        ((first, gap, lost), (whole,)),
    ):
        [closed] = cover(*visits, before=before).ended
        assert (closed.kind, closed.began_at, closed.ended_at) == ("gap", DAY_1, DAY_2 + timedelta(days=1))
    assert cover(gap, before=(first,)).ended == ()
    assert cover(before=(whole,)).ended == ()
    assert cover(lost, whole, before=(first,)).ended == ()
    told = text_of(a_digest(coverage=(cover(gap, whole, before=(first,)),)))
    assert "gap between Mon 6 May 16:00 and Wed 8 May 16:00" in told


def test_a_park_that_could_not_be_seen_for_a_while_is_named_where_all_are_said_to_be_seen() -> None:
    over = ConditionLine(
        park="eastgate", kind="blocked", began_at=DAY_1, ended_at=DAY_1 + timedelta(hours=30), evidence="a login page"
    )
    parks = tuple(replace(cover(a_visit()), name=f"Park {n}", ended=(over,) if n < 6 else ()) for n in range(8))
    for said in (text_of(a_digest(coverage=parks)), html_of(a_digest(coverage=parks))):
        assert (
            "Out of sight for a while: Park 0 blocked between Mon 6 May 16:00 and Tue 7 May 22:00; Park 1 blocked"
            in said
        )
        assert "; and 2 more times, told below." in said
        assert said.count("Park 5 blocked") == 0
    assert "; and 1 more time, told below." in text_of(a_digest(coverage=parks[1:]))
    assert "Out of sight for a while" not in text_of(a_digest(coverage=parks[6:]))


def test_a_windows_end_is_rounded_up() -> None:
    bounds = (DAY_1, DAY_1 + timedelta(seconds=40))
    assert window(bounds, "UTC") == "between Mon 6 May 08:00 and 08:01"


def test_paragraphs_without_an_end_are_parted_in_an_excerpt() -> None:
    assert first_sentences(("A view of the hall", "It is big.", "It is new."), 200) == (
        "A view of the hall · It is big. It is new."
    )
    assert (
        first_sentences(("摄影：王一", "园区建成厂房。", "已有十家企业。"), 200)
        == "摄影：王一 · 园区建成厂房。已有十家企业。"
    )


def test_pages_that_could_not_be_read_push_no_news_out_of_a_mail() -> None:
    page = UnreadLine(url=f"http://eastgate.example/{'a' * 200}.html", headline="A" * 300, reason="b" * 300, attempts=1)
    parks = tuple(replace(cover(a_visit(), unread=3, unread_pages=[page] * 3), park=f"p{n}") for n in range(80))
    shown = fitting(a_digest(an_entry(1), coverage=parks))
    assert len(html_of(shown).encode()) <= MOST_HTML_BYTES
    assert shown.sections[0].new[0].excerpt


def test_the_foot_names_pages_that_could_not_be_read_and_why() -> None:
    page = UnreadLine(url="http://eastgate.example/7.html", headline=None, reason="status 500" + "x" * 900, attempts=3)
    named = replace(page, headline="<b>A hall</b>", url="javascript:alert(1)")
    digest = a_digest(coverage=(cover(a_visit(), unread=5, unread_pages=(page, named)),))
    text, html = text_of(digest), html_of(digest)
    assert "- http://eastgate.example/7.html: status 500xxx" in text
    assert "and 3 more" in text
    assert "x" * 200 not in text + html
    assert "&lt;b&gt;A hall&lt;/b&gt;" in html
    assert "javascript:" not in html


def test_a_window_within_a_day_names_the_day_once() -> None:
    six_hours = timedelta(hours=6)
    assert window((DAY_1, DAY_1 + six_hours), "Asia/Shanghai") == "between Mon 6 May 16:00 and 22:00"
    assert window((DAY_1, DAY_2), "Asia/Shanghai") == "between Mon 6 May 16:00 and Tue 7 May 16:00"
    assert window((None, DAY_1 + six_hours), "UTC") == "between the beginning and Mon 6 May 14:00"
    assert window((None, None), "UTC") == ""
    a_year_of_silence = (DAY_1, DAY_1.replace(year=DAY_1.year + 1))
    assert window(a_year_of_silence, "UTC") == "between Mon 6 May 2024 08:00 and Tue 6 May 2025 08:00"


def test_news_stands_below_the_window_in_which_it_appeared() -> None:
    first, second, third = (replace(an_entry(number), seen_after=DAY_1) for number in (1, 2, 3))
    later = DAY_1 + timedelta(hours=6)
    entries = [
        replace(first, seen_at=later - timedelta(minutes=9)),
        replace(second, seen_at=later),
        replace(third, seen_after=later, seen_at=DAY_2),
    ]
    digest = a_digest(*entries)
    for said in (text_of(digest), html_of(digest)):
        places = [
            "between Mon 6 May 22:00 and Tue 7 May 16:00",
            "· #3",
            "between Mon 6 May 16:00 and 22:00",
            "· #1",
            "· #2",
        ]
        found = [said.index(place) for place in places]
        assert found[:3] == sorted(found[:3])
        assert max(found[:3]) < min(found[3:])


def test_what_a_backfill_finds_of_late_is_named_and_older_things_are_counted() -> None:
    entries = [an_entry(number, ChangeKind.RECOVERED) for number in (1, 2, 3)]
    dates = ("2024-05-03", "2019-05-03", "2024-04-28")
    entries = [
        replace(entry, fields_after=an_article(headline=f"Story {entry.number}", date_published=date))
        for entry, date in zip(entries, dates, strict=True)
    ]
    digest = a_digest(*entries)
    for said in (text_of(digest), html_of(digest)):
        assert "3 articles, published 2019-05-03 to 2024-05-03" in said
        assert said.index("published lately") < said.index("Story 1") < said.index("Story 3")
        assert "Story 2" not in said
    assert digest.summary == "3 recovered"


def test_a_word_without_end_fills_no_screen() -> None:
    [place] = diff_texts(("It is " + "x" * 3000,), ("It is " + "y" * 3000,)).places
    assert max(len(run.text) for run in place) < 120


def test_nobody_speaks_of_the_time_before_a_parks_first_visit() -> None:
    lost = a_visit(is_baseline=True, outcome="failed", listing_joined=False, reason="refused")
    first = a_visit(is_baseline=True, started_at=DAY_1 + timedelta(hours=2))
    fresh = sight(lost, first, a_visit(started_at=DAY_2))
    assert fresh.watched_from == DAY_1 + timedelta(hours=2)
    assert sight(lost).watched_from is None
    old = replace(sight(a_visit()), name="Oldgate")
    assert "The park was seen whole since its first visit, Mon 6 May 18:00." in text_of(a_digest(coverage=(fresh,)))
    assert (
        "All 2 parks were seen whole since Mon 6 May 16:00; Eastgate since its first visit, Mon 6 May 18:00."
        in text_of(a_digest(coverage=(fresh, old)))
    )
    both = a_digest(coverage=(fresh, replace(fresh, watched_from=DAY_2)))
    assert "since their first visits, the last of them Tue 7 May 16:00." in html_of(both)
    assert "watched from Mon 6 May 18:00 on" in text_of(both)


def test_the_subject_has_the_readers_day() -> None:
    at_seven_in_shanghai = DAY_1.replace(hour=23)
    assert subject_of(a_digest(made_at=at_seven_in_shanghai)).endswith("(2024-05-07)")


def test_what_was_over_by_the_end_is_no_reason_to_say_that_all_was_seen_all_the_time() -> None:
    wall = ConditionLine(park="eastgate", kind="blocked", began_at=DAY_1, ended_at=DAY_2, evidence="a login page")
    park = replace(a_digest().coverage[0], ended=(wall,))
    said = text_of(a_digest(coverage=(park,)))
    assert "The park was seen whole in the end, with all that was listed since Mon 6 May 16:00." in said
    assert "Out of sight for a while: Eastgate blocked between" in said


def test_a_park_has_the_windows_of_its_changes_beside_those_of_its_listing() -> None:
    windows = (timedelta(hours=6), timedelta(hours=7), timedelta(days=31))
    found = change_windows([an_entry(at, seen_after=DAY_2 - window) for at, window in enumerate(windows, 1)])
    assert found == (timedelta(hours=7), timedelta(days=31))
    assert change_windows([an_entry(seen_after=None)]) == (None, None)
    park = replace(a_digest().coverage[0], usual_change=found[0], worst_change=found[1])
    said = a_digest(coverage=(park,))
    assert "changes within 7 h, at worst 31 days" in text_of(said)
    assert "changes within 7 h, at worst 31 days" in html_of(said)


def test_a_mail_names_its_file_as_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.message._MOST_PLAIN_BYTES", 1000)
    entries = [an_entry(at, headline=f"Story {at} of many") for at in range(1, 1200)]
    letter = build_letter(a_digest(*entries), sender="p@example.org", recipient="r@example.org", token="t")
    [file] = [*message_from_bytes(letter.content, _class=EmailMessage, policy=policy.default).iter_attachments()]
    assert file.get_filename() == "parkwatch-digest-7.txt.gz"
    assert "the attached file parkwatch-digest-7.txt.gz " in letter.html


def test_a_diff_of_an_endless_text_shows_its_beginnings() -> None:
    before, after = ("a " * 50_000 + "x",), ("b " * 50_000 + "x",)
    found = diff_texts(before, after)
    assert (len(found.places), found.more) == (1, 1)
    assert sum(len(run.text) for run in found.places[0]) < 500


@pytest.mark.parametrize(
    ("before", "hours", "within", "planned"),
    [
        (None, (), (0, 24), 0),
        (None, (2,), (0, 24), 4),
        (0, (6.1, 12.2, 18.3), (1, 24.2), 3),
        (0, (6.1, 12.2, 18.3), (1, 27.5), 4),
        (0, (6, 20), (1, 24), 3),
        (0, (1.5, 3, 4.5, 6, 7.5, 9, 10.5, 12), (1, 13), 2),
        (0, (0.5,), (0.1, 1), 1),
        (0, (), (24, 48), 4),
        (0, (), (22, 23), 0),
        (0, (71,), (48, 72), 5),
        (0, (10,), (9.5, 12), 1),
        (12, (6,), (5, 7), 1),
        (0, (6, 12, 30), (1, 24), 5),
    ],
    ids=[
        "never",
        "new",
        "on time",
        "one late",
        "one left out",
        "down",
        "by hand",
        "asleep",
        "an hour of sleep",
        "awake again",
        "told as missing",
        "clock set back",
        "dated ahead",
    ],
)
def test_visits_are_counted_beside_those_that_the_cadence_asks_for(
    before: float | None, hours: tuple[float, ...], within: tuple[float, float], planned: int
) -> None:
    six = timedelta(hours=6)
    found = visits_planned(
        [(DAY_1 + timedelta(hours=hour), six) for hour in hours],
        done=0,
        last_before=None if before is None else (DAY_1 + timedelta(hours=before), six),
        within=(DAY_1 + timedelta(hours=within[0]), DAY_1 + timedelta(hours=within[1])),
        cadence=six,
    )
    assert found == planned


def test_what_a_shorter_cadence_asks_for_was_not_asked_for_before_it_was_chosen() -> None:
    """Four visits a day, as the park's file had it; then a person writes "1 h"."""
    at = [DAY_1 + timedelta(hours=hour) for hour in (6, 12, 18, 19, 20)]
    changed = [a_visit(id=2 + n, started_at=moment, cadence_minutes=360) for n, moment in enumerate(at[:3])]
    changed += [a_visit(id=6 + n, started_at=moment, cadence_minutes=60) for n, moment in enumerate(at[3:])]
    day = {"before": (a_visit(cadence_minutes=360),), "within": (DAY_1 + timedelta(hours=1), at[-1])}
    assert cover(*changed, cadence=timedelta(hours=1), **day).visits_planned == 5
    assert cover(*changed[:3], cadence=timedelta(hours=1), **day).visits_planned == 3
    # And a longer one forgives nothing that was missed by then.
    hourly = [replace(visit, cadence_minutes=60) for visit in changed[:3]]
    asked = cover(*hourly, cadence=timedelta(hours=6), before=(a_visit(cadence_minutes=60),), within=day["within"])
    assert asked.visits_planned == 18


def test_no_visit_is_done_that_was_not_planned_and_one_at_work_is_not_missing() -> None:
    hand = [a_visit(id=number, started_at=DAY_2 + timedelta(minutes=number)) for number in (2, 3, 4)]
    within = (DAY_2 - timedelta(hours=1), DAY_2 + timedelta(hours=1))
    busy = cover(*hand, before=(a_visit(started_at=DAY_2 - timedelta(hours=2)),), cadence=timedelta(1), within=within)
    assert (busy.visits_done, busy.visits_planned) == (3, 3)
    late = {"before": (a_visit(),), "cadence": timedelta(hours=6), "within": (DAY_1, DAY_1 + timedelta(hours=10))}
    assert cover(**late).visits_planned == 1
    assert cover(**late, running_since=DAY_1 + timedelta(hours=6)).visits_planned == 0


def test_the_foot_tells_how_many_visits_were_planned() -> None:
    slept = cover(
        a_visit(id=2, started_at=DAY_2),
        before=(a_visit(),),
        cadence=timedelta(hours=6),
        within=(DAY_1 + timedelta(hours=1), DAY_2 + timedelta(hours=1)),
    )
    digest = a_digest(coverage=(slept,))
    assert "1 of 4 planned visits done" in text_of(digest)
    assert "1 of 4" in html_of(digest)


def test_what_goes_on_is_told_from_what_has_begun() -> None:
    failed = a_visit(id=2, outcome="failed", reason="refused", listing_joined=False, started_at=DAY_2)
    down = ConditionLine(park="eastgate", kind="unreachable", began_at=DAY_2, ended_at=None, evidence="refused")
    today = (DAY_2 - timedelta(hours=1), DAY_2 + timedelta(hours=1))
    tomorrow = (DAY_2 + timedelta(hours=1), DAY_2 + timedelta(hours=9))
    again = replace(failed, id=3, started_at=DAY_2 + timedelta(hours=6))
    begun = cover(failed, before=(a_visit(),), conditions=(down,), within=today)
    goes_on = cover(again, before=(a_visit(), failed), conditions=(down,), within=tomorrow)
    assert "! Eastgate: not seen since" in text_of(a_digest(coverage=(begun,)))
    assert "! Eastgate: still not seen since" in text_of(a_digest(coverage=(goes_on,)))
    assert "still not seen since" in html_of(a_digest(coverage=(goes_on,)))
    first = cover(again, before=(a_visit(), failed), conditions=(down,), within=tomorrow, is_first=True)
    assert not first.is_told
    assert not cover(failed, within=today).is_told


def test_what_is_worse_or_otherwise_than_it_was_does_not_go_on() -> None:
    partly = a_visit(id=2, outcome="partly", reason="/x: status 500", started_at=DAY_2)
    tomorrow = (DAY_2 + timedelta(hours=1), DAY_2 + timedelta(hours=9))
    later = DAY_2 + timedelta(hours=6)

    def told(now: VisitLine, *conditions: ConditionLine, earlier: VisitLine = partly) -> bool:
        return cover(
            now, before=(earlier,), conditions=conditions, within=tomorrow, cadence=timedelta(hours=24)
        ).is_told

    again = replace(partly, id=3, started_at=later)
    failed = replace(again, outcome="failed", listing_joined=False)
    drifted = ConditionLine(park="eastgate", kind="drifted", began_at=DAY_2, ended_at=None, evidence="no layout fits")
    down = replace(drifted, kind="unreachable", began_at=later)
    assert told(again)
    assert told(again, drifted)
    assert not told(again, earlier=a_visit(started_at=DAY_2))
    assert not told(replace(again, outcome="done"))
    assert not told(failed)
    assert not told(failed, drifted)
    assert not told(failed, drifted, down, earlier=replace(partly, outcome="failed", listing_joined=False))


def test_a_park_that_nobody_visits_is_told_of_as_one_that_goes_on() -> None:
    def covered(hours: int) -> ParkCoverage:
        now = DAY_1 + timedelta(hours=hours)
        return cover_park(
            "eastgate",
            "Eastgate",
            visits=(),
            last_visit=a_visit(),
            is_recent_from=now - timedelta(hours=9),
            last_joined=a_visit(),
            last_done=a_visit(),
            conditions=(),
            unread=0,
            before=(a_visit(),),
            cadence=timedelta(hours=6),
            within=(now - timedelta(hours=24), now),
        )

    assert (covered(26).why, covered(26).is_told) == ("no visit since then", False)
    assert (covered(50).why, covered(50).is_told) == ("no visit since then", True)


def test_a_park_whose_turn_has_not_come_is_judged_by_its_last_visit() -> None:
    def judged(last: VisitLine, recent_from: Any, *visits: VisitLine) -> Sight:
        found = cover_park(
            "eastgate",
            "Eastgate",
            visits=visits,
            last_visit=last,
            is_recent_from=recent_from,
            last_joined=last,
            last_done=last,
            conditions=(),
            unread=0,
        )
        return found.sight

    assert judged(a_visit(), DAY_1 - timedelta(hours=1)) is Sight.WHOLE
    assert judged(a_visit(), DAY_1 + timedelta(hours=1)) is Sight.NOT
    # The machine slept: what was seen before says nothing of the days since.
    assert judged(a_visit(), DAY_1 + timedelta(hours=1), a_visit()) is Sight.NOT
    assert judged(a_visit(), DAY_1 - timedelta(hours=1), a_visit()) is Sight.WHOLE


def test_the_foot_tells_how_often_a_park_was_read_and_what_is_over() -> None:
    visits = [a_visit(started_at=DAY_1 + timedelta(hours=hours)) for hours in (0, 6, 12, 36)]
    lost = a_visit(started_at=DAY_1 + timedelta(hours=20), listing_joined=False, outcome="failed", reason="refused")
    over = ConditionLine(
        park="eastgate",
        kind="unreachable",
        began_at=DAY_1 + timedelta(hours=20),
        ended_at=DAY_1 + timedelta(hours=36),
        evidence="refused",
    )
    covered = sight(*visits, lost, conditions=(over,))
    assert (covered.usual_window, covered.worst_window) == (timedelta(hours=6), timedelta(hours=24))
    digest = a_digest(coverage=(covered,))
    for said in (text_of(digest), html_of(digest)):
        assert "every 6 h, at worst 24 h" in said
        assert "unreachable between Tue 7 May 12:00 and Wed 8 May 04:00" in said
    # A reading before the last digest is where the first window of this one begins.
    across = cover(a_visit(id=2, started_at=DAY_2), before=(a_visit(),))
    assert across.worst_window == DAY_2 - DAY_1
    once = sight(a_visit())
    assert (once.usual_window, once.worst_window) == (None, None)
    assert "read every" not in text_of(a_digest(coverage=(once,))).partition("\n--\n")[2]


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.2, "1 min"), (40, "40 min"), (99, "99 min"), (360, "6 h"), (2820, "47 h"), (2880, "2 days"), (10080, "7 days")],
)
def test_a_length_of_time_is_told_in_one_unit(minutes: float, words: str) -> None:
    assert span(timedelta(minutes=minutes)) == words
