"""A scene in which far more has changed at once than one digest takes, or one mail."""

import gzip
import re
from contextlib import chdir, closing
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from operator import add

from monitor.delivering import mailer_of, send_waiting
from monitor.demo.loop import demo_settings
from monitor.digesting import MOST_CHANGES, make_due
from storage.database import articles, open_store
from storage.database import verify as verification
from tests.builders import DAY_1, an_article, an_observation
from tests.torture.account import NAME, Tally
from tests.torture.post import Post, reader_of
from tests.torture.scenes import PARKS
from tests.torture.stands import READERS, Stand

_MANY = 10_000
#: Gmail shows no more of a mail's HTML.
_MOST_HTML_BYTES = 102_000


def ten_thousand_change(stand: Stand, post: Post) -> Tally:
    """Let ten thousand articles come at once: two readers hear of each once, in mails that every server takes."""
    with chdir(stand.folder), closing(open_store(stand.url)) as store:
        with store.writing() as session:
            for number in range(_MANY):
                fields = an_article(headline=f"Story {number} of eastgate")
                articles.record(session, an_observation(f"doc:{number}", fields=fields, seen_at=DAY_1))
        settings = demo_settings(stand.folder, post.port)
        for hours in range(1, _MANY // MOST_CHANGES + 2):
            clock = partial(add, DAY_1, timedelta(hours=hours))
            make_due(store, PARKS, settings, clock())
            send_waiting(store, mailer_of(settings), clock)
        with store.reading() as session:
            wrong = [f"verify: {problem}" for problem in verification.problems(session)]
    wanted = {f"Story {number} of eastgate" for number in range(_MANY)}
    for address, parks in READERS.items():
        own = [_parts(mail) for mail in post.mails if reader_of(mail) == address]
        told = [name for _, text in own for name in re.findall(NAME, text)]
        expected = wanted if not parks or "eastgate" in parks else set()
        wrong += [f"{address} never heard of: {name}" for name in expected - {*told}]
        if len(told) > len(expected):
            wrong.append(f"{address} heard of {len(told) - len(expected)} too often")
        wrong += [f"{address} got {size} bytes of HTML" for size, _ in own if size > _MOST_HTML_BYTES]
    return Tally(scenes=1, changes=2 * _MANY, mails=len(post.mails), wrong=wrong)


def _parts(mail: bytes) -> tuple[int, str]:
    """Return how large a mail's HTML is, and its text: that of the file which is attached if it was shortened."""
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    text = plain.get_content()
    for file in message.iter_attachments():
        content = file.get_content()
        text = gzip.decompress(content).decode() if isinstance(content, bytes) else content
    return len(html.get_content().encode()), text
