"""Scrapy's commands that know of parks (setting ``COMMANDS_MODULE``)."""
