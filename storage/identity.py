"""Say when two addresses mean the same article."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, safe_url_string

# Parameters that say how a reader came, never what the page is.
_NOISE = re.compile(
    r"^(utm_\w+|spm|scm|from|share\w*|fbclid|gclid|sid|sessionid|session_id|phpsessid|jsessionid|aspsessionid\w*|_t|t|_|timestamp|rand(om)?)$",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";[^/?#]*")
_INDEX = re.compile(r"/(index|default)\.(html?|shtml|jsp|php|aspx?)$", re.IGNORECASE)
# Official gateways that show another site's page in traditional characters: /gate/big5/<host>/<path>.
_BIG5_GATE = re.compile(r"^/gate/big5/(?P<host>[^/]+)(?P<path>/.*)$")


def bare_host(url: str) -> str:
    """Return an address's host in lower case, without ``www.`` and port."""
    return (urlsplit(url).hostname or "").lower().removeprefix("www.")


def plain_path(url: str) -> str:
    """Return an address's path without session ids."""
    return _PATH_SESSION.sub("", urlsplit(url).path)


def canonical_address(url: str) -> str:
    """Return *url* without fragment, tracking parameters and session ids, its query sorted; scheme and host stay."""
    parts = urlsplit(url.strip())
    gate = _BIG5_GATE.match(parts.path)
    if gate:
        parts = parts._replace(netloc=gate["host"], path=gate["path"])
    query = "&".join(each for each in parts.query.split("&") if not _NOISE.match(unquote(each.partition("=")[0])))
    path = _INDEX.sub("/", _PATH_SESSION.sub("", parts.path))
    netloc = parts.netloc.lower()
    default_port = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    if default_port and netloc.endswith(default_port):
        netloc = netloc.removesuffix(default_port)
    # A query that names no parameter is a path in another place (PbootCMS): a "=" behind it would lead nowhere.
    pairs, path_in_query = (query, "") if "=" in query else ("", query)
    address = str(canonicalize_url(urlunsplit((parts.scheme, netloc, path or "/", pairs, ""))))
    return f"{address}?{safe_url_string(path_in_query)}" if path_in_query else address


def article_key(url: str, document_number: str | None = None) -> str:
    """Return the identity of an article within its park.

    A content-management system's own document number outlives every change of address; where a layout names none,
    the path and its meaningful parameters stand for it.  Scheme, host and ``www.`` are left out: the hosts of a
    park are one site.
    """
    if document_number:
        return f"doc:{document_number}"
    parts = urlsplit(canonical_address(url))
    return parts.path + (f"?{parts.query}" if parts.query else "")
