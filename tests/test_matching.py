"""A reader who names words gets what says them: as whole words, before a change or after it."""

import pytest

from storage.matching import matches
from tests.builders import an_article
from tests.test_digest import an_edit, an_entry


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("port", "The zone's exports and support grew.", False),
        ("port", "A port, and a new one.", True),
        ("PORT", "The dry port.", True),
        ("87.2 billion", "It came to 87.2  billion yuan.", True),
        ("87.2 billion", "It came to 187.2 billion yuan.", False),
        ("cold  chain", "Cold chain goods.", True),
        ("新能源", "园区新 能源产业", True),
        ("芯片", "车规级芯片开工", True),
        ("5G", "园区5G基站", True),
        ("low-carbon", "A low-carbon park", True),
    ],
)
def test_a_word_is_found_as_a_whole(word: str, text: str, *, expected: bool) -> None:
    entry = an_entry(fields_after=an_article(headline="Something else", body=(text,)), headline="Something else")
    assert matches(entry, (), (word,)) is expected


def test_a_change_that_takes_the_word_out_is_one_for_its_reader() -> None:
    assert matches(an_edit(1, "It cost 1.37 billion.", "It cost more."), (), ("1.37 billion",))
    assert matches(an_edit(1, "It cost more.", "It cost 1.37 billion."), ("eastgate",), ("1.37 billion",))
    assert not matches(an_edit(1, "It cost more.", "It cost 1.37 billion."), ("westgate",), ("1.37 billion",))
