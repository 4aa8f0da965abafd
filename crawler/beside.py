"""Tell the list of a listing's own stories from lists of other stories beside it, by the dates of their entries."""

from collections import Counter
from collections.abc import Iterator, Mapping

from selectolax.lexbor import LexborNode

#: Fewer dated entries make no list that others could stand beside.
_FEWEST = 5
#: The share of a list's entries that have dates, where its site prints dates.
_MOST = 0.9
#: So many entries without a date are a list of their own; fewer may be a story that stands out.
_A_LIST = 3
_DEEPEST = 40


def beside_the_list(nodes: Mapping[str, LexborNode], dated: set[str]) -> set[str]:
    """Return the keys of links that stand in other lists than the one whose entries have dates.

    Menus whose addresses look like articles', hot stories, notices of another column: they have no dates where the
    listing's own stories have them. Nothing is left out where dates do not tell, as where some of the list lack them.
    """
    undated = [key for key in nodes if key not in dated]
    if len(dated) < _FEWEST or not undated:
        return set()
    around = {key: [*_around(node)] for key, node in nodes.items()}
    holders = Counter(element for key in dated for element in around[key])
    # Innermost first: the first that holds nearly all of them is the list.
    first = around[next(key for key in nodes if key in dated)]
    own = next((element for element in first if holders[element] >= _MOST * len(dated)), None)
    if own is None:
        return set()
    inside = sum(own in around[key] for key in undated)
    if inside > (1 - _MOST) * (inside + holders[own]):
        return set()
    outside = [key for key in undated if own not in around[key]]
    above = {*first[first.index(own) :]}
    groups = Counter(element for key in outside for element in around[key] if element not in above)
    return {key for key in outside if any(groups[element] >= _A_LIST for element in around[key])}


def _around(node: LexborNode) -> Iterator[int]:
    at, steps = node.parent, 0
    while at is not None and at.tag not in ("body", "html", None) and steps < _DEEPEST:
        yield at.mem_id
        at, steps = at.parent, steps + 1
