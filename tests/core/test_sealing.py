"""Sealed texts: opened by the same secret for the same thing, by nothing else."""

import pytest

from core.sealing import SealBroken, Sealer


def test_what_is_sealed_is_opened_by_the_same_secret_for_the_same_thing() -> None:
    sealer = Sealer(b"a secret of the server")
    sealed = sealer.sealed("JBSWY3DPEHPK3PXP", "usr_1")
    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert sealer.sealed("JBSWY3DPEHPK3PXP", "usr_1") != sealed
    assert Sealer(b"a secret of the server").opened(sealed, "usr_1") == "JBSWY3DPEHPK3PXP"


def test_another_secret_another_thing_and_a_changed_text_open_nothing() -> None:
    sealer = Sealer(b"a secret of the server")
    sealed = sealer.sealed("text", "usr_1")
    for other, text, about in (
        (Sealer(b"another"), sealed, "usr_1"),
        (sealer, sealed, "usr_2"),
        (sealer, sealed[:-4] + "AAAA", "usr_1"),
        (sealer, "no base 64 at all", "usr_1"),
        (sealer, "", "usr_1"),
    ):
        with pytest.raises(SealBroken):
            other.opened(text, about)
