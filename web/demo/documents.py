"""The documents of buyers whose seller asks for them (KYC-1): nearly all handed in and approved, a few never."""

from core.clock import EXACT_DAY, Instant
from tenants.kyc.kyc import NewDocument, decide_kyc, hand_in_kyc
from tenants.kyc.kyc_rules import KycStatus
from web.demo.people import Person, Stage

_DOCUMENTS = (NewDocument("BUSINESS_REGISTRATION", "Demo registration"),)
PRESET_THAT_ASKS = "myoperator"


def hands_in(number: int) -> bool:
    """Whether the customer with that number does; of the others the demo shows what KYC_OVERDUE means."""
    return number % 10 != 9


async def approve_documents(stage: Stage, buyer_id: str, by: Person, seller: Person, at: Instant) -> None:
    """One document, handed in a day after `at` and approved a day later."""
    await stage.act(by, at + EXACT_DAY, "handInKyc", lambda uow: hand_in_kyc(uow, buyer_id, _DOCUMENTS))
    await stage.act(
        seller, at + 2 * EXACT_DAY, "decideKyc", lambda uow: decide_kyc(uow, buyer_id, KycStatus.APPROVED, None)
    )
