"""The whole loop on bundled sample parks: sites and a mail server on loopback, nothing else mocked."""
