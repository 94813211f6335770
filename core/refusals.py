"""How a rule says no: blockers with the rule book's codes, all at once (GEN-2). Knows no transport."""

import dataclasses
from collections.abc import Iterable
from typing import NoReturn

FieldPath = tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Blocker:
    """One reason for a refusal: the rule book's code, a sentence for people, the input field, and figures or ids."""

    code: str
    message: str
    field: FieldPath | None = None
    details: dict[str, object] = dataclasses.field(default_factory=dict)


class Refused(Exception):
    """A command that changes nothing, with every blocker that stood in its way."""

    def __init__(self, blockers: Iterable[Blocker]) -> None:
        self.blockers: tuple[Blocker, ...] = tuple(blockers)
        super().__init__(", ".join(blocker.code for blocker in self.blockers))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes alone, in the order of the blockers."""
        return tuple(blocker.code for blocker in self.blockers)


def refuse(code: str, message: str, field: FieldPath | None = None, **details: object) -> NoReturn:
    """Raises Refused with this one blocker (for checks whose order the rule book fixes)."""
    raise Refused((Blocker(code, message, field, details),))


class Blockers:
    """Gathers the blockers of one command, so that all are named at once (GEN-2)."""

    def __init__(self) -> None:
        self._found: list[Blocker] = []

    def add(self, code: str, message: str, field: FieldPath | None = None, **details: object) -> None:
        """Notes one blocker; nothing is raised yet."""
        self._found.append(Blocker(code, message, field, details))

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raises Refused with all blockers sorted by code, then field (GEN-2); without any, nothing happens."""
        if self._found:
            raise Refused(sorted(self._found, key=lambda blocker: (blocker.code, blocker.field or ())))
