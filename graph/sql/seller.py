"""SQL of what a buyer may know of its seller (VIS-2): its name, by a function that reads one level above the scope."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.sql.compile import Compilation


def own_seller_name(made: "Compilation") -> str:
    """The seller's name of the organization under `{t}`."""
    return seller_name(made, "{t}.parent_id")


def seller_name(made: "Compilation", seller_id: str) -> str:
    """The name of the organization whose id is the SQL expression."""
    if made.dialect == "postgres":
        return f"seller_name({seller_id})"
    return f"(SELECT seller.name FROM organization seller WHERE seller.id = {seller_id})"
