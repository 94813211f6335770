"""The log never shows a password, a token or the password of a database's address."""

from web.logs import without_secrets


def test_values_are_hidden_by_their_name() -> None:
    event = {"password": "hunter2", "accessToken": "x", "Set-Cookie": "a=b", "organization_id": "org_1"}
    assert without_secrets(None, "info", event) == {
        "password": "[hidden]",
        "accessToken": "[hidden]",
        "Set-Cookie": "[hidden]",
        "organization_id": "org_1",
    }


def test_tokens_and_address_passwords_are_hidden_inside_a_text() -> None:
    for token in ("tnk_AbC-1", "tnm_x", "tnc_y", "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ0In0.c2ln-nature"):
        assert without_secrets(None, "info", {"error": f"no {token}, sir"}) == {"error": "no [hidden], sir"}
    event = {"error": "no session tns_AbC-123_x at postgresql://app:hunter2@db.test/tenantry", "ms": 3}
    assert without_secrets(None, "error", event) == {
        "error": "no session [hidden] at postgresql://[hidden]@db.test/tenantry",
        "ms": 3,
    }
