"""The operator's parks, as their files stand: a park that is added, changed or taken away is noticed by itself."""

from pathlib import Path

import structlog

from crawler.checking import SeedError, nearest
from crawler.layouts import load_good_layouts
from crawler.seeds import load_parks
from monitor.settings import SeedsSection
from storage.records import Park

log = structlog.get_logger()

Seeds = tuple[dict[str, Park], dict[str, SeedError]]


def load_seeds(seeds: SeedsSection) -> Seeds:
    """Return by slug the good parks, and what is wrong with the others; raises SeedError without a folder.

    A layout that is wrong costs the parks that name it, and no other.
    """
    parks, errors = load_parks(seeds.parks)
    layouts, wrong = load_good_layouts(seeds.layouts)
    for slug, park in list(parks.items()):
        missing = [name for name in park.layouts if name not in layouts]
        if missing:
            del parks[slug]
            name = missing[0]
            why = wrong.get(name) or f"there is no layout '{name}'{nearest(name, list(layouts))}"
            errors[slug] = SeedError(f"{seeds.parks}/{slug}.toml: layouts: {why}")
    return parks, errors


class ParkFolder:
    """Holds the parks for a process that runs for months; the files are read again only when one has changed."""

    def __init__(self, seeds: SeedsSection) -> None:
        """Read the folder; raises SeedError if there is none."""
        self._seeds = seeds
        self._signature = self._sign()
        self._known, self.errors = load_seeds(seeds)

    def parks(self) -> dict[str, Park]:
        """Return the parks by slug; what is wrong with a file that changed is logged, and costs that park alone."""
        signature = self._sign()
        if signature != self._signature:
            self._signature = signature
            try:
                found, self.errors = load_seeds(self._seeds)
            except SeedError as error:
                log.error("parks are not read anew", why=str(error))
                return self._known
            for wrong in self.errors.values():
                log.error("a park is not watched", why=str(wrong))
            for slug in sorted(found.keys() ^ self._known.keys()):
                log.info("a park is watched" if slug in found else "a park is no longer watched", park=slug)
            self._known = found
        return self._known

    def _sign(self) -> frozenset[tuple[Path, int, int]]:
        files = [*self._seeds.parks.glob("*.toml"), *self._seeds.layouts.glob("*/layout.toml")]
        return frozenset((file, *_stamp(file)) for file in files)


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:  # taken away since the folder was listed
        return 0, 0
    return found.st_mtime_ns, found.st_size
