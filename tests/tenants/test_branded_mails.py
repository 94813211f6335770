"""Mails in the name of the reader's seller, with links to its proven domain (WL-2)."""

from core.jobs import run_all_due
from tenants.sign_in import password_reset as password_reset  # makes the job known
from tenants.sign_in.password_reset import ask_for_reset
from tenants.unit_of_work import Platform
from tests.makers import a_member
from tests.makers_brand import a_brand, a_proven_domain
from tests.tenants.test_mail_delivery import send, set_up, settle


async def test_wl_2_a_mail_has_the_brand_s_name_links_and_reply_address(platform: Platform) -> None:
    tree, port, mailing = await set_up(platform)
    await a_brand(tree.ada, brandName="Northline", supportEmail="help@northline.test")
    await a_proven_domain(tree.ada, "d1.test")
    await settle(platform)
    for who, about in ((tree.ada, tree.c1), (tree.r1a.someone, tree.c3), (tree.olga, tree.r1)):
        await send(who, "mail.invitation", about, to="new@c.test", organization=about.name, token="secret-1")
    await run_all_due(mailing)
    branded, plain, own = port.mails
    assert (branded.sender_name, branded.reply_to) == ("Northline", "help@northline.test")
    assert "https://d1.test/invitation?token=secret-1" in branded.text
    assert "https://d1.test/invitation?token=secret-1" in branded.html
    assert "Support: help@northline.test" in branded.text
    assert (plain.sender_name, plain.reply_to) == ("R1a", None)
    assert "https://console.test/invitation?token=secret-1" in plain.text
    assert (own.sender_name, own.reply_to) == ("Tenantry", None)  # R1's own people see the operator's


async def test_wl_4_a_forgotten_password_is_mailed_for_the_domain_it_was_asked_at(platform: Platform) -> None:
    tree, port, mailing = await set_up(platform)
    await a_member(platform, of=tree.c4, name="carla", email="both@c.test")
    await a_member(platform, of=tree.c1, name="carla", email="both@c.test")
    await a_proven_domain(tree.ada, "d1.test")
    await settle(platform)

    async def mailed(email: str, site_path: str | None) -> list[str]:
        port.mails.clear()
        await ask_for_reset(platform, email, site_path)
        await run_all_due(mailing)
        return [line for mail in port.mails for line in mail.text.split() if line.startswith("https://")]

    [link] = await mailed("both@c.test", tree.r1.path)
    assert link.startswith("https://d1.test/password-reset?token=")
    [link] = await mailed("both@c.test", None)
    assert link.startswith("https://console.test/password-reset?token=")
    assert await mailed(str(tree.c4.someone.email), tree.r1.path) == []
