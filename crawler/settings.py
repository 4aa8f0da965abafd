"""Scrapy's own knobs; what an operator may turn comes from parkwatch.toml and is laid over these by the roof."""

BOT_NAME = "parkwatch"
SPIDER_LOADER_CLASS = "crawler.spiders.loader.ParkSpiderLoader"
SPIDER_MODULES: list[str] = []
COMMANDS_MODULE = "crawler.commands"

USER_AGENT = "Parkwatch/0.1 (+news monitor)"
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# Nothing is fetched ahead of what the store has taken: a killed visit has few pages to ask for again.
CONCURRENT_REQUESTS = 2
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 1
DOWNLOAD_DELAY = 2.0
DOWNLOAD_DELAY_JITTER = 0.25
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 8 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 5
# Meta refresh leads where a page's author wants, past the delay of the host it left.
METAREFRESH_ENABLED = False
# 429 and 503 ask to be left in peace, so they are not tried again at once.
RETRY_HTTP_CODES = [500, 502, 504, 522, 524, 408]
RETRY_TIMES = 2
# Every status is looked at by the spider: 404 and 304 are answers.
HTTPERROR_ALLOW_ALL = True
# The spider knows what it asked for; a second question to one address (a move, a probe) is meant.
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

# News pages need no cookies, and Scrapy's cookie code asks third parties for a list of domains.
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"
# Both ports execute code for whoever reaches them.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
DNS_RESOLVER = "crawler.guard.GuardedResolver"
DOWNLOAD_HANDLERS = {
    "http": "crawler.waiting.PatientHandler",
    "https": "crawler.waiting.PatientHandler",
    **dict.fromkeys(("data", "file", "ftp", "s3")),
}

DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # Scrapy's own drops such requests without a word to the spider, and knows no ports.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "crawler.middlewares.ParkHostsMiddleware": 40,
    "crawler.middlewares.Rfc9309Middleware": 100,
}
ITEM_PIPELINES = {"crawler.pipelines.StorePipeline": 300}
EXTENSIONS = {"crawler.extensions.VisitAccount": 500}
FEED_EXPORT_ENCODING = "utf-8"
FEED_EXPORTERS = {"csv": "crawler.exporting.PlainCsvItemExporter"}
FEED_EXPORT_FIELDS = [
    "url",
    "park",
    "headline",
    "date_published",
    "date_published_raw",
    "source",
    "body",
    "in_language",
]
LOG_LEVEL = "INFO"

PARKWATCH_STORE_URL = "sqlite:///parkwatch.db"
PARKWATCH_PRIVATE_NETWORKS: list[str] = []
PARKWATCH_FIRST_VISIT_PAGES = 30
PARKWATCH_LISTING_PAGES = 30
PARKWATCH_WHOLE_LISTING_HOURS = 168
