"""The door through which digests go out: from ledger entries to a frozen mail, and to a mail server."""
