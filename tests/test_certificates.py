"""Who a site says it is: certificates are verified, and why one is not trusted is told."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.conftest import Desk
from tests.tricksite import tricking

#: Scenes that take their time: ``make test-long``.
pytestmark = pytest.mark.long


def expired(authority: trustme.CA, context: ssl.SSLContext) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    authority.issue_cert("127.0.0.1", not_after=yesterday).configure_cert(context)


def of_another_name(authority: trustme.CA, context: ssl.SSLContext) -> None:
    authority.issue_cert("other.example").configure_cert(context)


def of_nobody_known(_: trustme.CA, context: ssl.SSLContext) -> None:
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)


def of_long_ago(authority: trustme.CA, context: ssl.SSLContext) -> None:
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (expired, "its certificate cannot be trusted, see crawl.tls_verify"),
        (of_another_name, "its certificate is for another host"),
        (of_nobody_known, "its certificate cannot be trusted, see crawl.tls_verify"),
        (of_long_ago, "it speaks no TLS that is safe"),
    ],
)
def test_a_site_that_cannot_prove_who_it_is_is_not_read(
    desk: Desk, spoil: Callable[[trustme.CA, ssl.SSLContext], None], said: str
) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.cert_pem.write_to_path(str(desk.folder / "ca.pem"))
    desk.variables["PARKWATCH_CRAWL__TLS_VERIFY"] = "ca.pem"
    spoil(authority, context)
    with tricking(context) as site:
        site.serve_stories(2, 1)
        site.park(desk.folder)
        assert said in desk.fails("crawl")
        assert not site.asked


def test_certificates_are_verified_unless_a_park_opts_out(desk: Desk) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(desk.folder / "ca.pem"))
    with tricking(context) as site:
        site.serve_stories(2, 1)
        site.park(desk.folder, "strict")
        site.park(desk.folder, "lax", tls_verify="false")
        said = desk.fails("crawl")
        assert [line.split(":")[1] for line in said.splitlines()] == [" strict"]
        assert "its certificate cannot be trusted, see crawl.tls_verify" in said
        assert {row["park"] for row in desk.rows("articles")} == {"lax"}
        shown = desk.run("status").stdout
        [lax] = [line for line in shown.splitlines() if " lax " in line]
        assert lax.endswith("TLS NOT verified")
        desk.variables["PARKWATCH_CRAWL__TLS_VERIFY"] = "ca.pem"
        desk.must("crawl", "strict")
        assert {row["park"] for row in desk.rows("articles")} == {"lax", "strict"}
