"""Sessions and accounts as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from apiflask import APIBlueprint
from flask import Response
from pydantic import TypeAdapter

from shop.accounts import entrance
from shop.accounts.export import EVERYTHING, everything_of
from shop.accounts.forms import (
    AddressForm,
    EraseForm,
    ForgottenForm,
    NewPasswordForm,
    PasswordForm,
    ProfileForm,
    SignInForm,
    SignUpForm,
)
from shop.accounts.people import Address, Profile, Visitor
from shop.accounts.sessions import Session
from shop.accounts.visitor import own_account, sign_out, visitor
from shop.shop import current_shop
from shop.web.openapi import answers

api = APIBlueprint("accounts_api", __name__, url_prefix="/api")


@dataclass(frozen=True, slots=True)
class Next:
    """Where to go on."""

    next: str


VISITOR = TypeAdapter(Visitor)
PROFILE = TypeAdapter(Profile)
ADDRESS = TypeAdapter(Address)
ADDRESSES = TypeAdapter(tuple[Address, ...])
SESSIONS = TypeAdapter(tuple[Session, ...])
NEXT = TypeAdapter(Next)


@api.get("/session")
@answers(VISITOR)
def session() -> Response:
    """Return who is asking; all is null for somebody without an account."""
    return _json(VISITOR.dump_json(visitor()))


@api.post("/session")
@api.input(SignInForm, location="json", arg_name="body")
@answers(VISITOR)
def begin_session(body: SignInForm) -> Response:
    """Sign in by e-mail and password; the session is in the cookie."""
    return _json(VISITOR.dump_json(entrance.sign_in_by_password(body.email, body.password)))


@api.delete("/session")
@answers(status=204)
def end_session() -> Response:
    """Sign out."""
    sign_out()
    return _nothing()


@api.post("/accounts")
@api.input(SignUpForm, location="json", arg_name="body")
@answers(NEXT, status=202)
def new_account(body: SignUpForm) -> Response:
    """Make an account, to sign in to afterwards. The answer is the same for an e-mail that has one."""
    entrance.sign_up(body.email, body.password, body.name)
    return Response(b'{"next":"/api/session"}', status=202, content_type="application/json")


@api.post("/password-links")
@api.input(ForgottenForm, location="json", arg_name="body")
@answers(NEXT, status=202)
def send_password_link(body: ForgottenForm) -> Response:
    """Send a link to choose another password. The answer is the same for an e-mail without an account."""
    entrance.send_password_link(body.email)
    return Response(b'{"next":"/api/passwords"}', status=202, content_type="application/json")


@api.post("/passwords")
@api.input(NewPasswordForm, location="json", arg_name="body")
@answers(status=204)
def choose_password(body: NewPasswordForm) -> Response:
    """Change the password of whoever was sent the link."""
    entrance.choose_password(body.link, body.password)
    return _nothing()


@api.get("/account")
@answers(PROFILE)
def account() -> Response:
    """Return the visitor's account."""
    return _json(PROFILE.dump_json(current_shop().accounts.profile(own_account())))


@api.patch("/account")
@api.input(ProfileForm, location="json", arg_name="body")
@answers(PROFILE)
def change_account(body: ProfileForm) -> Response:
    """Change the visitor's account."""
    accounts, account_id = current_shop().accounts, own_account()
    accounts.rename(account_id, body.name)
    return _json(PROFILE.dump_json(accounts.profile(account_id)))


@api.delete("/account")
@api.input(EraseForm, location="json", arg_name="body")
@answers(status=204)
def delete_account(body: EraseForm) -> Response:
    """Delete the visitor's account."""
    entrance.erase(own_account(), body.password)
    return _nothing()


@api.get("/account/export")
@answers(EVERYTHING)
def export() -> Response:
    """Return all that the shop keeps of the visitor."""
    return _json(everything_of(own_account()))


@api.post("/account/password")
@api.input(PasswordForm, location="json", arg_name="body")
@answers(status=204)
def change_password(body: PasswordForm) -> Response:
    """Change the password; all other browsers are signed out."""
    entrance.change_password(own_account(), body.current_password, body.password)
    return _nothing()


@api.get("/account/addresses")
@answers(ADDRESSES)
def addresses() -> Response:
    """Return the visitor's addresses."""
    return _json(ADDRESSES.dump_json(current_shop().accounts.addresses(own_account())))


@api.post("/account/addresses")
@api.input(AddressForm, location="json", arg_name="body")
@answers(ADDRESS, status=201)
def add_address(body: AddressForm) -> Response:
    """Keep a new address."""
    kept = current_shop().accounts.add_address(own_account(), body.address())
    return _json(ADDRESS.dump_json(kept), status=201)


@api.put("/account/addresses/<ulid:address_id>")
@api.input(AddressForm, location="json", arg_name="body")
@answers(ADDRESS)
def change_address(address_id: str, body: AddressForm) -> Response:
    """Change an address."""
    changed = body.address(address_id)
    current_shop().accounts.change_address(own_account(), changed)
    return _json(ADDRESS.dump_json(changed))


@api.delete("/account/addresses/<ulid:address_id>")
@answers(status=204)
def remove_address(address_id: str) -> Response:
    """Drop an address."""
    current_shop().accounts.remove_address(own_account(), address_id)
    return _nothing()


@api.get("/account/sessions")
@answers(SESSIONS)
def sessions() -> Response:
    """Return where the visitor's account is signed in."""
    return _json(SESSIONS.dump_json(current_shop().sessions.of(own_account())))


@api.delete("/account/sessions")
@answers(status=204)
def end_sessions() -> Response:
    """Sign the visitor's account out everywhere, also here."""
    current_shop().sessions.end_of(own_account())
    sign_out()
    return _nothing()


@api.delete("/account/sessions/<ulid:session_id>")
@answers(status=204)
def end_other_session(session_id: str) -> Response:
    """Sign the visitor's account out in one place."""
    current_shop().sessions.end_of(own_account(), only=session_id)
    return _nothing()


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status=status, content_type="application/json")


def _nothing() -> Response:
    return Response(status=204)
