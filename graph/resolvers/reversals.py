"""`reverseTransaction`. The rules are in billing/reversals.py."""

import strawberry

from billing.reversals import reverse_transaction
from graph.resolvers.commands import run, written
from graph.schema.idempotency import required_key
from graph.schema.money import LedgerTransaction
from graph.schema.scalars import UserError
from graph.sql.reads import entity


@strawberry.input(description="Which posting was wrong (MON-23).")
class ReverseTransactionInput:
    ledger_transaction_id: strawberry.ID
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="Shown to the buyer.")
    idempotency_key: str = required_key()


@strawberry.type
class ReverseTransactionPayload:
    errors: list[UserError]
    replayed: bool
    ledger_transactions: list[LedgerTransaction] | None = entity(
        "ledgerTransactionIds", "The opposite postings of the sale, those that the viewer sees."
    )


@strawberry.type
class ReversalMutations:
    @strawberry.mutation(
        description="Post the exact opposite of a transaction, and of all others of its sale, once. Subscriptions "
        "keep their state (MON-23)."
    )
    async def reverse_transaction(
        self, info: strawberry.Info, input: ReverseTransactionInput
    ) -> ReverseTransactionPayload:
        comment = written(input.comment)
        return await run(info, input, lambda uow: reverse_transaction(uow, input.ledger_transaction_id, comment))
