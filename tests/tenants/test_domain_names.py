"""What may be a brand's domain, and the name out of a Host header (WL-3, WL-4)."""

import pytest

from core.refusals import Refused
from tenants.brand.domain_names import checked_domain, host_of, is_loopback


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("voice.north.test", "voice.north.test"),
        (" Voice.North.TEST. ", "voice.north.test"),
        ("b\u00fccher.test", "xn--bcher-kva.test"),
        ("xn--bcher-kva.test", "xn--bcher-kva.test"),
        ("a-1.b-2.test", "a-1.b-2.test"),
        ("a" * 63 + ".test", "a" * 63 + ".test"),
    ],
)
def test_a_domain_in_the_form_in_which_it_is_asked(typed: str, asked: str) -> None:
    assert checked_domain(typed, "console.platform.test") == asked


@pytest.mark.parametrize(
    "typed",
    [
        "", ".", "north", "localhost", "x.localhost", "host.local", "10.0.0.1", "[::1]", "::1", "1.2.3", "a..test",
        "-a.test", "a-.test", "a_b.test", "a b.test", "https://a.test", "a.test/x", "a.test:443", "*.a.test",
        "a" * 64 + ".test", ".".join(["a" * 49] * 5) + ".test", "a.test\0", "xn--a.test",
        "console.platform.test", "x.console.platform.test", "platform.test",
    ],
)  # fmt: skip
def test_no_domain_of_a_brand(typed: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_domain(typed, "console.platform.test")
    assert refused.value.codes == ("DOMAIN_INVALID",)


def test_without_a_neutral_host_only_the_form_counts() -> None:
    assert checked_domain("platform.test", None) == "platform.test"


@pytest.mark.parametrize(
    ("netloc", "host", "loopback"),
    [
        ("North.Test:8443", "north.test", False),
        ("north.test.", "north.test", False),
        ("[::1]:8000", "::1", True),
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("localhost", "localhost", True),
        ("x.localhost:1", "x.localhost", True),
        (None, "", False),
    ],
)
def test_the_name_of_a_host_header(netloc: str | None, host: str, loopback: bool) -> None:
    assert (host_of(netloc), is_loopback(host)) == (host, loopback)
