"""Say of a reading what in it may be the site's doing rather than its people's, and so has to wait."""

from dataclasses import replace

from crawler.alike import Edit, headline_cut, lines_between, lines_exchanged, restyled
from crawler.asked import Asked, ReadArticle
from crawler.shared_values import Doubt, doubts_in, doubts_in_our_part
from storage.records import NO_VALIDATORS, ArticleState, KnownArticle, Observation, Origin
from storage.text import comparison_text


def with_doubts(observation: Observation, known: KnownArticle | None, asked: Asked) -> ReadArticle:
    """Return an observation with what in it is to wait until it is known what stands on the other pages.

    One that moved is told by that, and at once, since what follows in the visit rests on it. Where anything in it is in
    doubt it keeps all that is on record, so that no version rests on a page that says something else, and gets no
    validators: the next look brings the page again, and tells.
    """
    doubts = _doubts(observation, known, asked)
    if not observation.is_moved:
        edit = _edit_in(observation, known) if known else None
        return ReadArticle(observation=observation, edit=edit, doubts=doubts)
    if known is not None and doubts:
        on_record = observation.restated.fields if observation.restated else known.fields
        observation = replace(observation, fields=on_record, validators=NO_VALIDATORS)
    return ReadArticle(observation=observation)


def _doubts(observation: Observation, known: KnownArticle | None, asked: Asked) -> tuple[Doubt, ...]:
    listed = comparison_text((known.listed_headline or "").rstrip(".… ")) if known else ""
    # What a listing said once it says still, though the page came in a later visit.
    is_listed = bool(listed) and comparison_text(observation.fields.headline).startswith(listed)
    # Where it says no more than the record, what stands behind that may be the site's.
    is_listed = is_listed and not (known is not None and listed == comparison_text(known.fields.headline))
    expected = observation.fields.headline if is_listed else asked.headline
    on_record = observation.restated.fields if observation.restated else None
    found = doubts_in(
        observation.fields,
        known.fields if known else None,
        expected,
        on_record,
        listed=known.listed_headline if known and is_listed else None,
    )
    if known is not None and observation.restated is not None:
        found = (*doubts_in_our_part(known.fields, observation.restated.fields), *found)
    # Where all is new, no text can give way to another, and what is read is to be kept at once.
    return found if observation.origin is Origin.CRAWL else tuple(doubt for doubt in found if doubt.counts)


def _edit_in(observation: Observation, known: KnownArticle) -> Edit | None:
    """Return what may be the site's doing: of one that came back more is told, and at once."""
    if known.state is ArticleState.REMOVED:
        return None
    on_record = observation.restated.fields if observation.restated else known.fields
    read = observation.fields
    lines = lines_between(on_record, read) or lines_exchanged(on_record, read)
    lines = lines or headline_cut(on_record, read, known.listed_headline) or restyled(on_record, read)
    return Edit(observation=observation, lines=lines, story=on_record.headline) if lines else None
