"""The form of an account ID by account role (BAT-11)."""

import pytest

from accounts.account_id import AccountRole, parse_account_id
from core.refusals import Blockers, Refused

FIELD = ("input", "accountId")
DIGIT_ROLES = (AccountRole.PHONE_LINE, AccountRole.AUTO_ATTENDANT, AccountRole.PINLESS, AccountRole.MOBILE)

ACCEPTED = [
    (AccountRole.UNIVERSAL, "a.B_9@+-"),
    (AccountRole.USER_AT_DOMAIN, "eric+1@pbx.example-2.com"),
    *((role, digits) for role in DIGIT_ROLES for digits in ("123", "123456789012345")),
    (AccountRole.IPV4, "192.0.2.255"),
    (AccountRole.PREPAID_CARD, "1212abcXYZ"),
    (AccountRole.VOUCHER, "12345678901"),
]
WRONG_FORM = [
    (AccountRole.UNIVERSAL, ""),
    (AccountRole.UNIVERSAL, "a b"),
    (AccountRole.UNIVERSAL, "é"),
    (AccountRole.USER_AT_DOMAIN, "eric"),
    (AccountRole.USER_AT_DOMAIN, "e@r@ic"),
    (AccountRole.USER_AT_DOMAIN, "@pbx"),
    *((role, text) for role in DIGIT_ROLES for text in ("12", "1234567890123456", "12a", "+123", "١٢٣")),
    (AccountRole.IPV4, "192.0.2"),
    (AccountRole.IPV4, "192.0.2.256"),
    (AccountRole.IPV4, "192.0.2.01"),
    (AccountRole.PREPAID_CARD, "12-34"),
    (AccountRole.VOUCHER, "1234567890"),
    (AccountRole.VOUCHER, "1234567890a"),
]


def codes_of(text: str, role: AccountRole, voucher_digits: int = 11) -> tuple[str, ...]:
    blockers = Blockers()
    parse_account_id(text, role, FIELD, blockers, voucher_digits=voucher_digits)
    try:
        blockers.raise_if_any()
    except Refused as refused:
        assert refused.blockers[0].field == FIELD
        return refused.codes
    return ()


@pytest.mark.parametrize(("role", "text"), ACCEPTED)
def test_an_id_of_the_right_form_is_trimmed_and_kept(role: AccountRole, text: str) -> None:
    blockers = Blockers()
    assert parse_account_id(f" {text}\n", role, FIELD, blockers) == text
    assert not blockers


@pytest.mark.parametrize(("role", "text"), WRONG_FORM)
def test_an_id_of_another_form_is_refused(role: AccountRole, text: str) -> None:
    assert codes_of(text, role) == ("ACCOUNT_ID_FORMAT",)


def test_sixty_four_characters_are_accepted_and_one_more_is_too_long() -> None:
    assert codes_of("1" * 64, AccountRole.PREPAID_CARD) == ()
    assert codes_of("1" * 65, AccountRole.PREPAID_CARD) == ("ACCOUNT_ID_TOO_LONG",)
    assert codes_of("-" * 65, AccountRole.VOUCHER) == ("ACCOUNT_ID_TOO_LONG",)


def test_the_length_of_a_voucher_may_be_set() -> None:
    assert codes_of("123456", AccountRole.VOUCHER, voucher_digits=6) == ()
    assert codes_of("12345678901", AccountRole.VOUCHER, voucher_digits=6) == ("ACCOUNT_ID_FORMAT",)
