"""What the worker does for accounts: letters about signing up and about forgotten passwords, and forgetting people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from shop.accounts.people import ERASED, PASSWORD_LINK, SIGNED_UP
from shop.mail import Mail, MailRefused
from shop.outbox.outbox import Delivery, Hopeless
from shop.shop import Shop

NAME = "Ambry"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says, and the page that it leads to."""

    subject: str
    paragraphs: tuple[str, ...]
    path: str


WELCOME = Letter(
    f"Your account at {NAME}",
    ("there is an account for this address now. Sign in to it with the password that you chose.",
     "If it was not you who made it, choose another password, and it is yours alone:"),
    "/forgotten",
)  # fmt: skip
KNOWN = Letter(
    f"You have an account at {NAME}",
    ("somebody, perhaps you, just wanted to make an account for this address. There is one already; nothing changed.",
     "If you forgot the password, choose another one. If it was not you, there is nothing to do."),
    "/forgotten",
)  # fmt: skip
FORGOTTEN = Letter(
    "Choose another password",
    ("with this link you choose another password. It works once, and for an hour.",
     "If you did not ask for it, there is nothing to do: the password is what it was."),
    "/new-password?link=",
)  # fmt: skip


def handlers(shop: Shop) -> Mapping[str, Callable[[Delivery], None]]:
    """Return what to do, by topic. Each raises Unavailable if it may work later, Hopeless if it never will."""

    def send(letter: Letter, delivery: Delivery, further: str = "") -> None:
        link = f"{shop.config.public_url}{letter.path}{further}"
        try:
            shop.mailer.send(write(letter, delivery.payload["login"], link, delivery.key))
        except MailRefused as error:
            raise Hopeless(str(error)) from error

    def about_signing_up(delivery: Delivery) -> None:
        send(WELCOME if delivery.payload["is_new"] else KNOWN, delivery)

    def about_the_password(delivery: Delivery) -> None:
        link = shop.accounts.password_link(delivery.payload["login"])
        if link is not None:
            send(FORGOTTEN, delivery, link)

    def forget(delivery: Delivery) -> None:
        shop.pictures.remove_portrait(delivery.payload["account_id"])
        shop.reviews.forget(delivery.payload["account_id"])

    return {SIGNED_UP: about_signing_up, PASSWORD_LINK: about_the_password, ERASED: forget}


def write(letter: Letter, to: str, link: str, key: str) -> Mail:
    """Return the mail, as text and as HTML. Pure. Raises: MailRefused if no mail can go to the address."""
    paragraphs = ("Hello,", *letter.paragraphs, link, NAME)
    marked = [f'<a href="{escape(text)}">{escape(text)}</a>' if text == link else escape(text) for text in paragraphs]
    html = "".join(f"<p>{text}</p>\n" for text in marked)
    title = escape(letter.subject)
    return Mail(
        to=to,
        subject=letter.subject,
        text="\n\n".join(paragraphs) + "\n",
        html=f'<!doctype html>\n<html lang="en">\n<title>{title}</title>\n<body>\n{html}</body>\n</html>\n',
        key=key,
    )
