"""The people of the demo, who all have one password, and acting in their names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.clock import Instant
from core.ids import new_id
from core.transaction import Transaction, fetch_one, insert
from tenants.actor import Actor, Credentials
from tenants.commands import Outcome
from tenants.names import folded_email
from tenants.permissions import SIGNED_IN, Role
from tenants.sign_in.passwords import HASHER
from tenants.unit_of_work import UnitOfWork

PASSWORD = "open sesame please"
SIGN_IN_NAMES = (
    ("ada@skyline.example", "OWNER of Skyline, a reseller with B3Networks' rules"),
    ("bill@skyline.example", "BILLING of Skyline"),
    ("sue@skyline.example", "SUPPORT of Skyline"),
    ("nora@north.example", "OWNER of Skyline North, a reseller below Skyline"),
    ("asha@bharat.example", "OWNER of Bharat Voice, a reseller with MyOperator's rules"),
    ("ravi@heyo.example", "OWNER of Heyo Desk, a reseller with Heyo's rules"),
    ("carl@cards.example", "OWNER of Card House, prepaid cards with PortaBilling's rules"),
    ("cora@acme.example", "OWNER of Acme, a customer of Skyline"),
    ("olga@operator.example", "OWNER of the operator"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """An owner in whose name the demo acts."""

    organization_id: str
    organization_name: str
    kind: str
    path: str
    member_id: str
    user_id: str | None


class Stage:
    """One transaction in which many people act, each at a time of their own."""

    def __init__(self, tx: Transaction, now: Instant) -> None:
        self.tx = tx
        self.now = now
        self._hash = HASHER.hash(PASSWORD)

    async def act(
        self, who: Person, at: Instant, action: str, command: Callable[[UnitOfWork], Awaitable[Outcome]]
    ) -> Outcome:
        """Carry a command out as the owner, as if it were `at`."""
        actor = Actor(
            who.organization_id, who.organization_name, who.kind, who.path, Role.OWNER, SIGNED_IN, "Demo",
            who.user_id, who.member_id, password_at=self.now,
        )  # fmt: skip
        uow = UnitOfWork(self.tx, actor, Credentials(None, client="demo"), at, at, action, platform_depth=1)
        outcome = await command(uow)
        await uow.flush()
        return outcome

    async def person(self, member_id: str) -> Person:
        """The member with that id."""
        row = await fetch_one(
            self.tx,
            "SELECT m.user_id, o.id, o.name, o.kind, o.path FROM member m JOIN organization o "
            "ON o.id = m.organization_id WHERE m.id = $1",
            member_id,
        )
        assert row is not None
        return Person(row["id"], row["name"], row["kind"], row["path"], member_id, row["user_id"])

    async def let_in(self, member_id: str) -> Person:
        """Accept a member's invitation with the demo's password."""
        row = await fetch_one(
            self.tx,
            "SELECT email FROM member WHERE id = $1",
            member_id,
        )
        assert row is not None and row["email"] is not None
        user_id = new_id("usr")
        await insert(
            self.tx, "users", id=user_id, email=row["email"], email_folded=folded_email(row["email"]),
            password_hash=self._hash, password_at=self.now, created_at=self.now,
        )  # fmt: skip
        await self.tx.execute(
            "UPDATE member SET invitation = 'ACCEPTED', user_id = $2 WHERE id = $1", member_id, user_id
        )
        await self.tx.execute("UPDATE invitation SET state = 'USED' WHERE member_id = $1", member_id)
        return await self.person(member_id)
