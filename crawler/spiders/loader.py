"""Give Scrapy a spider for every park file: ``scrapy list`` names the parks."""

from pathlib import Path
from urllib.parse import urlsplit
from warnings import warn

from scrapy import Request, Spider
from scrapy.settings import BaseSettings

from crawler.checking import SeedError
from crawler.layouts import layout_folders, load_layout
from crawler.seeds import BUNDLED, load_parks
from crawler.spiders.park import ParkSpider
from storage.records import Park

Slugs = list[str]


class ParkSpiderLoader:
    """A Scrapy spider loader (setting ``SPIDER_LOADER_CLASS``) over the folders of parks and layouts."""

    def __init__(self, parks: dict[str, Park], layouts_folder: Path) -> None:
        self.parks = parks
        self._layouts_folder = layouts_folder

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> "ParkSpiderLoader":
        """Read the park files that the settings name; one that is wrong is warned of and left out."""
        parks, errors = load_parks(Path(settings.get("PARKWATCH_PARKS") or BUNDLED / "parks"))
        if settings.getbool("PARKWATCH_WARN_OF_SEEDS", True):
            for error in errors.values():
                warn(str(error), RuntimeWarning, stacklevel=2)
        return cls(parks, Path(settings.get("PARKWATCH_LAYOUTS") or BUNDLED / "layouts"))

    def list(self) -> Slugs:
        """Return the slugs of all parks."""
        return sorted(self.parks)

    def load(self, spider_name: str) -> type[Spider]:
        """Return the spider class of a park; raises KeyError if there is no such park."""
        return spider_for(self.parks[spider_name], self._layouts_folder)

    def find_by_request(self, request: Request) -> Slugs:
        """Return the parks whose hosts hold the address."""
        host = urlsplit(request.url).netloc.lower()
        return [slug for slug, park in self.parks.items() if host in park.hosts]


def spider_for(park: Park, layouts_folder: Path) -> type[ParkSpider]:
    """Return the spider class of one park; raises SeedError if it names a layout that is not there."""
    known = layout_folders(layouts_folder)
    missing = [name for name in park.layouts if name not in known]
    if missing:
        raise SeedError(
            f"park {park.slug}: there is no layout '{missing[0]}' in {layouts_folder}; known are {', '.join(known)}"
        )
    settings = {} if park.tls_verify else {"DOWNLOAD_VERIFY_CERTIFICATES": False}
    return type(
        "ParkSpider",
        (ParkSpider,),
        {
            "name": park.slug,
            "park": park,
            "layouts": [load_layout(known[name]) for name in park.layouts],
            "allowed_domains": sorted({host.partition(":")[0] for host in park.hosts}),
            "custom_settings": settings,
            "__doc__": f"{park.name}: {park.listings[0]}",
        },
    )
