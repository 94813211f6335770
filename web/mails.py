"""How mails leave this process: by the settings' SMTP server, or on a desk into a folder. Sends nothing itself."""

from core.mail import FolderMails, Mailer, SmtpMails
from core.settings import Settings
from tenants.notices import mail_delivery as mail_delivery  # makes the delivery known

DESK_ADDRESS = "tenantry@localhost.localdomain"


def mailer_of(settings: Settings) -> Mailer | None:
    """The mailer; None where nothing says how, which production refuses (web/production.py)."""
    public_url = settings.public_url or f"http://{settings.host}:{settings.port}"
    if settings.smtp_url is not None and settings.mail_from is not None:
        smtp = SmtpMails(settings.smtp_url.get_secret_value())
        return Mailer(smtp, settings.mail_from, public_url, settings.text_mail_domain)
    if settings.writes_mails:
        folder = FolderMails(settings.mail_folder)
        return Mailer(
            folder, settings.mail_from or DESK_ADDRESS, public_url, settings.text_mail_domain or "text.invalid"
        )
    return None
