"""The pages of what people keep with the shop: profile, addresses, password, sessions, and the ways out."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, render_template, request

from shop.accounts import entrance
from shop.accounts.answers import NONE, Answer, Errors, again, to
from shop.accounts.export import everything_of
from shop.accounts.forms import AddressForm, EraseForm, PasswordForm, ProfileForm, filled_in
from shop.accounts.service import SignInRefused
from shop.accounts.visitor import own_account, visitor
from shop.pricing.countries import COUNTRIES
from shop.problems import Conflict, Invalid
from shop.shop import current_shop

pages = APIBlueprint("account", __name__, url_prefix="/account", enable_openapi=False)
CHOICES = tuple((country.code, country.name) for country in COUNTRIES.values())


@pages.get("")
def profile_page() -> Answer:
    """Show who the account belongs to."""
    return _profile_form()


@pages.post("")
def submit_profile() -> Answer:
    """Keep another name."""
    account_id = own_account()
    try:
        sent = filled_in(ProfileForm, request.form)
    except Invalid as problem:
        return again(problem, _profile_form)
    current_shop().accounts.rename(account_id, sent.name)
    return to("/account", done="1")


@pages.get("/addresses")
def addresses_page() -> Answer:
    """Show the addresses, with a form for a new one."""
    return _addresses_form()


@pages.post("/addresses")
def submit_new_address() -> Answer:
    """Keep a new address."""
    account_id = own_account()
    try:
        current_shop().accounts.add_address(account_id, filled_in(AddressForm, request.form).address())
    except (Invalid, Conflict) as problem:
        return again(problem, _addresses_form)
    return to("/account/addresses", done="1")


@pages.get("/addresses/<ulid:address_id>")
def address_page(address_id: str) -> Answer:
    """Show an address to change."""
    return _address_form(address_id)


@pages.post("/addresses/<ulid:address_id>")
def submit_address(address_id: str) -> Answer:
    """Keep what changed in an address."""
    account_id = own_account()
    try:
        changed = filled_in(AddressForm, request.form).address(address_id)
    except Invalid as problem:
        return again(problem, lambda errors: _address_form(address_id, errors))
    current_shop().accounts.change_address(account_id, changed)
    return to("/account/addresses", done="1")


@pages.post("/addresses/<ulid:address_id>/remove")
def submit_removal(address_id: str) -> Answer:
    """Drop an address."""
    current_shop().accounts.remove_address(own_account(), address_id)
    return to("/account/addresses", done="1")


@pages.get("/security")
def security_page() -> Answer:
    """Show the form of the password, and the ways to take one's data along or away."""
    return _security_form()


@pages.post("/password")
def submit_password() -> Answer:
    """Change the password: all other browsers are signed out."""
    account_id = own_account()
    try:
        sent = filled_in(PasswordForm, request.form)
        entrance.change_password(account_id, sent.current_password, sent.password)
    except (Invalid, SignInRefused, Conflict) as problem:
        return again(problem, _security_form, field="current_password")
    return to("/account/security", done="1")


@pages.get("/sessions")
def sessions_page() -> Answer:
    """Show where the account is signed in."""
    sessions = current_shop().sessions.of(own_account())
    return render_template("accounts/sessions.html", sessions=sessions, current=visitor().session)


@pages.post("/sessions/<ulid:session_id>/end")
def submit_end(session_id: str) -> Answer:
    """Sign another browser out."""
    current_shop().sessions.end_of(own_account(), only=session_id)
    return to("/account/sessions", done="1")


@pages.get("/export")
def export() -> Answer:
    """Hand over all that the shop keeps of the person, as a file."""
    response = Response(everything_of(own_account()), content_type="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=account.json"
    return response


@pages.post("/delete")
def submit_delete() -> Answer:
    """Delete the account."""
    account_id = own_account()
    try:
        entrance.erase(account_id, filled_in(EraseForm, request.form).password)
    except SignInRefused as problem:
        return again(problem, _security_form, field="erase_password")
    return to("/")


def _profile_form(errors: Errors = NONE) -> str:
    profile = current_shop().accounts.profile(own_account())
    return render_template("accounts/profile.html", profile=profile, sent=request.form or profile, errors=errors)


def _addresses_form(errors: Errors = NONE) -> str:
    addresses = current_shop().accounts.addresses(own_account())
    return render_template(
        "accounts/addresses.html", addresses=addresses, sent=request.form, errors=errors, countries=CHOICES
    )


def _address_form(address_id: str, errors: Errors = NONE) -> str:
    address = current_shop().accounts.address(own_account(), address_id)
    return render_template(
        "accounts/address.html",
        address=address,
        sent=request.form or address,
        errors=errors,
        countries=CHOICES,
    )


def _security_form(errors: Errors = NONE) -> str:
    profile = current_shop().accounts.profile(own_account())
    return render_template("accounts/security.html", profile=profile, errors=errors)
