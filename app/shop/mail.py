"""Mail to customers: by Amazon SES, or as files in a folder for a shop without AWS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError
from ulid import ULID

from shop.aws import Door, answering, code_of, session, settings
from shop.config import Config
from shop.problems import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
MAX_ADDRESS = 254  # Source: RFC 5321, 4.5.3.1.3, without the angle brackets
MAX_SUBJECT = 200
# What SES will say of the same mail tomorrow too. Source: Amazon SES API v2 Reference, SendEmail.
FINAL = frozenset({"BadRequestException", "MessageRejected"})


class MailRefused(Exception):
    """The mail can't be sent, however often it is tried: its address or its content is refused."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person, as text and as HTML. Raises: MailRefused for an address or a subject that can't be one.

    ``key`` is the same when a mail is handed over again that may have been handed over before: a folder keeps it once;
    SES knows no such thing and may send it twice.
    """

    to: str
    subject: str
    text: str
    html: str
    key: str | None = None

    def __post_init__(self) -> None:
        if len(self.to) > MAX_ADDRESS or ADDRESS.fullmatch(self.to) is None:
            raise MailRefused("the address is not one that mail can be sent to")
        if not 1 <= len(self.subject) <= MAX_SUBJECT or not self.subject.isprintable():
            raise MailRefused(f"the subject must be one line of 1 to {MAX_SUBJECT} characters")


class Mailer(Protocol):
    """Who sends mail."""

    def send(self, mail: Mail) -> None:
        """Hand the mail over. Raises: Unavailable if it may work later; MailRefused if it never will."""


class SesMailer:
    """Amazon SES in its second version."""

    def __init__(self, sender: str, client: Door[SESV2Client]) -> None:
        self._sender = sender
        self._client = client

    def send(self, mail: Mail) -> None:
        """See Mailer."""
        with answering("mail service"):
            try:
                self._client().send_email(
                    FromEmailAddress=self._sender,
                    Destination={"ToAddresses": [mail.to]},
                    Content={
                        "Simple": {
                            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                            "Body": {
                                "Text": {"Data": mail.text, "Charset": "UTF-8"},
                                "Html": {"Data": mail.html, "Charset": "UTF-8"},
                            },
                        }
                    },
                )
            except ClientError as error:
                if code_of(error) in FINAL:
                    raise MailRefused(f"the mail service refuses it: {code_of(error)}") from error
                raise


class FolderMailer:
    """A folder of .eml files, which mail programs open; the newest has the last name."""

    def __init__(self, sender: str, folder: Path) -> None:
        self._sender = sender
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """See Mailer."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        name = mail.key or str(ULID())
        draft = self._folder / f".{name}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(message.as_bytes())
            draft.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable("The shop can’t send mail now.", retry_after_seconds=5) from error


def open_mailer(config: Config) -> Mailer:
    """Return the mailer that the configuration names. Connects when it is first asked."""
    if config.mail_folder is not None:
        return FolderMailer(config.mail_from, config.mail_folder)

    def client() -> SESV2Client:
        return session().client(
            "sesv2", region_name=config.aws_region, endpoint_url=config.aws_endpoint_url, config=settings()
        )

    return SesMailer(config.mail_from, Door(client))
