"""Say in an operator's words why a request brought no response; Scrapy's and Twisted's names tell him nothing."""

import asyncio

from crawler.guard import refusal_in

#: What an error's text betrays, looked at first: Scrapy wraps whatever TLS says in one class.
_BY_TEXT = {
    "certificate verify failed": "its certificate cannot be trusted, see crawl.tls_verify and the park's tls_verify",
    "VerificationError": "its certificate is for another host",
    "wrong version number": "it does not speak TLS on this port",
    "unsupported protocol": "it speaks no TLS that is safe",
    "alert protocol version": "it speaks no TLS that is safe",
    "SSL routines": "TLS with it fails",
    "Missing scheme": "it leads to what is no web address",
    "Unsupported URL scheme": "it leads to what is no web address",
    "TooManyHeadersError": "it sends headers without an end",
}
_BY_NAME = {
    "CannotResolveHostError": "the host name is not known",
    "ConnectionRefusedError": "connection refused",
    "DNSLookupError": "the host name is not known",
    "DownloadConnectionRefusedError": "connection refused",
    "DownloadFailedError": "the connection broke",
    "TunnelError": "the proxy cannot reach it",
}


def in_words(error: BaseException | None) -> str:
    """Return why a host could not be talked to."""
    text, name = str(error), type(error).__name__
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)) or "Timeout" in name:
        return "no answer in time"
    if refusal := refusal_in(text):
        return refusal
    for mark, words in _BY_TEXT.items():
        if mark in text:
            return words
    detail = " ".join(text.split())[:160]
    return _BY_NAME.get(name) or f"the connection fails ({detail or name})"
