"""The forms an account ID may have, by account role (BAT-11). Pure; does not know which IDs are taken."""

import re
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address

from core.refusals import Blockers, FieldPath

MAX_LENGTH = 64
DEFAULT_VOUCHER_DIGITS = 11


class AccountRole(StrEnum):
    """The kind of identity an account has; not a member's role and not a self-care role."""

    UNIVERSAL = "UNIVERSAL"
    USER_AT_DOMAIN = "USER_AT_DOMAIN"
    PHONE_LINE = "PHONE_LINE"
    AUTO_ATTENDANT = "AUTO_ATTENDANT"
    PINLESS = "PINLESS"
    MOBILE = "MOBILE"
    IPV4 = "IPV4"
    PREPAID_CARD = "PREPAID_CARD"
    VOUCHER = "VOUCHER"


_PHONE_DIGITS = re.compile(r"[0-9]{3,15}")
_FORMS = {
    AccountRole.UNIVERSAL: re.compile(r"[A-Za-z0-9._@+-]+"),
    AccountRole.USER_AT_DOMAIN: re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9._+-]+"),
    AccountRole.PHONE_LINE: _PHONE_DIGITS,
    AccountRole.AUTO_ATTENDANT: _PHONE_DIGITS,
    AccountRole.PINLESS: _PHONE_DIGITS,
    AccountRole.MOBILE: _PHONE_DIGITS,
    AccountRole.PREPAID_CARD: re.compile(r"[A-Za-z0-9]+"),
    AccountRole.VOUCHER: re.compile(r"[0-9]+"),
}


def parse_account_id(
    text: str,
    role: AccountRole,
    field: FieldPath,
    blockers: Blockers,
    *,
    voucher_digits: int = DEFAULT_VOUCHER_DIGITS,
) -> str:
    """The trimmed account ID, its case kept. Notes ACCOUNT_ID_TOO_LONG above 64 characters, else ACCOUNT_ID_FORMAT."""
    account_id = text.strip()
    if len(account_id) > MAX_LENGTH:
        message = f"An account ID has at most {MAX_LENGTH} characters."
        blockers.add("ACCOUNT_ID_TOO_LONG", message, field, length=len(account_id), maximum=MAX_LENGTH)
    elif not _has_form_of(role, account_id, voucher_digits):
        message = f"'{account_id}' has not the form of an account ID of role {role}."
        blockers.add("ACCOUNT_ID_FORMAT", message, field, account_role=role.value)
    return account_id


def _has_form_of(role: AccountRole, account_id: str, voucher_digits: int) -> bool:
    if role is AccountRole.IPV4:
        return _is_dotted_quad(account_id)
    if role is AccountRole.VOUCHER and len(account_id) != voucher_digits:
        return False
    return _FORMS[role].fullmatch(account_id) is not None


def _is_dotted_quad(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True
