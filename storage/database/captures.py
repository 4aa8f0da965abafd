"""Keep responses as they came: their bytes once by hash, compressed."""

import hashlib

import zstandard
from sqlalchemy.orm import Session

from storage.database.tables import BlobRow, CaptureRow
from storage.records import Capture

_LEVEL = 9


def keep(session: Session, park: str, capture: Capture) -> int:
    """Store a capture and return its id."""
    digest = hashlib.sha256(capture.content).hexdigest()
    if session.get(BlobRow, digest) is None:
        packed = zstandard.ZstdCompressor(level=_LEVEL).compress(capture.content)
        session.add(BlobRow(hash=digest, size=len(capture.content), content=packed))
        session.flush()
    row = CaptureRow(
        park=park,
        url=capture.url,
        captured_at=capture.captured_at,
        status=capture.status,
        headers=[list(pair) for pair in capture.headers],
        origin=capture.origin,
        blob_hash=digest,
    )
    session.add(row)
    session.flush()
    return row.id


def content_of(session: Session, digest: str) -> bytes:
    """Return a blob's bytes; raises ValueError if they do not fit their hash."""
    row = session.get_one(BlobRow, digest)
    content = zstandard.ZstdDecompressor().decompress(row.content, max_output_size=row.size or 1)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"the bytes stored under {digest} do not fit their hash")
    return content
