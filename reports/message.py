"""Build the mail: headers from our own words alone, two parts that say the same, bytes that never change again."""

import gzip
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote
from zoneinfo import ZoneInfo

from reports.digest import Digest
from reports.signing import Signer
from reports.wording import plural
from storage.journal import serial_of

#: Servers commonly take 10 MB; base64 makes a third more of everything.
_MOST_PLAIN_BYTES, _MOST_PACKED_BYTES = 2_000_000, 5_000_000
#: Old relays take seven bits; long lines are folded by the encodings.
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=78)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A finished mail."""

    message_id: str
    content: bytes
    html: str


def build_letter(
    digest: Digest,
    *,
    sender: str,
    recipient: str,
    token: str,
    unsubscribe_url: str = "",
    signer: Signer | None = None,
) -> Letter:
    """Return the mail of a digest; raises SigningError if it is to be signed and cannot be.

    Headers hold no page text: a headline with a line break, an encoded word or a million signs cannot reach them.
    The Message-ID is frozen with the bytes, so that it is the same for every attempt.
    """
    # Verbs that make no mail need not wait for the templates' library.
    from reports.render import fitting, html_of, text_of

    shown = fitting(digest)
    file = None
    if shown.sections != digest.sections:
        file = _file_of(f"parkwatch-digest-{digest.number}.txt", text_of(digest).encode())
        shown = replace(shown, is_shortened=True, attached_as=file.name, is_file_cut=file.is_cut)
    html, text = html_of(shown), text_of(shown)
    message_id = message_id_of(token, digest.number, digest.made_at, sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address("Parkwatch", addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject_of(digest)
    message["Date"] = digest.made_at
    message["Message-ID"] = message_id
    message["List-Id"] = f"Parkwatch digests <digests.{sender.partition('@')[2]}>"
    ways = [f"<mailto:{sender}?subject={quote('unsubscribe ' + token)}>"]
    if unsubscribe_url:
        ways.append(f"<{unsubscribe_url.rstrip('/')}/{quote(token)}>")
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Unsubscribe"] = ", ".join(ways)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    if file:
        kind = {"subtype": "gzip"} if file.is_packed else {"subtype": "plain", "params": {"charset": "utf-8"}}
        maintype = "application" if file.is_packed else "text"
        message.add_attachment(file.content, maintype=maintype, filename=file.name, **kind)
    for level, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{level}_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    # Header fields without a space cannot be folded at 78; an encoded List-Unsubscribe would be read by nobody.
    content = message.as_bytes(policy=_POLICY.clone(max_line_length=900))
    refuse_bare_line_ends(content)
    if signer is not None:
        content = signer.sign(content)
    return Letter(message_id=message_id, content=content, html=html)


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    content: bytes
    is_packed: bool = False
    is_cut: bool = False


def _file_of(name: str, content: bytes) -> _File:
    """Return a file of plain text, packed if it is so large that a server might refuse it, and cut if it is still.

    What is cut off is counted in its last line.
    """
    if len(content) <= _MOST_PLAIN_BYTES:
        return _File(name, content)
    packed, kept = gzip.compress(content, mtime=0), content
    while len(packed) > _MOST_PACKED_BYTES:
        # Nine tenths of what would fit if all of it packed alike; once or twice more if it does not.
        room = len(kept) * _MOST_PACKED_BYTES // len(packed) * 9 // 10
        kept = content[: content.rfind(b"\n", 0, room) + 1]
        left_out = plural(content.count(b"\n", len(kept)), "line")
        rest = f"\n[{left_out} more left out for their size: 'parkwatch prove NUMBER' shows each change]\n"
        packed = gzip.compress(kept + rest.encode(), mtime=0)
    return _File(f"{name}.gz", packed, is_packed=True, is_cut=len(kept) < len(content))


def subject_of(digest: Digest) -> str:
    """Return the subject: counts, and how many parks were not seen whole."""
    counts = [digest.summary]
    if digest.unseen:
        counts.append(f"{plural(len(digest.unseen), 'park')} not seen whole")
    day = digest.made_at.astimezone(ZoneInfo(digest.time_zone))
    return f"Parkwatch: {', '.join(counts)} ({day:%Y-%m-%d})"


def message_id_of(token: str, number: int, made_at: datetime, sender: str) -> str:
    """Return the Message-ID of a subscription's digest.

    A store that is restored from a backup gives numbers again, and servers drop a second mail of the same Message-ID:
    so the moment is in it.
    """
    mark = hashlib.sha256(f"{token}|{number}|{made_at.isoformat()}".encode()).hexdigest()[:20]
    return f"<{serial_of(token)}{number}.{mark}@{sender.partition('@')[2]}>"


def refuse_bare_line_ends(content: bytes) -> None:
    """Raise ValueError at a CR or LF that stands alone: around a dot it would smuggle a second mail."""
    bare = content.replace(b"\r\n", b"")
    if b"\r" in bare or b"\n" in bare:
        raise ValueError("the mail has a bare line end, so it is not sent")
