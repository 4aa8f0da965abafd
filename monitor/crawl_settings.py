"""Say the operator's settings in Scrapy's words."""

import os
from pathlib import Path
from typing import Any

from monitor.settings import Settings


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Return what the operator's settings mean in Scrapy's words."""
    crawl = settings.crawl
    agent = f"{crawl.user_agent} (+{crawl.contact})" if crawl.contact else crawl.user_agent
    return {
        "USER_AGENT": agent,
        "DOWNLOAD_DELAY": crawl.delay,
        "CONCURRENT_REQUESTS_PER_DOMAIN": crawl.concurrency,
        "CONCURRENT_REQUESTS": crawl.concurrency + 1,
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": crawl.max_page_bytes,
        "DOWNLOAD_VERIFY_CERTIFICATES": crawl.tls_verify is not False,
        "CLOSESPIDER_TIMEOUT": crawl.deadline,
        "PARKWATCH_MEMORY_MIB": crawl.memory,
        "PARKWATCH_STORE_URL": settings.store.url,
        "PARKWATCH_PARKS": str(settings.seeds.parks.resolve()),
        "PARKWATCH_LAYOUTS": str(settings.seeds.layouts.resolve()),
        "PARKWATCH_PRIVATE_NETWORKS": list(crawl.private_networks),
        "PARKWATCH_FIRST_VISIT_PAGES": crawl.first_visit_pages,
        "PARKWATCH_LISTING_PAGES": crawl.listing_pages,
        "PARKWATCH_WHOLE_LISTING_HOURS": crawl.whole_listing_hours,
    }


def trust(tls_verify: bool | str) -> None:
    """Let OpenSSL in this process trust the certificates of a file that the operator named."""
    if isinstance(tls_verify, str):
        os.environ["SSL_CERT_FILE"] = str(Path(tls_verify).resolve())
