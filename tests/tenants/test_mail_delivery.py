"""Mails leave once per message and address, to whom the rules say, in the name of the reader's seller (CON-2, 3)."""

import asyncio
import json
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from core.jobs import run_all_due, run_due_once
from core.mail import FolderMails, Mail, Mailer, MailRefused, SmtpMails
from tenants.brand.brand import Brand
from tenants.notices import mail_delivery as mail_delivery  # makes the delivery known
from tenants.notices.mail_texts import letter_of
from tenants.notices.mail_topics import SUBJECTS
from tenants.notices.recipients import Audience, addresses
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do
from tests.makers import Member, Organization, a_member
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.tenants.notice_table import every_event


@dataclass
class KeptMails:
    """A port that keeps what it gets; the addresses in `fails` fail as often as they are named, `refused` for good."""

    mails: list[Mail] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    refused: frozenset[str] = frozenset()

    async def send(self, mail: Mail) -> None:
        if mail.to in self.refused:
            raise MailRefused("550 no such mailbox")
        if mail.to in self.fails:
            self.fails.remove(mail.to)
            raise OSError("the server does not answer")
        self.mails.append(mail)


def mailing(platform: Platform, port: Any) -> Platform:
    """The same platform with a way for mails to leave."""
    return replace(platform, mails=Mailer(port, "noreply@tenantry.test", "https://console.test", "texts.test"))


async def send(who: Member, topic: str, about: Organization, **payload: Any) -> None:
    """A message about the organization, put into the outbox by a command."""

    async def act(uow: UnitOfWork) -> dict[str, Any]:
        uow.send(topic, about.id, payload, organization_id=about.id, path=about.path)
        return {}

    await do(who, act)


async def settle(platform: Platform) -> None:
    """Forget what the fixture itself put into the outbox."""
    async with platform_transaction(platform) as tx:
        await tx.execute("DELETE FROM outbox")


async def set_up(platform: Platform) -> tuple[Fixture, KeptMails, Platform]:
    """The tree with an empty outbox, and a port."""
    family, port = await the_fixture(platform), KeptMails()
    await settle(platform)
    return family, port, mailing(platform, port)


async def test_a_47_one_mail_per_address_however_it_is_written(platform: Platform) -> None:
    # given the billing e-mail FIN@c1.test and the ACCOUNTS contact fin@c1.test
    family, port, ready = await set_up(platform)
    fin = await a_member(platform, of=family.c1, name="fin", email="fin@c1.test")
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET billing_email = 'FIN@c1.test' WHERE id = $1", family.c1.id)
        await tx.execute("UPDATE member SET is_accounts_contact = $2 WHERE organization_id = $1", family.c1.id, False)
        await tx.execute("UPDATE member SET is_accounts_contact = $2 WHERE id = $1", fin.id, True)
    # when money is low
    await send(family.cora, "notice.low_money", family.c1, balance="3.00", currency="SGD", link="/wallet")
    await run_all_due(ready)
    # then one mail goes there
    [mail] = port.mails
    assert (mail.to, mail.sender_name) == ("FIN@c1.test", "R1")
    assert "Balance: 3.00" in mail.text and "https://console.test/wallet" in mail.text
    assert await run_all_due(ready) == 0


async def test_con_2_a_category_nobody_holds_falls_to_the_owner_then_to_the_seller(platform: Platform) -> None:
    family, _, _ = await set_up(platform)
    async with platform_transaction(platform) as tx:
        flags = "is_tech_contact = $2, is_accounts_contact = $2, is_general_contact = $2"
        await tx.execute(f"UPDATE member SET {flags} WHERE organization_id = $1", family.c1.id, False)
        await tx.execute(f"UPDATE member SET {flags} WHERE organization_id = $1", family.c2.id, False)
        assert await addresses(tx, family.c1.id, Audience.GENERAL) == (family.cora.email,)
        assert await addresses(tx, family.c2.id, Audience.GENERAL) == (family.ada.email,)
        await tx.execute("UPDATE member SET is_general_contact = $2 WHERE id = $1", family.mia.id, True)
        assert await addresses(tx, family.c1.id, Audience.GENERAL) == (family.mia.email,)
        assert await addresses(tx, family.c1.id, Audience.SERVICE) == (family.cora.email,)
        assert await addresses(tx, family.c1.id, Audience.LEADERS) == (family.cora.email, family.dan.email)


async def test_what_fails_is_tried_again_and_nobody_gets_it_twice(platform: Platform, clock: Any) -> None:
    family, port, ready = await set_up(platform)
    port.fails = [str(family.dan.email)]
    await send(family.cora, "notice.api_key_ends", family.c1)  # cora and dan
    await run_all_due(ready)
    assert [mail.to for mail in port.mails] == [family.cora.email]
    clock.advance_to(clock.now() + 60_000_000)
    await run_all_due(ready)
    assert [mail.to for mail in port.mails] == [family.cora.email, family.dan.email]


async def test_a_crash_after_sending_repeats_at_most_that_one_mail(platform: Platform) -> None:
    # given a message for two, of whom the first has had it
    family, port, ready = await set_up(platform)
    await send(family.cora, "notice.api_key_ends", family.c1)
    assert await run_due_once(ready)
    # when the second mail left but the note of it is lost
    assert await run_due_once(ready)
    async with platform_transaction(platform) as tx:
        await tx.execute("DELETE FROM mail_delivery WHERE address_folded = $1", family.dan.email)
        await tx.execute("UPDATE outbox SET done_at = NULL, lease_until_at = NULL")
    await run_all_due(ready)
    # then that one alone is repeated, under the same id
    assert [mail.to for mail in port.mails] == [family.cora.email, family.dan.email, family.dan.email]
    assert port.mails[1].id == port.mails[2].id


async def test_a_mailbox_that_never_takes_it_does_not_hold_up_the_others(platform: Platform) -> None:
    family, port, ready = await set_up(platform)
    port.refused = frozenset({str(family.cora.email)})
    await send(family.cora, "notice.api_key_ends", family.c1)
    await run_all_due(ready)
    assert [mail.to for mail in port.mails] == [family.dan.email]
    async with platform_transaction(platform) as tx:
        states = await tx.fetch("SELECT state, error FROM mail_delivery ORDER BY state")
        assert [row["state"] for row in states] == ["FAILED", "SENT"]
        assert (await tx.fetch("SELECT done_at FROM outbox"))[0]["done_at"] is not None


async def test_a_link_goes_to_its_owner_alone_and_is_forgotten_afterwards(platform: Platform) -> None:
    family, port, ready = await set_up(platform)
    own = {"to": family.cora.email, "token": "a-secret", "path": "/reverse-deletion"}
    await send(family.cora, "notice.deletion_requested", family.c1, organization="C1", ownerLink=own, link="/o")
    await send(family.cora, "mail.invitation", family.c1, to="new@c1.test", organization="C1", token="other-secret")
    await run_all_due(ready)
    by_address = {mail.to: mail for mail in port.mails}
    assert "https://console.test/reverse-deletion?token=a-secret" in by_address[str(family.cora.email)].text
    assert "https://console.test/invitation?token=other-secret" in by_address["new@c1.test"].text
    assert all(
        "secret" not in mail.text for to, mail in by_address.items() if to not in (family.cora.email, "new@c1.test")
    )
    async with platform_transaction(platform) as tx:
        stored = [row["payload"] for row in await tx.fetch("SELECT payload FROM outbox")]
    assert not any("secret" in payload for payload in stored)
    assert {json.loads(payload).get("token") for payload in stored} == {None, "***"}


async def test_without_a_way_out_mails_wait(platform: Platform) -> None:
    family, _, _ = await set_up(platform)
    await send(family.cora, "notice.low_money", family.c1)
    assert await run_all_due(platform) == 0


async def test_a_code_to_a_phone_leaves_by_the_gateway(platform: Platform) -> None:
    family, port, ready = await set_up(platform)
    await send(family.cora, "text.owner_code", family.c1, to="+65 9123 4567", code="123456", organization="C1")
    await run_all_due(ready)
    assert (port.mails[0].to, "123456" in port.mails[0].text) == ("6591234567@texts.test", True)


class _Server:
    """A mail server that keeps what it gets and refuses one address for good."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.got.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        return "250 OK"


def a_mail(to: str, **given: Any) -> Mail:
    """A mail with marks in every language."""
    text = {"subject": "Grüße", "text": "Žluťoučký\n", "html": "<p>x</p>"} | given
    return Mail("obx_1-ab", "Nörthline, Ltd", "noreply@tenantry.test", to, **text)


async def test_smtp_takes_a_mail_and_tells_what_it_never_takes() -> None:
    server = _Server()
    here = await asyncio.get_running_loop().create_server(lambda: SMTP(server), "127.0.0.1", 0)
    async with here:
        port = SmtpMails(f"smtp://127.0.0.1:{here.sockets[0].getsockname()[1]}")
        await port.send(a_mail("fin@c1.test"))
        with pytest.raises(MailRefused):
            await port.send(a_mail("nobody@c1.test"))
        with pytest.raises(MailRefused):
            await port.send(a_mail("no address"))
    [content] = server.got
    read = message_from_bytes(content, policy=policy.default)
    assert (read["To"], read["Subject"]) == ("fin@c1.test", "Grüße")
    assert read["From"].addresses[0].display_name == "Nörthline, Ltd"


async def test_a_folder_keeps_one_file_per_mail(tmp_path: Path) -> None:
    port = FolderMails(str(tmp_path / "mails"))
    await port.send(a_mail("fin@c1.test"))
    await port.send(a_mail("fin@c1.test"))
    [file] = (tmp_path / "mails").iterdir()
    assert file.name == "obx_1-ab.eml"


def test_a_letter_escapes_what_people_type_and_needs_no_text_of_its_own() -> None:
    payload = {"organization": "<b>Acme</b>\r\nBcc: x", "whatStops": ["sign-in", "calls"], "subscriptionId": "sub_1",
               "until": 1_770_000_000_000_000, "link": "javascript:alert(1)"}  # fmt: skip
    letter = letter_of("notice.number_release", payload, Brand("North & Line"), "https://console.test")
    assert letter.subject == "Number release"
    assert "What stops: sign-in, calls\nUntil: 2026-02-02 02:40 UTC" in letter.text
    assert "sub_1" not in letter.text and "javascript" not in letter.text
    assert "North &amp; Line" in letter.html
    known = letter_of("notice.suspended", payload, Brand("N"), "https://console.test")
    assert known.subject == "<b>Acme</b> Bcc: x is suspended"
    assert "&lt;b&gt;Acme" in known.html


def test_every_notice_has_a_subject_and_a_sentence_of_its_own() -> None:
    assert {each.topic for each in every_event()} <= set(SUBJECTS)
    asked = letter_of("notice.support_session_asked", {"supporter": "Sue"}, Brand("N"), "https://console.test")
    assert asked.subject == "Support asks to act inside your organization"
    assert asked.text.startswith("Sue asks to act inside your organization.")
