"""How many previews and jobs there may be at once (BAT-58). Counted over the whole seller, one counter at a time."""

from core.refusals import refuse
from core.transaction import fetch_one, fetch_value
from tenants.unit_of_work import UnitOfWork

MAX_OPEN_PREVIEWS, MAX_JOBS = 20, 5


async def check_open_previews(uow: UnitOfWork, seller_id: str, own_id: str) -> None:
    """Refuses TOO_MANY_PREVIEWS when the seller has 20 besides the own one that are neither confirmed nor over.

    Asked when the preview is made, so that the others of the seller wait for its last moment only."""
    async with uow.as_platform("BAT-58: previews are counted per seller"):
        await one_at_a_time(uow, seller_id)
        open_previews = await fetch_value(
            uow.tx,
            "SELECT count(*) FROM batch_update u WHERE u.seller_id = $1 AND u.state = 'AWAITING_CONFIRMATION' "
            "AND u.expires_at > $2 AND u.id <> $3",
            seller_id, uow.now, own_id,
        )  # fmt: skip
    if open_previews >= MAX_OPEN_PREVIEWS:
        message = f"The seller has {MAX_OPEN_PREVIEWS} previews open: confirm or cancel one."
        refuse("TOO_MANY_PREVIEWS", message, maximum=MAX_OPEN_PREVIEWS)


async def check_running_jobs(uow: UnitOfWork, batch_id: str, seller_id: str) -> None:
    """Refuses OPERATION_IN_PROGRESS with the id of the batch's own job, then TOO_MANY_JOBS at 5 of the seller."""
    async with uow.as_platform("BAT-58: jobs are counted per seller"):
        await one_at_a_time(uow, seller_id)
        running = await uow.tx.fetch(
            "SELECT u.id, u.batch_id FROM batch_update u WHERE u.seller_id = $1 "
            "AND u.state IN ('QUEUED', 'RUNNING', 'CANCELLING')",
            seller_id,
        )
    own = next((row["id"] for row in running if row["batch_id"] == batch_id), None)
    if own is not None:
        refuse("OPERATION_IN_PROGRESS", "Another operation on this batch is running.", batch_update_id=own)
    if len(running) >= MAX_JOBS:
        refuse("TOO_MANY_JOBS", f"The seller has {MAX_JOBS} jobs running.", maximum=MAX_JOBS)


async def one_at_a_time(uow: UnitOfWork, organization_id: str) -> None:
    """Whoever counts for an organization waits for the others, in the platform's sight; SQLite has one writer."""
    if uow.tx.dialect == "postgres":
        await fetch_one(uow.tx, "SELECT o.id FROM organization o WHERE o.id = $1 FOR NO KEY UPDATE", organization_id)
