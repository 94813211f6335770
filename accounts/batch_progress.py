"""Whether a batch update still moves, for those who watch it. Changes nothing."""

from accounts.batch_confirm import state_expression
from accounts.job_states import FINISHED, JobState
from core.transaction import fetch_value
from tenants.unit_of_work import UnitOfWork

STANDING_STILL = FINISHED | {JobState.EXPIRED}


async def stands_still(uow: UnitOfWork, batch_update_id: str) -> bool:
    """The job has ended, its preview has expired, or the reader does not see it (any more)."""
    state = await fetch_value(
        uow.tx,
        f"SELECT {state_expression('j', '$5')} FROM batch_update j WHERE j.id = $4 "
        f"AND {uow.visible('j', 'batch_update')}",
        *uow.scope, batch_update_id, uow.now,
    )  # fmt: skip
    return state is None or JobState(state) in STANDING_STILL
