"""The suite: scenes over real HTTP, SMTP and databases on loopback."""
