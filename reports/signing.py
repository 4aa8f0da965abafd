"""Sign finished mails with DKIM (RFC 6376): receivers trust the unsubscribe fields by it (RFC 8058, section 4)."""

from dataclasses import dataclass
from pathlib import Path

#: What a signature must cover to be worth something.
_COVERED = (
    b"from reply-to to cc subject date message-id list-id list-unsubscribe list-unsubscribe-post auto-submitted "
    b"mime-version content-type"
).split()


class SigningError(Exception):
    """A mail cannot be signed; the sentence names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Knows where the key is; it is read for every mail, and never kept or shown."""

    key_file: Path
    selector: str
    domain: str

    def sign(self, content: bytes) -> bytes:
        """Return the mail with a signature on top; raises SigningError: unsigned it must not leave."""
        import dkim  # type: ignore[import-untyped] # most never sign, and it takes its time to import

        try:
            key = self.key_file.read_bytes()
        except OSError as error:
            raise SigningError(f"mail.dkim_key_file: {self.key_file} cannot be read: {error.strerror}") from error
        present = {line.partition(b":")[0].lower() for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")}
        try:
            signature: bytes = dkim.sign(
                content,
                self.selector.encode(),
                self.domain.encode(),
                key,
                canonicalize=(b"relaxed", b"relaxed"),
                # Each once more than it is there: a second one put above it breaks the signature (section 8.15).
                include_headers=[*(name for name in _COVERED if name in present), *_COVERED],
            )
        except (dkim.DKIMException, ValueError, IndexError, TypeError) as error:
            # What the library says of a key may quote it.
            raise SigningError(f"mail.dkim_key_file: {self.key_file} holds no RSA key in PEM that can sign") from error
        return signature + content

    def trouble(self) -> str | None:
        """Return what keeps it from signing, None if nothing does."""
        try:
            self.sign(b"From: a@example.org\r\n\r\n\r\n")
        except SigningError as error:
            return str(error)
        return None
