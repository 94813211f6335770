"""The id of a quote: it holds for exactly what was quoted, until its time is over, with this secret (SUB-10)."""

from billing.quote_id import QuoteSigner

FACTS: dict[str, object] = {"total": 50_000_000, "currency": "USD"}
SIGNER = QuoteSigner(b"one")


def test_it_holds_until_its_end_exclusive() -> None:
    quote_id = SIGNER.sign(FACTS, expires_at=1_000)

    assert SIGNER.holds(quote_id, FACTS, 999)
    assert not SIGNER.holds(quote_id, FACTS, 1_000)


def test_other_facts_another_secret_and_a_stretched_end_do_not_hold() -> None:
    quote_id = SIGNER.sign(FACTS, expires_at=1_000)

    assert not SIGNER.holds(quote_id, FACTS | {"total": 49_000_000}, 0)
    assert not QuoteSigner(b"two").holds(quote_id, FACTS, 0)
    assert not SIGNER.holds(quote_id.replace("quote_3e8", "quote_fff"), FACTS, 0)


def test_what_is_no_quote_id_does_not_hold() -> None:
    for text in ("", "quote_", "quote_3e8", "quote_zz.AAAA", "quote_3e8.ä", "."):
        assert not SIGNER.holds(text, FACTS, 0)
