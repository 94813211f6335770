"""Queries and mutations of support sessions and consents. The rules are in tenants/support_*.py."""

from typing import Any

import strawberry

import tenants.support.support_due  # noqa: F401  registers what time does to sessions and consents
from core.refusals import refuse
from graph.resolvers.commands import or_none, run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.idempotency import optional_key
from graph.schema.scalars import Connection, UserError
from graph.schema.support import SupportConsent, SupportConsentFilter, SupportSession, SupportSessionFilter
from graph.sql.reads import entity, from_outcome, shown_once
from tenants.commands import Outcome
from tenants.support.support_answers import Named, approve_support_session, end_support_session, refuse_support_session
from tenants.support.support_consents import NewConsent, give_support_consent, revoke_support_consent
from tenants.support.support_opening import open_support_session, open_support_sessions
from tenants.support.support_rules import SupportAccess, SupportKind, SupportRequest
from tenants.unit_of_work import UnitOfWork


@strawberry.type
class SupportQueries:
    support_session: SupportSession | None = root_by_id("SupportSession", "sup", "One support session.")
    support_sessions: Connection[SupportSession] = root_connection(
        filter=SupportSessionFilter, description="All sessions in organizations that the viewer sees, newest first."
    )
    support_consents: Connection[SupportConsent] = root_connection(
        filter=SupportConsentFilter, description="All standing consents that the viewer sees, newest first."
    )


@strawberry.input(description="A session in one organization below, or the same asked of up to 25 (SUP-3).")
class OpenSupportSessionInput:
    organization_id: strawberry.ID | None = strawberry.UNSET
    organization_ids: list[strawberry.ID] | None = strawberry.UNSET
    kind: SupportKind
    member_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="LOGIN_AS: as whom.")
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="10 to 500 characters.")
    ticket: str | None = strawberry.field(default=strawberry.UNSET, description="1 to 64 characters.")
    minutes: int | None = strawberry.field(default=strawberry.UNSET, description="If not given as long as may be.")
    access: SupportAccess = SupportAccess.READ
    areas: list[str] = strawberry.field(default_factory=list, description="WRITE: the areas, such as accounts.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A session by its id, or by the token of its approval link.")
class AnswerSupportSessionInput:
    support_session_id: strawberry.ID | None = strawberry.UNSET
    token: str | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which session.")
class SupportSessionInput:
    support_session_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which consent.")
class SupportConsentInput:
    support_consent_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A standing consent for one organization above (SUP-4).")
class GiveSupportConsentInput:
    organization_id: strawberry.ID = strawberry.field(description="Inside which it lets.")
    supporter_organization_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whom it serves; if not given the seller of whoever consents."
    )
    kinds: list[SupportKind]
    days: int = strawberry.field(description="1 to 730: through the end of the day that many days ahead.")
    access: SupportAccess = SupportAccess.READ
    areas: list[str] = strawberry.field(default_factory=list, description="WRITE: the areas, such as accounts.")
    idempotency_key: str | None = optional_key()


@strawberry.type(description="What became of one organization that was asked: a session, or errors.")
class OpenSupportSessionResult:
    organization_id: strawberry.ID
    support_session_id: strawberry.ID | None
    errors: list[UserError]


@strawberry.type
class OpenSupportSessionPayload:
    errors: list[UserError]
    replayed: bool
    support_session: SupportSession | None = entity("supportSessionId", "The session, when one organization was asked.")
    token: str | None = shown_once(
        "token", "The token to act with, as a bearer token: shown this once. Until somebody approves: CONSENT_REQUIRED."
    )
    results: list[OpenSupportSessionResult] | None = from_outcome("results", "One per organization, in their order.")
    support_sessions: list[SupportSession] | None = entity("supportSessionIds", "Those that were opened or asked for.")
    tokens: list[str] | None = shown_once("tokens", "The tokens of `supportSessions`, in their order, shown this once.")


@strawberry.type
class SupportSessionPayload:
    errors: list[UserError]
    replayed: bool
    support_session: SupportSession | None = entity("supportSessionId")


@strawberry.type
class SupportConsentPayload:
    errors: list[UserError]
    replayed: bool
    support_consent: SupportConsent | None = entity("supportConsentId")


@strawberry.type
class SupportMutations:
    @strawberry.mutation(description="Act inside an organization below, at once or when it consents (SUP-1 to SUP-7).")
    async def open_support_session(
        self, info: strawberry.Info, input: OpenSupportSessionInput
    ) -> OpenSupportSessionPayload:
        return await run(info, input, lambda uow: _open(uow, input))

    @strawberry.mutation(description="Consent to a session that is asked for; the password given within 10 minutes.")
    async def approve_support_session(
        self, info: strawberry.Info, input: AnswerSupportSessionInput
    ) -> SupportSessionPayload:
        return await run(info, input, lambda uow: approve_support_session(uow, _named(input)))

    @strawberry.mutation(description="Say no to a session that is asked for.")
    async def refuse_support_session(
        self, info: strawberry.Info, input: AnswerSupportSessionInput
    ) -> SupportSessionPayload:
        return await run(info, input, lambda uow: refuse_support_session(uow, _named(input)))

    @strawberry.mutation(description="End a session: the next operation in it gets SUPPORT_SESSION_ENDED (SUP-10).")
    async def end_support_session(self, info: strawberry.Info, input: SupportSessionInput) -> SupportSessionPayload:
        return await run(info, input, lambda uow: end_support_session(uow, input.support_session_id))

    @strawberry.mutation(description="Let one organization in without asking, for some days (SUP-4).")
    async def give_support_consent(
        self, info: strawberry.Info, input: GiveSupportConsentInput
    ) -> SupportConsentPayload:
        new = NewConsent(
            input.organization_id, input.kinds, input.days, input.access, input.areas,
            or_none(input.supporter_organization_id),
        )  # fmt: skip
        return await run(info, input, lambda uow: give_support_consent(uow, new))

    @strawberry.mutation(description="End a standing consent, and every session that stands on it at once.")
    async def revoke_support_consent(self, info: strawberry.Info, input: SupportConsentInput) -> SupportConsentPayload:
        return await run(info, input, lambda uow: revoke_support_consent(uow, input.support_consent_id))


async def _open(uow: UnitOfWork, input: OpenSupportSessionInput) -> Outcome:
    request = SupportRequest(
        input.kind, or_none(input.reason), or_none(input.ticket), or_none(input.member_id), or_none(input.minutes),
        input.access, input.areas,
    )  # fmt: skip
    several, one = or_none(input.organization_ids), or_none(input.organization_id)
    if several is not None:
        named = several if one is None else [one, *several]
        return _answered(uow, await open_support_sessions(uow, named, request))
    if one is None:
        refuse("FIELD_REQUIRED", "Say in which organization.", ("organizationId",))
    return await open_support_session(uow, one, request)


def _named(input: AnswerSupportSessionInput) -> Named:
    named = Named(or_none(input.support_session_id), or_none(input.token))
    if named.session_id is None and named.token is None:
        refuse("FIELD_REQUIRED", "Name the session or its link's token.", ("supportSessionId",))
    return named


def _answered(uow: UnitOfWork, outcome: Outcome) -> Outcome:
    results: list[dict[str, Any]] = [{"supportSessionId": None, "errors": []} | each for each in outcome["results"]]
    ids = [each["supportSessionId"] for each in results if each["supportSessionId"] is not None]
    uow.shown_once["tokens"] = [uow.shown_once.pop(each) for each in ids]
    return {"results": results, "supportSessionIds": ids}
