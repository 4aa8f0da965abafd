"""Verbs that make and send digests."""
