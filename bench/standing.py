"""Who asks in a measurement, and for what: one organization's place in the generated tree. Reads no database."""

from dataclasses import dataclass

from bench.data import api_key_of
from bench.generated_ids import generated_id
from bench.size import Size
from tenants.row_scope import RowScope


@dataclass(frozen=True, slots=True)
class Standing:
    """The acting organization, and the seller whose customers it lists."""

    scope: RowScope
    api_key: str
    listed_id: str

    @classmethod
    def of(cls, size: Size, number: int) -> "Standing":
        """The organization with this number, listing the customers of the first sub-reseller."""
        organization_id = generated_id("org", number)
        scope = RowScope(size.path_of(number), organization_id)
        return cls(scope, api_key_of(number), generated_id("org", size.first_sub_reseller))
