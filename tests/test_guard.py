"""No way into private networks: whatever a site's pages and name servers say."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from crawler import guard
from crawler.guard import GuardedResolver, may_be_reached
from tests.conftest import Desk
from tests.tricksite import LISTING, TrickSite, free_port, path, status


@pytest.mark.parametrize(
    "address",
    """127.0.0.1 127.8.9.1 0.0.0.0 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 198.18.0.1 192.0.2.1
    224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fe80::1 fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    64:ff9b::7f00:1 fec0::1 2002:7f00:1:: 2001:0:1::1""".split(),  # noqa: SIM905
)
def test_a_private_address_is_not_reached(address: str) -> None:
    assert not may_be_reached(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "203.119.25.1", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is(address: str) -> None:
    assert may_be_reached(address)


class Names:
    """A reactor whose names lead where a test says, each time elsewhere."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.nameResolver = self

    def installNameResolver(self, resolver: Any) -> None:  # noqa: N802
        self.nameResolver = resolver

    def resolveHostName(self, receiver: Any, name: str, *_: Any) -> None:  # noqa: N802
        receiver.resolutionBegan(None)
        for address in self.answers.pop(0):
            kind = IPv6Address if ":" in address else IPv4Address
            receiver.addressResolved(kind("TCP", address, 80))
        receiver.resolutionComplete()


class Connection:
    """What is told where to connect."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    def resolutionBegan(self, _: Any) -> None:  # noqa: N802
        pass

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        self.hosts.append(address.host)

    def resolutionComplete(self) -> None:  # noqa: N802
        pass


def resolved(
    *answers: list[str], networks: tuple[str, ...] = (), host: str = "news.example", port: int = 80
) -> list[list[str]]:
    names, found = Names(*answers), []
    GuardedResolver(names, networks).install_on_reactor()
    for _ in answers:
        connection = Connection()
        names.nameResolver.resolveHostName(connection, host, port)
        found.append(connection.hosts)
    return found


def test_a_name_that_leads_inside_leads_nowhere_even_beside_a_public_address() -> None:
    assert resolved(["8.8.8.8"], ["8.8.8.8", "10.0.0.1"], ["::1"]) == [["8.8.8.8"], [], []]


def test_a_name_that_turns_inside_at_the_second_look_is_looked_at_again() -> None:
    assert resolved(["8.8.8.8"], ["127.0.0.1"]) == [["8.8.8.8"], []]


def test_an_operator_may_allow_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolved(["10.0.0.9"], ["10.1.0.9"], networks=("10.0.0.0/16",)) == [["10.0.0.9"], []]
    monkeypatch.setenv("http_proxy", "http://me:secret@proxy.internal:3128/")
    assert resolved(["10.0.0.9"], host="proxy.internal", port=3128) == [["10.0.0.9"]]
    assert resolved(["10.0.0.9"], host="proxy.internal", port=22) == [[]]


def test_only_hosts_written_as_an_address_are_the_operators_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_named", set())
    guard.name_hosts(["127.0.0.1:8080", "[::1]:80", "localhost:9", "news.example", "127.1:80", "2130706433"])
    assert guard._named == {"127.0.0.1", "::1", "localhost"}


def test_a_host_that_was_kept_out_explains_no_other_hosts_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_refused", {"0": "0.0.0.0", "inside.example": "10.0.0.1"})
    said = [guard.refusal_in(f"no results for hostname lookup: {host}") for host in ("2130706433", "0", "0.")]
    assert [each is None for each in said] == [True, False, False]
    assert guard.refusal_in("lookup: www.inside.example.") is None
    assert "10.0.0.1" in (guard.refusal_in("lookup: inside.example.") or "")


def test_a_site_that_stands_inside_is_not_visited_unless_that_is_allowed(desk: Desk, site: TrickSite) -> None:
    site.serve_stories(1)
    site.park(desk.folder)
    file = desk.folder / "parks" / "trick.toml"
    file.write_text(file.read_text().replace("127.0.0.1", "127.1"))
    said = desk.fails("crawl")
    assert "it stands at 127.0.0.1, which is no public address: see crawl.private_networks" in said
    assert not site.asked
    desk.variables["PARKWATCH_CRAWL__PRIVATE_NETWORKS"] = '["127.0.0.0/8"]'
    desk.must("crawl")
    assert "private   127.0.0.0/8" in desk.run("status").stdout


def test_a_page_fetched_for_a_look_leads_to_no_other_private_port(desk: Desk, site: TrickSite) -> None:
    site.pages[LISTING] = status(302, Location=f"http://127.0.0.1:{free_port()}{path(1)}")
    said = desk.run("parks", "add", f"{site.base}{LISTING}", "--slug", "inside")
    assert said.returncode != 0
    assert "leads to another port of a private host" in said.stderr


def test_a_network_that_is_none_is_named(desk: Desk) -> None:
    desk.variables["PARKWATCH_CRAWL__PRIVATE_NETWORKS"] = '["10.1.0.3/16"]'
    done = desk.run("status")
    assert done.returncode == 2
    assert "write a network such as 10.1.0.0/16" in done.stderr
