"""``scrapy crawl`` as Scrapy has it; a wrong park or argument ends in a sentence before anything starts."""

import argparse

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from crawler.spiders.arguments import VisitArguments


class Command(ScrapyCrawl):
    """Raised within a running reactor, Scrapy would show the same mistakes as tracebacks."""

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what was asked for, then crawl; raises UsageError."""
        assert self.crawler_process is not None
        parks = self.crawler_process.spider_loader.list()
        for name in args[:1]:
            if name not in parks:
                raise UsageError(f"there is no park '{name}'; known are {', '.join(parks) or 'none'}")
        try:
            VisitArguments.parse(opts.spargs)
        except ValueError as error:
            raise UsageError(str(error)) from error
        super().run(args, opts)
