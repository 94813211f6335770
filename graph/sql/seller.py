"""SQL of what a buyer may know of its seller (VIS-2, WL-2): its brand, read one level above the scope."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.sql.compile import Compilation


def seller_name(made: "Compilation", seller_id: str) -> str:
    """Who sells, by an id as SQL expression: who sees it reads its own name, its buyers the brand's (WL-2)."""
    in_sight = made.row_is_visible("known", "organization")
    own = f"SELECT known.name FROM organization known WHERE known.id = {seller_id} AND {in_sight}"
    return f"coalesce(({own}), {shown_brand(made, seller_id, 'name')})"


def shown_brand(made: "Compilation", seller_id: str, column: str) -> str:
    """A column of what buyers of the organization see: name, logo_hash, domain, support_email."""
    if made.dialect == "postgres":
        return f"(SELECT seller.{column} FROM shown_brand_of({seller_id}) seller)"
    return f"(SELECT seller.{column} FROM shown_brand seller WHERE seller.organization_id = {seller_id})"


def brand_column(seller_id: str, column: str) -> Callable[["Compilation"], str]:
    """The same as a field's declaration."""
    return lambda made: shown_brand(made, seller_id, column)


def logo_url(seller_id: str) -> Callable[["Compilation"], str]:
    """Where the logo is served; null without one."""
    return lambda made: f"'/brand/logo/' || {shown_brand(made, seller_id, 'logo_hash')}"
