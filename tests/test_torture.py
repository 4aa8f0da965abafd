"""The short form of ``make torture``: a kill at the points of sending that matter most, on both databases."""

import pytest

from storage.crash import POINTS
from tests.torture.post import Post
from tests.torture.scenes import SENDING_POINTS, sending_scene
from tests.torture.stands import Stands
from tests.torture.visiting import BACKFILL_POINTS, MIGRATION_POINTS, VISITING_POINTS


def test_every_point_is_tried_by_the_long_form() -> None:
    assert {*SENDING_POINTS, *VISITING_POINTS, *BACKFILL_POINTS, *MIGRATION_POINTS} == {*POINTS}


@pytest.mark.parametrize(
    ("point", "copies"),
    [
        ("article_after_commit", 0),
        ("digest_before_commit", 0),
        ("digest_after_commit", 0),
        ("delivery_begun_after_commit", 0),
        ("mail_half_sent", 0),
        ("mail_sent", 2),
        ("journal_written", 0),
        ("delivery_ended_before_commit", 0),
    ],
)
def test_a_kill_while_sending_loses_nothing_and_copies_only_what_nobody_can_know(
    stands: Stands, post: Post, point: str, copies: int
) -> None:
    tally = sending_scene(stands, post, point, 2)
    assert (tally.wrong, tally.kills, tally.copies) == ([], 2, copies)
