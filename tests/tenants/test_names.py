"""What is typed in: names, e-mails, places, billing numbers, buyer tags (ORG-4, 5, 6, 10, GEN-8, SRCH-3, MEM-4)."""

import pytest

from core.refusals import Blocker, Refused
from tenants.names import (
    NAME_PUNCTUATION,
    BuyerTagKey,
    TagInput,
    billing_number_blockers,
    countries,
    country_blockers,
    currencies,
    currency_blockers,
    email_blockers,
    folded,
    folded_email,
    member_name_blockers,
    name_blockers,
    normalized,
    read_buyer_tags,
    timezone_blockers,
    timezones,
)


def codes(blockers: tuple[Blocker, ...]) -> list[str]:
    """The codes alone."""
    return [blocker.code for blocker in blockers]


def refused_tags(*tags: tuple[str, str]) -> list[tuple[str, tuple[str, ...] | None]]:
    """Codes and fields of the refusal of these tags."""
    with pytest.raises(Refused) as refused:
        read_buyer_tags([TagInput(key, value) for key, value in tags])
    return [(blocker.code, blocker.field) for blocker in refused.value.blockers]


def test_text_is_trimmed_and_composed() -> None:
    assert normalized(" \t Cafe\u0301 \n") == "Caf\u00e9"


def test_srch_3_folding_is_full_and_accents_count() -> None:
    assert folded("STRASSE") == folded("stra\u00dfe")
    assert folded("E\u0301RIC") == folded("\u00e9ric")
    assert folded("Eric") != folded("\u00c9ric")
    assert folded("%_*") == "%_*"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A", ["NAME_LENGTH"]),
        ("Ab", []),
        ("a" * 255, []),
        ("a" * 256, ["NAME_LENGTH"]),
        ("   ", ["NAME_LENGTH"]),
        ("|", ["NAME_LENGTH", "NAME_CHARACTERS"]),
        ("e\u0301" * 255, []),
        ("Acme, Inc. (SG) #1", []),
        ("Acme|Co", ["NAME_CHARACTERS"]),
        ("~`#+$@&()[]{}<>/\\-_='\".,:;!?^%*", []),
        ("\u0928\u092e\u0938\u094d\u0924\u0947 \u0661\u0662", []),
        ("\u682a\u5f0f\u3000\u4f1a\u793e", []),
        ("Acme \u20ac", ["NAME_CHARACTERS"]),
        ("Acme\tCo", ["NAME_CHARACTERS"]),
        ("Acme\u200bCo", ["NAME_CHARACTERS"]),
        ("Acme \u00b2", ["NAME_CHARACTERS"]),
        ("Acme \U0001f600", ["NAME_CHARACTERS"]),
    ],
)
def test_org_5_names(name: str, expected: list[str]) -> None:
    assert codes(name_blockers(name)) == expected


def test_org_5_of_ascii_exactly_these_signs_are_names() -> None:
    # given every printable sign of ASCII
    signs = {chr(code) for code in range(0x20, 0x7F) if not chr(code).isalnum()} - {" "}

    # then only the vertical bar is refused
    assert signs - NAME_PUNCTUATION == {"|"}
    assert name_blockers("Acme|Co|")[0].details == {"characters": ["|"]}


def test_mem_4_member_names() -> None:
    assert codes(member_name_blockers("  ")) == ["NAME_LENGTH"]
    assert member_name_blockers("|") == ()
    assert codes(member_name_blockers("a" * 256, ("rows", "0", "familyName"))) == ["NAME_LENGTH"]
    assert member_name_blockers("a" * 256, ("familyName",))[0].field == ("familyName",)


@pytest.mark.parametrize("email", ["a@b", "eve@c5.test", " EVE@C5.test ", "a" * 252 + "@b", "jos\u00e9@x.test"])
def test_gen_8_e_mails(email: str) -> None:
    assert email_blockers(email) == ()


@pytest.mark.parametrize(
    "email",
    ["", "a", "@", "a@", "@b", "a@b@c", "a" * 253 + "@b", "a b@c.test", "a@b\r\nBcc: x", "a@b\u3000c", "a@\x00"],
)
def test_gen_8_what_is_no_e_mail(email: str) -> None:
    assert codes(email_blockers(email)) == ["EMAIL_INVALID"]


def test_gen_8_e_mails_are_compared_without_case() -> None:
    assert folded_email(" FIN@c1.test") == folded_email("fin@C1.TEST ")


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [("SG", True), ("IN", True), ("sg", False), ("Singapore", False), ("XK", False), ("EU", False), ("ZZ", False)],
)
def test_org_6_countries(code: str, is_valid: bool) -> None:
    assert codes(country_blockers(code)) == ([] if is_valid else ["COUNTRY_INVALID"])


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [("SGD", True), ("JPY", True), ("KWD", True), ("SGDX", False), ("sgd", False), ("DEM", False), ("ANG", False)],
)
def test_org_6_currencies(code: str, is_valid: bool) -> None:
    assert codes(currency_blockers(code)) == ([] if is_valid else ["CURRENCY_INVALID"])


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("Asia/Singapore", True), ("UTC", True), ("asia/singapore", False), ("localtime", False), ("../etc", False)],
)
def test_org_6_timezones(name: str, is_valid: bool) -> None:
    assert codes(timezone_blockers(name)) == ([] if is_valid else ["TIMEZONE_INVALID"])


def test_the_lists_are_whole() -> None:
    assert len(countries()) == 249
    assert {"SGD", "MYR", "HKD", "AUD", "USD", "INR", "EUR", "JPY", "KRW", "VND", "BHD", "KWD"} <= currencies()
    assert len(timezones()) > 400


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [("5001", True), ("0001", True), ("123456789012", True), ("123", False), ("1234567890123", False),
     ("12a4", False), ("\u0661\u0662\u0663\u0664", False), ("5001\n", False), ("", False)],
)  # fmt: skip
def test_org_4_billing_numbers(text: str, is_valid: bool) -> None:
    assert codes(billing_number_blockers(text)) == ([] if is_valid else ["BILLING_NUMBER_INVALID"])


def test_org_10_three_tags_are_read() -> None:
    tags = [TagInput("CustomerRef", " C-1 "), TagInput("BillingRef", "B" * 64), TagInput("TypeRef", "x")]
    assert read_buyer_tags(tags) == {
        BuyerTagKey.CUSTOMER_REF: "C-1",
        BuyerTagKey.BILLING_REF: "B" * 64,
        BuyerTagKey.TYPE_REF: "x",
    }


def test_org_10_too_many_is_checked_first_and_alone() -> None:
    found = refused_tags(("Nope", ""), ("Nope", ""), ("TypeRef", "x"), ("TypeRef", "x"))
    assert found == [("BUYER_TAGS_TOO_MANY", ("buyerTags",))]


def test_org_10_other_refusals_come_all_at_once() -> None:
    found = refused_tags(("Nope", "x"), ("TypeRef", " "), ("TypeRef", "y" * 65))
    assert found == [
        ("BUYER_TAG_DUPLICATE", ("buyerTags", "2", "key")),
        ("BUYER_TAG_KEY_UNKNOWN", ("buyerTags", "0", "key")),
        ("BUYER_TAG_LENGTH", ("buyerTags", "1", "value")),
        ("BUYER_TAG_LENGTH", ("buyerTags", "2", "value")),
    ]
