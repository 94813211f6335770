"""What may be a brand's domain: a host name of the public internet, in the form in which it is asked (WL-3). Pure."""

from ipaddress import ip_address

import idna

from core.refusals import refuse

LONGEST = 253
_NOT_PUBLIC = ("localhost", "local", "internal", "invalid", "onion", "arpa")


def checked_domain(text: str, neutral_host: str | None) -> str:
    """The domain in ASCII and small letters; names in other scripts become A-labels (IDNA 2008).

    Refused DOMAIN_INVALID: no host name, an IP address, a name without a dot, one that is not public, the neutral
    domain or one that stands above or below it."""
    try:
        domain = idna.encode(text.strip().rstrip("."), uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        domain = ""
    if not _is_public(domain) or (neutral_host is not None and _is_kin(domain, neutral_host)):
        refuse("DOMAIN_INVALID", "This is no domain that a brand can have.", ("domain",))
    return domain


def host_of(netloc: str | None) -> str:
    """The name out of a Host header: without the port, in small letters, without a closing dot; '' for none."""
    host = (netloc or "").strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def is_loopback(host: str) -> bool:
    """Whether it names this very machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host).is_loopback


def _is_public(domain: str) -> bool:
    last = domain.rpartition(".")[2]
    has_form = 0 < len(domain) <= LONGEST and "." in domain and not last.isdigit()
    return has_form and not _is_address(domain) and last not in _NOT_PUBLIC


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_kin(domain: str, neutral: str) -> bool:
    return domain == neutral or domain.endswith(f".{neutral}") or neutral.endswith(f".{domain}")
