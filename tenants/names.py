"""Rules of what is typed in (ORG-4, 5, 6, 10, GEN-8, SRCH-3): names, e-mails, places, buyer tags. Reads no table."""

import re
import unicodedata
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from babel import Locale
from babel.core import get_global

from core.refusals import Blocker, Blockers, FieldPath, Refused

ORGANIZATION_NAME_LENGTHS = (2, 255)
MEMBER_NAME_LENGTHS = (1, 255)
EMAIL_MAX_LENGTH = 254
BUYER_TAGS_MAX_COUNT = 3
BUYER_TAG_LENGTHS = (1, 64)
DRAWN_BILLING_NUMBER_DIGITS = 10

NAME_PUNCTUATION = frozenset("~`#+$@&()[]{}<>/\\-_='\".,:;!?^%*")
"""What a name may hold besides letters with marks, digits and blanks of any script (ORG-5)."""

# Babel lists these beside ISO 3166: groups of countries, exceptional reservations, private use.
_NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"))
_NO_TIMEZONES = frozenset(("Factory", "localtime", "posixrules"))
_BILLING_NUMBER = re.compile(r"[0-9]{4,12}")


class BuyerTagKey(StrEnum):
    """The three tags that a seller may put on a buyer (ORG-10)."""

    CUSTOMER_REF = "CustomerRef"
    BILLING_REF = "BillingRef"
    TYPE_REF = "TypeRef"


def normalized(text: str) -> str:
    """The text as it is checked and stored: trimmed and NFC (GEN-8)."""
    return unicodedata.normalize("NFC", text.strip())


def folded(text: str) -> str:
    """The text as it is searched: NFC and full case folding; accents count (SRCH-3)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def folded_email(email: str) -> str:
    """The key of an e-mail, compared without case (GEN-8)."""
    return folded(normalized(email))


def name_blockers(text: str, field: FieldPath = ("name",)) -> tuple[Blocker, ...]:
    """Why this cannot be an organization's name (normalized first): `NAME_LENGTH`, `NAME_CHARACTERS` (ORG-5)."""
    name = normalized(text)
    found = list(_length_blockers(name, ORGANIZATION_NAME_LENGTHS, "NAME_LENGTH", field))
    refused = sorted({character for character in name if not _is_name_character(character)})
    if refused:
        message = "A name holds letters, digits, blanks and common punctuation only."
        found.append(Blocker("NAME_CHARACTERS", message, field, {"characters": refused}))
    return tuple(found)


def member_name_blockers(text: str, field: FieldPath = ("givenName",)) -> tuple[Blocker, ...]:
    """Why this cannot be a member's name: `NAME_LENGTH` outside 1 to 255 characters (MEM-4)."""
    return _length_blockers(normalized(text), MEMBER_NAME_LENGTHS, "NAME_LENGTH", field)


def email_blockers(text: str, field: FieldPath = ("email",)) -> tuple[Blocker, ...]:
    """Why this cannot be an e-mail: `EMAIL_INVALID` (GEN-8): one @ with text on both sides, at most 254, no blanks."""
    email = normalized(text)
    local, _, domain = email.partition("@")
    is_valid = bool(local and domain) and email.count("@") == 1 and len(email) <= EMAIL_MAX_LENGTH
    # A control character or a blank would let an address smuggle a second header line into a mail.
    if is_valid and email.isprintable() and not any(character.isspace() for character in email):
        return ()
    return (Blocker("EMAIL_INVALID", "This is not an e-mail address.", field),)


def country_blockers(code: str, field: FieldPath = ("country",)) -> tuple[Blocker, ...]:
    """`COUNTRY_INVALID` unless the code is one of ISO 3166, two capital letters (ORG-6)."""
    if code in countries():
        return ()
    return (Blocker("COUNTRY_INVALID", "The country is not a two-letter code of ISO 3166.", field),)


def currency_blockers(code: str, field: FieldPath = ("currency",)) -> tuple[Blocker, ...]:
    """`CURRENCY_INVALID` unless the code is a currency of ISO 4217 in use, three capital letters (ORG-6)."""
    if code in currencies():
        return ()
    return (Blocker("CURRENCY_INVALID", "The currency is not a code of ISO 4217.", field),)


def timezone_blockers(name: str, field: FieldPath = ("timezone",)) -> tuple[Blocker, ...]:
    """`TIMEZONE_INVALID` unless the name is one of the IANA time zones (ORG-6)."""
    if name in timezones():
        return ()
    return (Blocker("TIMEZONE_INVALID", "The time zone is not a name of the IANA database.", field),)


def billing_number_blockers(text: str, field: FieldPath = ("billingNumber",)) -> tuple[Blocker, ...]:
    """`BILLING_NUMBER_INVALID` unless the text has 4 to 12 ASCII digits and nothing else (ORG-4)."""
    if _BILLING_NUMBER.fullmatch(text):
        return ()
    return (Blocker("BILLING_NUMBER_INVALID", "A billing number has 4 to 12 digits.", field),)


@cache
def countries() -> frozenset[str]:
    """The two-letter codes of ISO 3166."""
    known = map(str, Locale("en").territories)
    return frozenset(code for code in known if len(code) == 2) - _NO_COUNTRIES


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that are legal tender somewhere today."""
    uses = (use for of_territory in get_global("territory_currencies").values() for use in of_territory)
    return frozenset(code for code, _, ended, is_tender in uses if ended is None and is_tender)


@cache
def timezones() -> frozenset[str]:
    """The names of the IANA time zone database."""
    return frozenset(zoneinfo.available_timezones()) - _NO_TIMEZONES


@dataclass(frozen=True, slots=True)
class TagInput:
    """One buyer tag as it was sent."""

    key: str
    value: str


def too_many_buyer_tags(tags: Sequence[TagInput], field: FieldPath = ("buyerTags",)) -> None:
    """Refused `BUYER_TAGS_TOO_MANY`, which is checked first and stands alone (ORG-10)."""
    if len(tags) > BUYER_TAGS_MAX_COUNT:
        message = "A buyer has at most three tags."
        raise Refused([Blocker("BUYER_TAGS_TOO_MANY", message, field, {"maximum": BUYER_TAGS_MAX_COUNT})])


def read_buyer_tags(tags: Sequence[TagInput], field: FieldPath = ("buyerTags",)) -> dict[BuyerTagKey, str]:
    """The tags with normalized values, or Refused (ORG-10).

    `BUYER_TAGS_TOO_MANY` is checked first and stands alone; then all at once `BUYER_TAG_KEY_UNKNOWN`,
    `BUYER_TAG_DUPLICATE` and `BUYER_TAG_LENGTH`, each with the tag's place in the list as field.
    """
    too_many_buyer_tags(tags, field)
    blockers, read = Blockers(), dict[BuyerTagKey, str]()
    for index, tag in enumerate(tags):
        _read_tag(tag, (*field, str(index)), read, blockers)
    blockers.raise_if_any()
    return read


def _read_tag(tag: TagInput, field: FieldPath, read: dict[BuyerTagKey, str], blockers: Blockers) -> None:
    value = normalized(tag.value)
    for blocker in _length_blockers(value, BUYER_TAG_LENGTHS, "BUYER_TAG_LENGTH", (*field, "value")):
        blockers.add(blocker.code, blocker.message, blocker.field, **blocker.details)
    name = normalized(tag.key)
    if name not in BuyerTagKey.__members__.values():
        blockers.add("BUYER_TAG_KEY_UNKNOWN", "There is no such tag.", (*field, "key"), keys=list(BuyerTagKey))
        return
    key = BuyerTagKey(name)
    if key in read:
        blockers.add("BUYER_TAG_DUPLICATE", "A tag holds one value only.", (*field, "key"))
    read.setdefault(key, value)


def _length_blockers(text: str, lengths: tuple[int, int], code: str, field: FieldPath) -> tuple[Blocker, ...]:
    minimum, maximum = lengths
    if minimum <= len(text) <= maximum:
        return ()
    message = f"This takes {minimum} to {maximum} characters."
    return (Blocker(code, message, field, {"minimum": minimum, "maximum": maximum, "length": len(text)}),)


def _is_name_character(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LM" or category in ("Nd", "Zs") or character in NAME_PUNCTUATION
