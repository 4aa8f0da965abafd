"""What stands in other lists than the listing's own is not its story, where dates tell the lists apart."""

import pytest

from crawler.layouts import load_layouts
from crawler.listing import read_listing
from crawler.page import Page
from crawler.seeds import BUNDLED
from tests.builders import a_park

TRS = load_layouts(BUNDLED / "layouts")["trs_wcm"]


def entry(number: int, *, dated: bool = True) -> str:
    date = f"<span>2024-05-{number:02}</span>" if dated else ""
    return f"<li><a href='/xw/202405/t202405{number:02}_{number}.html'>一号厂房第{number}期封顶</a>{date}</li>"


def listed(*lists: str) -> list[int]:
    html = "<html><body>" + "".join(f"<div class='box'><ul>{each}</ul></div>" for each in lists) + "</body></html>"
    [host] = {host for host in a_park().hosts if not host.startswith("www.")}
    found = read_listing(Page(url=f"http://{host}/xw/", text=html), [TRS], a_park())
    return [int(link.url.rpartition("_")[2].removesuffix(".html")) for link in found.links]


OWN = "".join(map(entry, range(1, 9)))


def other(first: int, many: int) -> str:
    return "".join(entry(number, dated=False) for number in range(first, first + many))


def test_another_list_without_dates_is_none_of_the_listing() -> None:
    assert listed(OWN, other(11, 4)) == listed(other(11, 4), OWN) == [*range(1, 9)]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ((OWN, other(11, 2)), [*range(1, 9), 11, 12]),
        ((OWN + other(11, 3),), [*range(1, 9), 11, 12, 13]),
        ((OWN + other(9, 2), other(11, 4)), [*range(1, 15)]),
        (("".join(map(entry, range(1, 5))), other(11, 4)), [*range(1, 5), *range(11, 15)]),
        ((other(1, 8), other(11, 4)), [*range(1, 9), *range(11, 15)]),
    ],
    ids=["two that stand out", "undated in the list", "dates do not tell", "few dates", "no dates"],
)
def test_nothing_is_left_out_where_dates_do_not_tell(lists: tuple[str, ...], expected: list[int]) -> None:
    assert listed(*lists) == expected


def test_a_story_in_both_lists_is_listed_once() -> None:
    assert listed(OWN, other(6, 4)) == [*range(1, 10)]
