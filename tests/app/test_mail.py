"""Mail reaches one person, as text and HTML; what can't be sent is told from what may be sent later."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest
from urllib3 import PoolManager

from app_support.aws import REGION, Cloud
from shop.config import Config
from shop.mail import FolderMailer, Mail, Mailer, MailRefused, open_mailer
from shop.problems import Unavailable

SENDER = "Shop <shop@shop.test>"
MAIL = Mail("ada@example.com", "Your order — thank you", "Thank you, Ada", "<p>Thank you, <b>Ada</b></p>")


def by_ses(aws: Cloud, config: Config, endpoint: str | None = None) -> Mailer:
    changes = {"mail_folder": None, "mail_from": SENDER, "aws_region": REGION, "aws_endpoint_url": endpoint or aws.url}
    return open_mailer(config.model_copy(update=changes))


def test_ses_gets_the_mail_whole(aws: Cloud, config: Config) -> None:
    aws.client("sesv2").create_email_identity(EmailIdentity="shop@shop.test")
    by_ses(aws, config).send(MAIL)
    sent = PoolManager().request("GET", f"{aws.url}/moto-api/data.json").json()["ses"]["Message"]
    assert len(sent) == 1


def test_an_address_that_ses_does_not_let_send_is_refused_for_good(aws: Cloud, config: Config) -> None:
    mailer = open_mailer(
        config.model_copy(
            update={
                "mail_folder": None,
                "mail_from": "nobody@else.test",
                "aws_region": REGION,
                "aws_endpoint_url": aws.url,
            }
        )
    )
    with pytest.raises(MailRefused, match="MessageRejected"):
        mailer.send(MAIL)


def test_a_mail_service_that_is_away_is_unavailable(aws: Cloud, config: Config) -> None:
    with pytest.raises(Unavailable):
        by_ses(aws, config, "http://127.0.0.1:9").send(MAIL)


def test_a_folder_gets_files_that_mail_programs_open_in_their_order(tmp_path: Path) -> None:
    mailer = FolderMailer(SENDER, tmp_path / "mail")
    mailer.send(MAIL)
    mailer.send(Mail("bob@example.com", "Second", "text", "<p>html</p>"))
    first, second = (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in sorted((tmp_path / "mail").iterdir())
    )
    assert (first["From"], first["To"], first["Subject"]) == (SENDER, MAIL.to, MAIL.subject)
    assert [part.get_content().strip() for part in first.iter_parts()] == [MAIL.text, MAIL.html]
    assert second["Subject"] == "Second"


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "@example.com", "ada@example.com\nBcc: all@example.com", "ada@example.com, bob@example.com",
     "Ada <ada@example.com>", "a" * 250 + "@example.com"],
)  # fmt: skip
def test_what_is_not_one_address_is_refused(to: str) -> None:
    with pytest.raises(MailRefused):
        Mail(to, "Subject", "text", "html")


@pytest.mark.parametrize("subject", ["", "Hello\r\nBcc: all@example.com", "x" * 201])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(MailRefused):
        Mail("ada@example.com", subject, "text", "html")
