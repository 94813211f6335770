"""The page that shows a desk's mails; a production has none."""

from pathlib import Path

from core.mail import FolderMails, Mail
from tests.web.application import SECRET, running


async def test_the_page_shows_mails_with_their_links_and_no_foreign_markup(database_url: str, tmp_path: Path) -> None:
    link = "https://console.test/invitation?token=abc"
    mail = Mail("obx_1", "North", "a@b.test", "fin@c1.test", "Hello <b>", f"Go: {link}\n", "<p>x</p>")
    async with running(database_url, mail_folder=str(tmp_path / "mails")) as client:
        assert "None yet" in (await client.get("/dev/mails")).text
        await FolderMails(str(tmp_path / "mails")).send(mail)
        page = await client.get("/dev/mails")
    assert f'<a href="{link}">{link}</a>' in page.text
    assert "To: fin@c1.test" in page.text and "Hello &lt;b&gt;" in page.text


async def test_a_production_shows_no_mails(database_url: str) -> None:
    async with running(database_url, env="production", secret=SECRET) as client:
        assert (await client.get("/dev/mails")).status_code == 404
