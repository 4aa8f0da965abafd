"""Keep out of private networks: a host's addresses are looked at as they are resolved, and no others are connected to.

Whoever checks an address first and resolves the name again for the connection can be led inside by a name server that
answers differently the second time; here the checked answer is the one that the connection is made with.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.crawler import Crawler
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

Networks = tuple[IPv4Network | IPv6Network, ...]

#: Embeds the IPv4 addresses that a gateway reaches (RFC 6052): those decide.
_TRANSLATED = ip_network("64:ff9b::/96")
_HOST = re.compile(r"^(?:\[(?P<v6>[^\]]+)\]|(?P<plain>[^:]*))(?::\d+)?$")
#: Hosts that the operator's own files name by a private address: the wish is his. Proxies are his as well.
_named: set[str] = set()
#: Hosts that were kept out, with the address that they stand at.
_refused: dict[str, str] = {}


def may_be_reached(address: str, networks: Networks = ()) -> bool:
    """Say whether an address is public, or in one of the networks that the operator allows."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _TRANSLATED:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
    if any(found in network for network in networks if network.version == found.version):
        return True
    if isinstance(found, IPv6Address) and (found.is_site_local or found.sixtofour or found.teredo):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def name_hosts(hosts: Iterable[str]) -> None:
    """Take note of the hosts in an operator's file; those written as an address may be private."""
    for host in hosts:
        match = _HOST.match(host)
        name = (match["v6"] or match["plain"] or "") if match else ""
        if name == "localhost" or _is_address(name):
            _named.add(name)


def is_named(host: str) -> bool:
    """Say whether a host is private and named by the operator."""
    return host in _named


def refusal_in(text: str) -> str | None:
    """Return why a host named in an error's text was kept out, None if it was not."""
    for host, address in _refused.items():
        if re.search(rf"(?<![\w.:-]){re.escape(host)}(?![\w-]|\.\w)", text):
            return f"it stands at {address}, which is no public address: see crawl.private_networks"
    return None


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names as the reactor's own resolver does, and passes on nothing of a host that has a private address."""

    def __init__(self, reactor: Any, networks: Sequence[str]) -> None:
        self._reactor = reactor
        self._inner = reactor.nameResolver
        self._networks: Networks = tuple(ip_network(network) for network in networks)
        self._proxies = _proxies()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Build it for Scrapy's own commands (``DNS_RESOLVER``)."""
        return cls(reactor, crawler.settings.getlist("PARKWATCH_PRIVATE_NETWORKS"))

    def install_on_reactor(self) -> None:
        """Let every connection of this process pass here."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802 (Twisted's names)
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Any = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        """Resolve a name, or an address written as one."""
        is_own = hostName in _named or (hostName, portNumber) in self._proxies
        receiver = resolutionReceiver if is_own else _Checked(resolutionReceiver, hostName, self._networks)
        found: IHostResolution = self._inner.resolveHostName(
            receiver, hostName, portNumber, addressTypes, transportSemantics
        )
        return found


@implementer(IResolutionReceiver)
class _Checked:
    """Holds back what a name resolves to until all of it is known to be public."""

    def __init__(self, receiver: Any, host: str, networks: Networks) -> None:
        self._receiver = receiver
        self._host = host
        self._networks = networks
        self._found: list[IAddress] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:  # noqa: N802, N803
        self._receiver.resolutionBegan(resolutionInProgress)

    def addressResolved(self, address: IAddress) -> None:  # noqa: N802
        self._found.append(address)

    def resolutionComplete(self) -> None:  # noqa: N802
        hosts = [str(getattr(address, "host", "")) for address in self._found]
        private = [host for host in hosts if not may_be_reached(host, self._networks)]
        if private:
            _refused[self._host] = private[0]
        else:
            for address in self._found:
                self._receiver.addressResolved(address)
        self._receiver.resolutionComplete()


def _proxies() -> set[tuple[str | None, int]]:
    found = (address for scheme, address in getproxies().items() if scheme in ("http", "https", "all"))
    parts = [urlsplit(address if "://" in address else f"http://{address}") for address in found]
    return {(each.hostname, each.port or (443 if each.scheme == "https" else 80)) for each in parts}
