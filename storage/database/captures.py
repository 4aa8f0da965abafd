"""Keep responses as they came: their bytes once by hash, compressed."""

import hashlib
from collections.abc import Iterable, Sequence

import zstandard
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database.tables import BlobRow, CaptureRow, ChangeCaptureRow, VersionCaptureRow, VersionRow
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


def of_version(session: Session, article_id: int, number: int) -> tuple[Capture, ...]:
    """Return the captures that a version was read from, page by page, with their bytes."""
    query = (
        select(CaptureRow)
        .join(VersionCaptureRow, VersionCaptureRow.capture_id == CaptureRow.id)
        .join(VersionRow, VersionRow.id == VersionCaptureRow.version_id)
        .where(VersionRow.article_id == article_id, VersionRow.number == number)
        .order_by(VersionCaptureRow.page)
    )
    return tuple(as_capture(session, row) for row in session.scalars(query))


def prove(session: Session, park: str, changes: Sequence[int], pages: Iterable[Capture]) -> None:
    """Store the captures that prove changes which made no version; nothing is kept where nothing changed."""
    if not changes:
        return
    for page, capture in enumerate(pages, 1):
        capture_id = keep(session, park, capture)
        session.add_all(ChangeCaptureRow(change_number=change, page=page, capture_id=capture_id) for change in changes)


def of_change(session: Session, change: int) -> tuple[Capture, ...]:
    """Return the captures of a change that made no version; raises ValueError for damaged ones."""
    query = select(CaptureRow).join(ChangeCaptureRow, ChangeCaptureRow.capture_id == CaptureRow.id)
    query = query.where(ChangeCaptureRow.change_number == change).order_by(ChangeCaptureRow.page)
    return tuple(as_capture(session, row) for row in session.scalars(query))


def as_capture(session: Session, row: CaptureRow) -> Capture:
    """Return a stored response with its bytes; raises ValueError if they do not fit their hash."""
    return Capture(
        url=row.url,
        captured_at=row.captured_at,
        status=row.status,
        headers=tuple((name, value) for name, value in row.headers),
        content=content_of(session, row.blob_hash),
        origin=row.origin,
    )


def content_of(session: Session, digest: str) -> bytes:
    """Return a blob's bytes; raises ValueError if they are not there or do not fit their hash."""
    row = session.get(BlobRow, digest)
    if row is None:
        raise ValueError(f"no bytes are stored under {digest}")
    try:
        content = zstandard.ZstdDecompressor().decompress(row.content, max_output_size=row.size or 1)
    except zstandard.ZstdError as error:
        raise ValueError(f"the bytes stored under {digest} cannot be unpacked: {error}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"the bytes stored under {digest} do not fit their hash")
    return content
