"""Coming in by e-mail and password, and what asks for the password once more. All of it counts attempts."""

from __future__ import annotations

from shop.accounts.passwords import check_new
from shop.accounts.people import Visitor
from shop.accounts.visitor import sign_in, sign_out
from shop.limits import MAILS_TO, SIGN_INS_FROM_ADDRESS, SIGN_INS_TO_ACCOUNT, SIGN_UPS
from shop.problems import NotFound
from shop.shop import current_shop
from shop.web.limits import spend


def sign_up(email: str, password: str, name: str) -> None:
    """Make an account, unless the e-mail has one; the caller can't tell.

    Raises: NotFound where Cognito keeps the passwords; TooMany; Invalid; WritesRefused; Unavailable.
    """
    check_for_passwords()
    shop = current_shop()
    spend(SIGN_UPS)
    check_new(password, email)  # before the letter is counted: people try until they find one
    shop.limits.spend(MAILS_TO, email)
    shop.accounts.sign_up(email, password, name)


def sign_in_by_password(email: str, password: str) -> Visitor:
    """Sign in whom e-mail and password belong to.

    Raises: NotFound where Cognito keeps the passwords; TooMany; SignInRefused; WritesRefused; Unavailable.
    """
    check_for_passwords()
    shop = current_shop()
    spend(SIGN_INS_FROM_ADDRESS)
    shop.limits.spend(SIGN_INS_TO_ACCOUNT, email)  # before the password is checked: many at once gain nothing
    account_id = shop.accounts.by_password(email, password)
    shop.limits.forgive(SIGN_INS_TO_ACCOUNT, email)
    return sign_in(account_id)


def send_password_link(email: str) -> None:
    """Send a link to choose another password with; the caller can't tell whether anybody got one.

    Raises: NotFound where Cognito keeps the passwords; TooMany; WritesRefused; Unavailable.
    """
    check_for_passwords()
    shop = current_shop()
    spend(SIGN_UPS)
    shop.limits.spend(MAILS_TO, email)
    shop.accounts.send_password_link(email)


def choose_password(link: str, new: str) -> None:
    """Change the password of whoever was sent the link; everybody is signed out, and has to sign in with the new one.

    Raises: NotFound where Cognito keeps the passwords; TooMany; Forbidden; Invalid; WritesRefused; Unavailable.
    """
    check_for_passwords()
    spend(SIGN_INS_FROM_ADDRESS)
    current_shop().accounts.choose_password(link, new)


def change_password(account_id: str, current: str, new: str) -> None:
    """Change the password: this browser gets a new session, all others are signed out.

    Raises: TooMany; SignInRefused; Invalid; Conflict; WritesRefused; Unavailable.
    """
    shop = current_shop()
    shop.limits.spend(SIGN_INS_TO_ACCOUNT, account_id)
    shop.accounts.change_password(account_id, current, new)
    shop.limits.forgive(SIGN_INS_TO_ACCOUNT, account_id)
    sign_in(account_id)


def erase(account_id: str, password: str) -> None:
    """Delete the account and sign out everywhere. Raises: TooMany; SignInRefused; WritesRefused; Unavailable."""
    shop = current_shop()
    shop.limits.spend(SIGN_INS_TO_ACCOUNT, account_id)
    shop.accounts.erase(account_id, password)
    sign_out()


def check_for_passwords() -> None:
    """Raises: NotFound where people sign in by Cognito, which keeps their passwords."""
    if current_shop().cognito is not None:
        raise NotFound("People sign in to this shop by its sign-in service.")
