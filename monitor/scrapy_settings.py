"""Scrapy's settings as the operator sees them: crawler/settings.py, and over it what parkwatch.toml says.

scrapy.cfg names this module, so ``scrapy crawl wuqing`` does what ``parkwatch crawl wuqing`` does.
"""

import sys

from crawler.checking import SeedError
from crawler.seeds import load_parks
from crawler.settings import *  # noqa: F403 (this is how one Scrapy settings module builds on another)
from monitor.crawl_settings import scrapy_settings, trust
from monitor.settings import SettingsError, load_settings

try:
    _settings = load_settings()
    load_parks(_settings.seeds.parks)
except (SettingsError, SeedError) as error:
    # Scrapy imports this module before anything of ours could catch it: an exception would be a traceback.
    print(f"parkwatch: {error}", file=sys.stderr)
    sys.exit(2)
trust(_settings.crawl.tls_verify)
globals().update(scrapy_settings(_settings))
