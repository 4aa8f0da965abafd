"""One spider for all parks; ``loader`` gives Scrapy one class of it for every park file."""
