"""The door through which pages come in: decoding, layouts and reading as plain functions, Scrapy around them."""
