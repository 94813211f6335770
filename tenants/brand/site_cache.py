"""Which brand stands at which host, remembered for a moment in this process. Asks no database itself."""

from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic

from tenants.brand.brand import Brand

KEPT_SECONDS = 2.0
"""How late another process notices a new or a removed domain."""
MOST_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class BrandSite:
    """A proven domain: whose it is, where that one stands, and what is shown there."""

    domain: str
    organization_id: str
    path: str
    brand: Brand


class SiteCache:
    """By host: the site, or that there is none. `forget` after a change, so that this process asks anew."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, BrandSite | None]] = OrderedDict()
        self.generation = 0

    def get(self, host: str) -> tuple[bool, BrandSite | None]:
        """Whether it is known still, and what it is."""
        until, site = self._kept.get(host, (0.0, None))
        return monotonic() < until, site

    def keep(self, host: str, site: BrandSite | None, generation: int) -> None:
        """Remember what was read, unless something has changed since `generation`."""
        if generation != self.generation:
            return
        self._kept[host] = (monotonic() + KEPT_SECONDS, site)
        self._kept.move_to_end(host)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """Something has changed."""
        self.generation += 1
        self._kept.clear()
