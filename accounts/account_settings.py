"""The settings of an account: what its owner sets for itself (BAT-40 #12, 14, 15; own settings of a MEMBER)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.refusals import Blocker, Blockers, FieldPath, refuse
from core.transaction import Row, fetch_one
from tenants.access import allow, not_found, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.names import normalized, timezone_blockers
from tenants.permissions import Action, Condition
from tenants.unit_of_work import UnitOfWork

LONGEST_LABEL = 100
_NUMBER = re.compile(r"\+?[0-9]{1,32}")
_CODES = (
    "am ar bg bn cs da de el en es et fa fi fr gu he hi hr hu id is it ja ka km kn ko lo lt lv ml mr ms my ne nl no "
    "pa pl pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh "
)
LANGUAGES = frozenset(_CODES.split())
"""The ISO 639-1 codes of the platform's prompts."""


def _label(text: str, field: FieldPath) -> tuple[Blocker, ...]:
    if 1 <= len(text) <= LONGEST_LABEL:
        return ()
    return (Blocker("NAME_LENGTH", f"A label has 1 to {LONGEST_LABEL} characters.", field),)


def _number(text: str, field: FieldPath) -> tuple[Blocker, ...]:
    if _NUMBER.fullmatch(text):
        return ()
    return (Blocker("ASSOCIATED_NUMBER_INVALID", "It has an optional plus and 1 to 32 digits.", field),)


def _language(text: str, field: FieldPath) -> tuple[Blocker, ...]:
    return () if text in LANGUAGES else (Blocker("LANGUAGE_UNKNOWN", "There are no prompts in it.", field),)


SETTINGS: Mapping[str, tuple[str, Callable[[str, FieldPath], tuple[Blocker, ...]]]] = {
    "label": ("label", _label),
    "associated_number": ("associatedNumber", _number),
    "ivr_language": ("ivrLanguage", _language),
    "self_care_time_zone": ("selfCareTimeZone", timezone_blockers),
}
"""Column: its field and its check."""


@dataclass(frozen=True, slots=True)
class SettingsEdit:
    """The settings to change, by column; None empties one."""

    account_id: str
    version: int
    values: Mapping[str, str | None]


async def update_account_settings(uow: UnitOfWork, edit: SettingsEdit) -> Outcome:
    """Change them, also of a demo that is over (DEMO-6). Answers accountId.

    Refused: NOT_FOUND, the codes of EDIT_ACCOUNT (a MEMBER its own account's only), VERSION_CONFLICT, NAME_LENGTH,
    ASSOCIATED_NUMBER_INVALID, LANGUAGE_UNKNOWN, TIMEZONE_INVALID, ORGANIZATION_NOT_ACTIVE, ACCOUNT_TERMINATED."""
    row = await _locked(uow, edit.account_id)
    customer = await organization_by_id(uow, row["organization_id"])
    is_own = row["member_id"] is not None and row["member_id"] == uow.actor.member_id
    allow(uow, Action.EDIT_ACCOUNT, customer, [Condition.OWN_ACCOUNT_SETTINGS] if is_own else [])
    if edit.version != row["version"]:
        refuse("VERSION_CONFLICT", "Somebody else changed this meanwhile; read it again.", ("version",))
    values = _checked(edit)
    require_active(customer)
    if row["lifecycle"] == "CLOSED":
        refuse("ACCOUNT_TERMINATED", "The account is closed for good.", ("id",))
    changed = {name: value for name, value in values.items() if value != row[name]}
    if changed:
        setting = ", ".join(f"{name} = ${place}" for place, name in enumerate(changed, 5))
        await uow.tx.execute(
            f"UPDATE account AS a SET {setting}, version = version + 1 WHERE a.id = $4 "
            f"AND {uow.visible('a', 'account')}",
            *uow.scope, edit.account_id, *changed.values(),
        )  # fmt: skip
        uow.audit(
            "Account", edit.account_id, organization_id=customer.id, path=customer.path,
            before={SETTINGS[name][0]: row[name] for name in changed},
            after={SETTINGS[name][0]: value for name, value in changed.items()},
        )  # fmt: skip
    return {"accountId": edit.account_id}


def _checked(edit: SettingsEdit) -> dict[str, str | None]:
    found, values = Blockers(), dict[str, str | None]()
    for name, value in edit.values.items():
        field, check = SETTINGS[name]
        values[name] = None if value is None else normalized(value)
        for blocker in () if value is None else check(str(values[name]), (field,)):
            found.add(blocker.code, blocker.message, blocker.field)
    found.raise_if_any()
    return values


async def _locked(uow: UnitOfWork, account_id: str) -> Row:
    lock = " FOR UPDATE OF a" if uow.tx.dialect == "postgres" else ""
    row = await fetch_one(
        uow.tx,
        f"SELECT a.organization_id, a.member_id, a.lifecycle, a.version, {', '.join(f'a.{name}' for name in SETTINGS)} "
        f"FROM account a WHERE a.id = $4 AND {uow.visible('a', 'account')}{lock}",
        *uow.scope, account_id,
    )  # fmt: skip
    if row is None:
        not_found(("id",))
    return row
