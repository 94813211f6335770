"""Which kind of row an input field of type ID names, by its name. A field that fits nothing fails the suite."""

from tests.isolation.stages import Stage

BY_NAME = {
    "parent": "Organization", "buyer": "Organization", "customer": "Organization", "seller": "Organization",
    "item": "Plan", "entity": "Member", "subject": "Organization", "source": "Payment", "uuid": "Organization",
    "owner": "Member", "key": "ApiKey", "root": "BatchUpdate",
    "corporate": "Organization", "contact": "Member", "recovery": "OwnershipRecovery",
    "contactchange": "OwnerContactChange", "session": "ApiKey",
    "user": "Member", "onbehalfof": "Member", "supportsession": "Member", "remove": "AddOn",
}  # fmt: skip
"""Names that are not a type's. A session is no row of a type: any id that is not one of the viewer's own serves."""


class UnknownKind(AssertionError):
    """Say in kinds.py what the field names."""


def kind_of(stage: Stage, field: str, operation: str) -> str:
    """The type whose id stands in the field `subscriptionId`, `allowedPlanIds`; a bare `id` is of the operation's."""
    types = sorted(stage.asking.statements.catalogue.type_of_prefix.values(), key=len, reverse=True)
    if field in BY_NAME:
        return BY_NAME[field]
    bare = field.removesuffix("s").removesuffix("Id").removesuffix("id")
    searched = bare.lower() or operation.lower()
    for name in types:
        if searched.endswith(name.lower()) or (not bare and name.lower() in searched):
            return name
    for name, kind in BY_NAME.items():
        if searched.endswith(name) or (not bare and name in searched):
            return kind
    raise UnknownKind(f"{operation}: {field}")
