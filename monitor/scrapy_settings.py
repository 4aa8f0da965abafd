"""Scrapy's settings as the operator sees them: crawler/settings.py, and over it what parkwatch.toml says.

scrapy.cfg names this module, so ``scrapy crawl wuqing`` does what ``parkwatch crawl wuqing`` does.
"""

from crawler.settings import *  # noqa: F403 (this is how one Scrapy settings module builds on another)
from monitor.crawl_settings import scrapy_settings, trust
from monitor.settings import load_settings

_settings = load_settings()
trust(_settings.crawl.tls_verify)
globals().update(scrapy_settings(_settings))
