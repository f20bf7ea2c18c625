"""The pages of signing in, up and out."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import Flask, redirect, render_template, request
from werkzeug.wrappers import Response

from shop.accounts import entrance
from shop.accounts.answers import NONE, Answer, Errors, again, to
from shop.accounts.cognito import CALLBACK, JOURNEY_SECONDS, Cognito
from shop.accounts.forms import ForgottenForm, NewPasswordForm, SignInForm, SignUpForm, filled_in
from shop.accounts.service import SignInRefused
from shop.accounts.visitor import own_account, sign_in, sign_out, visitor
from shop.limits import SIGN_INS_FROM_ADDRESS
from shop.problems import Forbidden, Invalid, NotFound, SignInNeeded
from shop.shop import current_shop
from shop.web.errors import answer, wants_json
from shop.web.limits import spend
from shop.web.redirects import own_path

pages = APIBlueprint("sign_in", __name__, enable_openapi=False)


def register(app: Flask) -> None:
    """Lead people who have to sign in to where they can; programs are told so."""

    @app.errorhandler(SignInNeeded)
    def lead_to_sign_in(problem: SignInNeeded) -> Response:
        if not wants_json() and request.method in {"GET", "HEAD"}:
            return to("/sign-in", next=request.full_path.rstrip("?"))
        response = answer(problem.document(), None)
        response.headers["WWW-Authenticate"] = "Bearer"  # Source: RFC 9110, section 15.5.2; RFC 6750, section 3
        return response


@pages.get("/sign-in")
def sign_in_page() -> Answer:
    """Ask who it is."""
    return to(_next()) if visitor().is_signed_in else _sign_in_form()


@pages.post("/sign-in")
def submit_sign_in() -> Answer:
    """Sign in by e-mail and password."""
    try:
        sent = filled_in(SignInForm, request.form)
        entrance.sign_in_by_password(sent.email, sent.password)
    except (Invalid, SignInRefused) as problem:
        return again(problem, _sign_in_form)
    return to(_next())


@pages.get("/sign-in/cognito")
def depart_to_cognito() -> Answer:
    """Send the browser to Cognito, with a ticket to come back by."""
    departure = _cognito().depart(_next())
    response = redirect(departure.url, HTTPStatus.SEE_OTHER)
    is_https, name = current_shop().config.is_https, _ticket()
    response.set_cookie(name, departure.ticket, JOURNEY_SECONDS, secure=is_https, httponly=True, samesite="Lax")
    return response


@pages.get(CALLBACK)
def arrive_from_cognito() -> Answer:
    """Sign in who comes back from Cognito."""
    shop, asked = current_shop(), request.args
    if "error" in asked:
        raise Forbidden("The sign-in was not completed. Please begin again.")
    spend(SIGN_INS_FROM_ADDRESS)  # each makes the shop ask Cognito
    ticket = request.cookies.get(_ticket(), "")
    arrival = _cognito().arrive(ticket, asked.get("state", ""), asked.get("code", ""))
    sign_in(shop.accounts.by_person(arrival.person))
    response = to(own_path(arrival.next))
    response.delete_cookie(_ticket(), secure=shop.config.is_https, httponly=True, samesite="Lax")
    return response


@pages.post("/sign-out")
def submit_sign_out() -> Answer:
    """End this browser's session, or with ``everywhere`` all of the account."""
    if "everywhere" in request.form:
        current_shop().sessions.end_of(own_account())
    sign_out()
    return to("/")


@pages.get("/sign-up")
def sign_up_page() -> Answer:
    """Ask for what an account is made of."""
    entrance.check_for_passwords()
    return _sign_up_form()


@pages.post("/sign-up")
def submit_sign_up() -> Answer:
    """Make an account. The answer is the same for an e-mail that has one."""
    try:
        sent = filled_in(SignUpForm, request.form)
        entrance.sign_up(sent.email, sent.password, sent.name)
    except Invalid as problem:
        return again(problem, _sign_up_form)
    return to("/sign-in", next=_next(), new="1")


@pages.get("/forgotten")
def forgotten_page() -> Answer:
    """Ask whose password was forgotten."""
    entrance.check_for_passwords()
    return _forgotten_form()


@pages.post("/forgotten")
def submit_forgotten() -> Answer:
    """Send a link to choose another password. The answer is the same for an e-mail without an account."""
    try:
        entrance.send_password_link(filled_in(ForgottenForm, request.form).email)
    except Invalid as problem:
        return again(problem, _forgotten_form)
    return to("/forgotten", done="1")


@pages.get("/new-password")
def new_password_page() -> Answer:
    """Ask for another password. Whether the link is good is said when it is used."""
    entrance.check_for_passwords()
    return _new_password_form()


@pages.post("/new-password")
def submit_new_password() -> Answer:
    """Change the password of whoever was sent the link."""
    try:
        sent = filled_in(NewPasswordForm, request.form)
        entrance.choose_password(sent.link, sent.password)
    except Invalid as problem:
        return again(problem, _new_password_form)
    return to("/sign-in", changed="1")


def _sign_in_form(errors: Errors = NONE) -> str:
    return render_template(
        "accounts/sign_in.html",
        errors=errors,
        sent=request.form,
        next=_next(),
        is_new="new" in request.args,
        is_changed="changed" in request.args,
        is_by_cognito=current_shop().cognito is not None,
    )


def _sign_up_form(errors: Errors = NONE) -> str:
    return render_template("accounts/sign_up.html", errors=errors, sent=request.form, next=_next())


def _forgotten_form(errors: Errors = NONE) -> str:
    is_sent = "done" in request.args
    return render_template("accounts/forgotten.html", errors=errors, sent=request.form, is_sent=is_sent)


def _new_password_form(errors: Errors = NONE) -> str:
    return render_template("accounts/new_password.html", errors=errors, link=request.values.get("link", ""))


def _next() -> str:
    return own_path(request.values.get("next"), otherwise="/account")


def _ticket() -> str:
    return current_shop().config.cookie("ticket")


def _cognito() -> Cognito:
    found = current_shop().cognito
    if found is None:
        raise NotFound
    return found
