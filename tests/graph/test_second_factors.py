"""Second factors and identity providers over GraphQL: never in a support session; a replay shows no secret."""

from tenants.sign_in.totp import STEP, code_of_step
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import credentials_of
from tests.makers_support import an_open_session
from tests.rules.fixture_organizations import the_fixture

ENROL = "mutation ($input: OwnFactorInput!) { enrolTotp(input: $input) { errors { code } replayed secret otpauthUri } }"
CONFIRM = """mutation ($input: ConfirmTotpInput!) {
    confirmTotp(input: $input) { errors { code } replayed recoveryCodes } }"""
REGENERATE = """mutation ($input: OwnFactorInput!) {
    regenerateRecoveryCodes(input: $input) { errors { code } recoveryCodes } }"""
REMOVE = "mutation ($input: RemoveSecondFactorInput!) { removeSecondFactor(input: $input) { errors { code } } }"
REMOVE_KEY = "mutation ($input: RemovePasskeyInput!) { removePasskey(input: $input) { errors { code } } }"
SET = "mutation ($input: SetIdentityProviderInput!) { setIdentityProvider(input: $input) { errors { code } } }"
SHOWN = "{ viewer { secondFactors { recoveryCodesLeft } } }"


async def test_nobody_who_acts_as_a_person_touches_how_it_signs_in(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await done(tree.cora, ENROL)
    _, supporter = await an_open_session(
        tree.sue, tree.c1, tree.cora, kind="LOGIN_AS", memberId=tree.cora.id, access="WRITE", areas=["org"]
    )
    assert (await ask(platform, supporter, SHOWN)).data == {"viewer": {"secondFactors": None}}
    provider = {"organizationId": tree.c1.id, "issuer": "https://idp.test", "clientId": "x", "clientSecret": "y",
                "emailDomains": ["c1.test"]}  # fmt: skip
    for document, given in (
        (ENROL, {}),
        (CONFIRM, {"code": "000000"}),
        (REGENERATE, {}),
        (REMOVE, {"method": "TOTP"}),
        (REMOVE_KEY, {"credentialId": "x"}),
        (SET, provider),
    ):
        answer = await ask(platform, supporter, document, input=given)
        (payload,) = answer.data.values()
        assert codes(payload) == ["FORBIDDEN_WHILE_ACTING"], document


async def test_a_repeated_request_shows_no_secret_again(platform: Platform) -> None:
    tree = await the_fixture(platform)
    enrolment = await done(tree.mia, ENROL, idempotencyKey="k1")
    assert enrolment["secret"] is not None
    again = await done(tree.mia, ENROL, idempotencyKey="k1")
    assert again == {"errors": [], "replayed": True, "secret": None, "otpauthUri": None}
    code = code_of_step(enrolment["secret"], platform.clock.now() // STEP)
    confirmed = await done(tree.mia, CONFIRM, code=code, idempotencyKey="k2")
    assert len(confirmed["recoveryCodes"]) == 10
    again = await done(tree.mia, CONFIRM, code=code, idempotencyKey="k2")
    assert again == {"errors": [], "replayed": True, "recoveryCodes": None}
    assert codes(await done(tree.mia, CONFIRM, code=code)) == ["SECOND_FACTOR_ALREADY_ENROLLED"]
    assert (await asked(tree.mia, SHOWN)).data == {"viewer": {"secondFactors": {"recoveryCodesLeft": 10}}}
    assert (await ask(platform, await credentials_of(tree.cora), SHOWN)).data["viewer"]["secondFactors"] == {
        "recoveryCodesLeft": 0
    }


async def test_codes_of_an_app_are_confirmed_only_after_enrolment(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.mia, CONFIRM, code="000000")) == ["SECOND_FACTOR_NOT_ENROLLED"]
    assert codes(await done(tree.mia, REGENERATE)) == ["SECOND_FACTOR_NOT_ENROLLED"]
    first = await done(tree.mia, ENROL)
    second = await done(tree.mia, ENROL)  # the telephone fell into the water before the code was typed
    step = platform.clock.now() // STEP
    assert codes(await done(tree.mia, CONFIRM, code=code_of_step(first["secret"], step))) == ["CODE_INVALID"]
    assert codes(await done(tree.mia, CONFIRM, code=code_of_step(second["secret"], step))) == []
