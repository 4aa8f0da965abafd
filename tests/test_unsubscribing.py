"""How a reader leaves, and how she knows that a mail is ours: one-click unsubscription and DKIM."""

from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from monitor.demo.loop import demo_settings
from monitor.demo.mailbox import Mailbox
from monitor.digesting import make_and_freeze
from monitor.settings import MailSection, Settings
from monitor.unsubscribing import one_click
from storage.database import Store, articles, digests, open_store, subscriptions
from tests.builders import DAY_1, DAY_2, an_observation
from tests.conftest import Desk
from tests.test_mail import PARKS, answers, frozen, mailer, subscribed

ASKED = (
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
    (
        "multipart/form-data; boundary=x1",
        b'--x1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x1--\r\n',
    ),
)
NOT_ASKED = (
    ("application/x-www-form-urlencoded", b""),
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=no"),
    ("text/plain", b"List-Unsubscribe=One-Click"),
    ("", b"List-Unsubscribe=One-Click"),
    ("multipart/form-data; boundary=x1", b"--x1\r\n\r\nOne-Click\r\n--x1--\r\n"),
    ("multipart/form-data", b"One-Click"),
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click&" + b"x" * 5000),
)


def settings_with(folder: Path, **mail: Any) -> Settings:
    plain = demo_settings(folder, 25)
    return plain.model_copy(update={"mail": MailSection(**{**plain.mail.model_dump(), **mail})})


@pytest.mark.parametrize(("content_type", "body"), ASKED)
def test_one_click_ends_the_subscription_and_what_waits(
    store: Store, tmp_path: Path, mailbox: Mailbox, content_type: str, body: bytes
) -> None:
    frozen(store, tmp_path)
    with store.reading() as session:
        [reader] = subscriptions.subscriptions(session)
    assert one_click(store, reader.token, content_type, body)[0] == 200
    assert one_click(store, reader.token, content_type, body)[0] == 200
    assert answers(store, mailer(mailbox.port)) == []
    assert mailbox.mails == []
    with store.reading() as session:
        assert subscriptions.subscriptions(session, only_active=True) == []


@pytest.mark.parametrize(("content_type", "body"), NOT_ASKED)
def test_whatever_else_is_posted_changes_nothing(store: Store, content_type: str, body: bytes) -> None:
    reader = subscribed(store)
    assert one_click(store, reader.token, content_type, body)[0] == 400
    with store.reading() as session:
        assert len(subscriptions.subscriptions(session, only_active=True)) == 1


def test_a_token_that_is_none_ends_nothing(store: Store) -> None:
    reader = subscribed(store)
    for token in ("", "x", reader.token[:-1], reader.token.swapcase(), "%"):
        assert one_click(store, token, *ASKED[0])[0] == 404
    with store.reading() as session:
        assert len(subscriptions.subscriptions(session, only_active=True)) == 1


def test_the_token_of_a_readers_mail_names_her_subscription_to_the_operator(desk: Desk) -> None:
    desk.must("subscribe", "analyst@example.org")
    with closing(open_store(f"sqlite:///{desk.folder / 'parkwatch.db'}")) as store, store.reading() as session:
        [reader] = subscriptions.subscriptions(session)
    assert desk.must("unsubscribe", reader.token) == "subscription 1 of analyst@example.org is ended\n"


def message_with(store: Store, settings: Settings) -> bytes:
    with store.writing() as session:
        articles.record(session, an_observation(seen_at=DAY_1))
    made = make_and_freeze(store, PARKS, settings, subscribed(store), DAY_2)
    assert made is not None
    assert made.digest_id is not None
    with store.reading() as session:
        return digests.message_of(session, made.digest_id).content


def test_a_public_address_is_offered_beside_the_mail_address(file_store: Store, tmp_path: Path) -> None:
    settings = settings_with(tmp_path, unsubscribe_url="https://news.example.org/leave/")
    message = message_from_bytes(message_with(file_store, settings), policy=policy.default)
    with file_store.reading() as session:
        [reader] = subscriptions.subscriptions(session)
    assert message["List-Unsubscribe"] == (
        f"<mailto:parkwatch@example.org?subject=unsubscribe%20{reader.token}>, "
        f"<https://news.example.org/leave/{reader.token}>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(reader.token) >= 32


def test_without_one_only_the_mail_address_is(file_store: Store, tmp_path: Path) -> None:
    message = message_from_bytes(message_with(file_store, demo_settings(tmp_path, 25)), policy=policy.default)
    assert str(message["List-Unsubscribe"]).startswith("<mailto:")
    assert "https:" not in str(message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] is None


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    "form", [serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8], ids=["pkcs1", "pkcs8"]
)
def test_a_signed_mail_is_verified_by_its_key_and_covers_what_matters(
    file_store: Store, tmp_path: Path, key: rsa.RSAPrivateKey, form: serialization.PrivateFormat
) -> None:
    file = tmp_path / "dkim.pem"
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    settings = settings_with(
        tmp_path, dkim_key_file=file, dkim_selector="pw1", unsubscribe_url="https://news.example.org/leave"
    )
    content = message_with(file_store, settings)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])

    def names(name: bytes, timeout: int = 5) -> bytes | None:
        return record if name == b"pw1._domainkey.example.org." else None

    assert dkim.verify(content, dnsfunc=names)
    for part in (b"Subject: Parkwatch", b"<https://news.example.org/leave/", b"One-Click", b"bearing works"):
        assert part in content
        assert not dkim.verify(content.replace(part, part.swapcase(), 1), dnsfunc=names), part
    for added in (
        b"Subject: another\r\n",
        b"Reply-To: x@example.org\r\n",
        b"List-Unsubscribe: <https://x.example/>\r\n",
    ):
        assert not dkim.verify(added + content, dnsfunc=names), added


@pytest.mark.parametrize("content", [None, b"no key at all", b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END-----\n"])
def test_a_key_that_cannot_sign_is_named_before_anything_is_made(
    desk: Desk, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "dkim.pem"
    if content is not None:
        file.write_bytes(content)
    desk.variables["PARKWATCH_MAIL__DKIM_KEY_FILE"] = str(file)
    desk.must("subscribe", "reader@example.org")
    done = desk.run("digest", "--now")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "mail.dkim_key_file" in done.stderr


@pytest.mark.parametrize("value", ["http://a.example/", "https://a.example/?t=1", "a.example", "https://a b/"])
def test_an_unsubscribe_address_that_would_not_work_is_refused(desk: Desk, value: str) -> None:
    desk.variables["PARKWATCH_MAIL__UNSUBSCRIBE_URL"] = value
    done = desk.run("subscriptions")
    assert done.returncode == 2
    assert "begins with https://" in done.stderr
