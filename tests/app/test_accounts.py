"""People have accounts: they sign up and in, keep addresses, take their data along, and nobody learns who has one."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from app_support.identity import PASSWORD, Browser, has_account, sign_in, signed_in
from app_support.mariadb import PASSWORD as MARIADB_PASSWORD
from app_support.mariadb import USER as MARIADB_USER
from app_support.mariadb import MariaDb, mariadb_is_installed
from shop.__main__ import main
from shop.accounts.models import Account, StoredAddress
from shop.accounts.passwords import Passwords, check_new
from shop.accounts.people import Person, Role, Visitor
from shop.accounts.sql import SqlAccounts
from shop.accounts.visitor import require
from shop.application import create_app
from shop.config import Config
from shop.mail import FolderMailer
from shop.migrate import migrate
from shop.problems import Forbidden, Invalid
from shop.shop import Shop, open_shop
from shop.uploads.models import Portrait
from shop.worker import Worker

ADDRESS = {"name": "Ada", "street": "Ring 1", "extra": "", "postcode": "10115", "city": "Berlin", "country": "DE"}


def test_a_person_signs_up_signs_in_and_out_by_pages(client: FlaskClient) -> None:
    up = client.post(
        "/sign-up", data={"email": "Ada@Example.org ", "password": PASSWORD, "name": "Ada", "next": "/cart"}
    )
    assert (up.status_code, up.headers["Location"]) == (303, "/sign-in?next=%2Fcart&new=1")
    page = client.get(up.headers["Location"])
    assert 'value="/cart"' in page.text
    into = client.post("/sign-in", data={"email": "ada@example.org", "password": PASSWORD, "next": "/cart"})
    assert (into.status_code, into.headers["Location"]) == (303, "/cart")
    account = client.get("/account")
    assert "ada@example.org" in account.text
    assert client.get("/sign-in").status_code == 303, "who is signed in need not sign in"
    assert client.post("/sign-out").status_code == 303
    gone = client.get("/account/addresses?page=2")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/sign-in?next=%2Faccount%2Faddresses%3Fpage%3D2")


def test_a_program_signs_up_signs_in_and_out(client: FlaskClient) -> None:
    sent = {"email": "program@example.org", "password": PASSWORD}
    assert client.post("/api/accounts", json={**sent, "name": "P"}).status_code == 202
    assert client.get("/api/session").get_json() == {"session": None, "account_id": None, "email": None, "roles": []}
    me = client.post("/api/session", json=sent).get_json()
    assert me == client.get("/api/session").get_json()
    assert me["email"] == "program@example.org"
    assert client.patch("/api/account", json={"name": "Q"}).get_json()["name"] == "Q"
    assert client.get("/api/account").get_json()["name"] == "Q"
    assert client.delete("/api/session").status_code == 204
    answer = client.get("/api/account")
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def without(text: str, email: str) -> str:
    """An answer without the e-mail that was sent, and without the id of the request."""
    return re.sub(r"1-[0-9a-f]{8}-[0-9a-f]{24}", "", text).replace(email, "")


@pytest.mark.parametrize("path", ["/api/session", "/sign-in"])
def test_a_wrong_password_and_an_unknown_e_mail_are_answered_alike(client: FlaskClient, shop: Shop, path: str) -> None:
    known = f"known{len(path)}@example.org"
    has_account(shop, known)
    answers = []
    for email in (known, f"other{len(path)}@example.org"):
        sent = {"email": email, "password": "a wrong one, surely"}
        answer = client.post(path, json=sent) if path.startswith("/api") else client.post(path, data=sent)
        headers = {name for name, _ in answer.headers}
        answers.append((answer.status_code, without(answer.text, email), headers, answer.headers.get("Set-Cookie")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401


@pytest.mark.parametrize("path", ["/api/accounts", "/sign-up"])
def test_signing_up_does_not_say_whether_the_e_mail_has_an_account(client: FlaskClient, shop: Shop, path: str) -> None:
    known = f"here{len(path)}@example.org"
    has_account(shop, known)
    answers = []
    for email in (known, f"new{len(path)}@example.org"):
        sent = {"email": email, "password": "another one, as long"}
        answer = client.post(path, json=sent) if path.startswith("/api") else client.post(path, data=sent)
        headers = {name: value for name, value in answer.headers if name not in {"X-Request-Id", "Content-Length"}}
        headers.pop("Set-Cookie", None)
        answers.append((answer.status_code, without(answer.text, email), headers))
    assert answers[0] == answers[1]
    sign_in(client, known)  # the account is what it was


def test_one_e_mail_gets_one_account_however_many_ask_at_once(app: APIFlask, shop: Shop) -> None:
    def ask(number: int) -> int:
        sent = {"email": "crowd@example.org", "password": f"a password of number {number}"}
        return app.test_client().post("/api/accounts", json=sent).status_code

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(ask, range(8))) == {202}
    with shop.database.read() as connection:
        found = connection.execute(select(Account.id).where(Account.email == "crowd@example.org")).all()
    assert len(found) == 1


def test_an_unknown_e_mail_takes_the_same_work_as_a_wrong_password() -> None:
    passwords = Passwords(19_456, 2)
    kept = passwords.hash(PASSWORD)

    def seconds(hash_: str | None) -> float:
        began = time.thread_time()
        assert not passwords.matches("a wrong one", hash_)
        return time.thread_time() - began

    rounds = [(seconds(None), seconds(kept)) for _ in range(7)]
    assert 0.7 < min(unknown for unknown, _ in rounds) / min(wrong for _, wrong in rounds) < 1.4


def test_the_password_is_checked_with_what_owasp_asks_for_unless_told_otherwise(config: Config) -> None:
    fields = type(config).model_fields
    assert (fields["password_memory_kib"].default, fields["password_passes"].default) == (19_456, 2)
    assert Passwords(19_456, 2).hash(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_old_parameters_is_made_anew_when_its_owner_signs_in(client: FlaskClient, shop: Shop) -> None:
    old = Passwords(16, 1).hash(PASSWORD)
    account_id = has_account(shop, "old@example.org")
    store = SqlAccounts(shop.database)
    known = store.credentials_of(account_id)
    assert known is not None
    store.rehash(account_id, known.password_hash or "", old)
    sign_in(client, "old@example.org")
    kept = store.credentials_of(account_id)
    assert kept is not None
    assert kept.password_hash is not None
    assert ",t=1," in kept.password_hash
    assert "m=8," in kept.password_hash
    sign_in(client, "old@example.org")


@pytest.mark.parametrize(
    "password", ["short", "123456789", "1234567890", "Password123", "aaaaaaaaaaaa", "abababababab", "x" * 129,
                 "guess@example.org"],
)  # fmt: skip
def test_a_password_that_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_new(password, "guess@example.org")
    assert refused.value.errors[0].startswith("password: ")


@pytest.mark.parametrize("password", ["horse staple", "passwort mit ümlaut", "🐎🔋📎✅🐎🔋📎✅🐎🔋", "x y z" * 20])
def test_a_password_may_be_a_sentence_in_any_language(password: str) -> None:
    assert check_new(password, "a@example.org") == password


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"email": "no-mail", "password": PASSWORD}, "email"),
        ({"email": "a@b", "password": PASSWORD}, "email"),
        ({"email": "a@" + "b" * 300 + ".org", "password": PASSWORD}, "email"),
        ({"email": "a'--@example.org\x00", "password": PASSWORD}, "email"),
        ({"email": "ä@example.org", "password": PASSWORD}, "email"),
        ({"password": PASSWORD}, "email"),
        ({"email": "f@example.org", "password": "short"}, "password"),
        ({"email": "f@example.org", "password": "\ud800" * 12}, "password"),
        ({"email": "f@example.org", "password": PASSWORD, "name": "two\nlines"}, "name"),
        ({"email": "f@example.org", "password": PASSWORD, "name": "x" * 121}, "name"),
        ({"email": "f@example.org", "password": PASSWORD, "roles": ["owner"]}, "roles"),
        ({"email": ["f@example.org"], "password": {"$ne": ""}}, "email"),
    ],
)
def test_what_is_wrong_in_a_sign_up_is_named(client: FlaskClient, sent: dict[str, object], field: str) -> None:
    answer = client.post("/api/accounts", json=sent)
    assert answer.status_code == 422
    assert field in answer.text


def test_a_form_says_at_its_field_what_is_wrong_and_keeps_what_is_right(client: FlaskClient) -> None:
    page = client.post("/sign-up", data={"email": "nobody@example.org", "password": "short", "name": "<b>Ada</b>"})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert 'id="password-error"' in page.text
    assert 'aria-describedby="password-help password-error"' in page.text
    assert 'value="nobody@example.org"' in page.text
    assert "<b>Ada" not in page.text
    assert "short" not in page.text.split("<form", 2)[2], "a password is never sent back"


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-in", {"username", "current-password"}),
        ("/sign-up", {"name", "email", "new-password"}),
        ("/account/security", {"username", "current-password", "new-password"}),
        ("/account/addresses", {"name", "address-line1", "address-line2", "postal-code", "address-level2", "country"}),
    ],
)
def test_forms_tell_browsers_what_to_fill_in(app: APIFlask, path: str, fields: set[str]) -> None:
    browser = signed_in(app, f"fill{len(path)}@example.org") if path.startswith("/account") else app.test_client()
    page = browser.get(path).text
    assert {field for field in fields if f'autocomplete="{field}"' not in page} == set()


def test_a_change_of_the_password_asks_for_the_old_one_and_signs_out_everywhere_else(app: APIFlask) -> None:
    here, there = signed_in(app, "change@example.org"), app.test_client()
    sign_in(there, "change@example.org")
    wrong = here.post("/account/password", data={"current_password": "a wrong one", "password": "a new, long one"})
    assert wrong.status_code == 401
    assert 'id="current_password-error"' in wrong.text
    easy = here.post("/account/password", data={"current_password": PASSWORD, "password": "password123"})
    assert easy.status_code == 422
    before = here.get_cookie("sid")
    sent = {"current_password": PASSWORD, "password": "a new, long one"}
    assert here.post("/account/password", data=sent).status_code == 303
    assert before != here.get_cookie("sid")
    assert here.get("/api/account").status_code == 200
    assert there.get("/api/account").status_code == 401
    again = there.post("/api/session", json={"email": "change@example.org", "password": PASSWORD})
    assert again.status_code == 401
    sign_in(there, "change@example.org", "a new, long one")


@pytest.fixture
def post(shop: Shop, tmp_path: Path) -> Callable[[str], list[str]]:
    """Let the worker do what is due, and return the letters to an address, oldest first."""

    def letters_to(email: str) -> list[str]:
        Worker(replace(shop, mailer=FolderMailer("shop@shop.test", tmp_path))).round()
        letters = [BytesParser(policy=default).parsebytes(path.read_bytes()) for path in sorted(tmp_path.iterdir())]
        texts = [letter.get_body(("plain",)) for letter in letters if letter["To"] == email]
        return [str(text.get_content()) for text in texts if text is not None]

    return letters_to


def test_a_letter_tells_the_owner_of_an_address_what_was_done_with_it(
    client: FlaskClient, post: Callable[[str], list[str]]
) -> None:
    sent = {"email": "letter@example.org", "password": PASSWORD}
    for _ in range(2):
        assert client.post("/api/accounts", json=sent).status_code == 202
    welcome, known = sorted(post("letter@example.org"), key=lambda letter: "already" in letter)
    assert "there is an account for this address now" in welcome
    assert "There is one already; nothing changed." in known
    assert "http://shop.test/forgotten" in known


def link_in(letters: list[str]) -> str:
    """The link of the newest letter about a password."""
    return [line.partition("?link=")[2] for letter in letters for line in letter.splitlines() if "?link=" in line][-1]


def test_a_forgotten_password_is_replaced_by_a_link_in_a_letter(
    app: APIFlask, post: Callable[[str], list[str]]
) -> None:
    old, client = signed_in(app, "forgot@example.org"), app.test_client()
    assert client.post("/forgotten", data={"email": "Forgot@example.org"}).status_code == 303
    link = link_in(post("forgot@example.org"))
    assert link in client.get("/new-password", query_string={"link": link}).text
    easy = client.post("/new-password", data={"link": link, "password": "password123"})
    assert (easy.status_code, link in easy.text) == (422, True)
    assert client.post("/new-password", data={"link": link, "password": "quite another one"}).status_code == 303
    assert old.get("/api/account").status_code == 401, "who was signed in is no more"
    sign_in(client, "forgot@example.org", "quite another one")
    again = client.post("/api/passwords", json={"link": link, "password": "and a third one"})
    assert again.status_code == 403, "a link works once"


def test_asking_for_a_link_does_not_say_whether_the_e_mail_has_an_account(
    client: FlaskClient, shop: Shop, post: Callable[[str], list[str]]
) -> None:
    has_account(shop, "asked@example.org")
    answers = [client.post("/api/password-links", json={"email": f"{name}@example.org"}) for name in ("asked", "x")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"next":"/api/passwords"}')}
    assert post("x@example.org") == []
    assert len(post("asked@example.org")) == 2


def test_a_forged_late_or_used_link_changes_no_password(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    has_account(shop, "links@example.org")
    link = shop.accounts.password_link("links@example.org")
    assert link is not None
    other = has_account(shop, "links2@example.org")
    for forged in (link + "a", link[1:], link.replace(link[:26], other), "a", "", ".0.", "...", "é", link[:-3]):
        with pytest.raises(Forbidden):
            shop.accounts.choose_password(forged, "quite another one")
    late = time.time() + 3601
    with monkeypatch.context() as clock:
        clock.setattr("shop.accounts.service.time.time", lambda: late)
        with pytest.raises(Forbidden):
            shop.accounts.choose_password(link, "quite another one")
    shop.accounts.choose_password(link, "quite another one")
    with pytest.raises(Forbidden):
        shop.accounts.choose_password(link, "and a third one")


def test_addresses_are_kept_changed_and_removed(app: APIFlask) -> None:
    browser = signed_in(app, "addresses@example.org")
    kept = browser.post("/api/account/addresses", json=ADDRESS)
    assert kept.status_code == 201
    address_id = kept.get_json()["id"]
    assert browser.get("/api/account/addresses").get_json() == [{**ADDRESS, "id": address_id}]
    form = browser.get(f"/account/addresses/{address_id}").text
    assert 'value="Ring 1"' in form
    changed = browser.post(f"/account/addresses/{address_id}", data={**ADDRESS, "street": "Ring 2"})
    assert changed.status_code == 303
    assert "Ring 2" in browser.get("/account/addresses").text
    bad = browser.post(f"/account/addresses/{address_id}", data={**ADDRESS, "country": "XX", "city": " "})
    assert (bad.status_code, 'id="city-error"' in bad.text) == (422, True)
    assert browser.put(f"/api/account/addresses/{address_id}", json=ADDRESS).get_json()["street"] == "Ring 1"
    assert browser.post(f"/account/addresses/{address_id}/remove").status_code == 303
    assert browser.get("/api/account/addresses").get_json() == []


def test_nobody_keeps_more_addresses_than_a_person_has(app: APIFlask) -> None:
    browser = signed_in(app, "many@example.org")
    answers = [browser.post("/api/account/addresses", json=ADDRESS).status_code for _ in range(21)]
    assert answers == [201] * 20 + [409]


def test_what_belongs_to_somebody_else_is_not_found(app: APIFlask) -> None:
    owner, stranger = signed_in(app, "mine@example.org"), signed_in(app, "not-mine@example.org")
    address_id = owner.post("/api/account/addresses", json=ADDRESS).get_json()["id"]
    asked: list[Callable[[], object]] = [
        lambda: stranger.put(f"/api/account/addresses/{address_id}", json=ADDRESS).status_code,
        lambda: stranger.delete(f"/api/account/addresses/{address_id}").status_code,
        lambda: stranger.get(f"/account/addresses/{address_id}").status_code,
        lambda: stranger.post(f"/account/addresses/{address_id}", data=ADDRESS).status_code,
        lambda: stranger.post(f"/account/addresses/{address_id}/remove").status_code,
        lambda: stranger.get("/account/addresses/%00").status_code,
        lambda: stranger.delete("/api/account/addresses/1' OR '1'='1").status_code,
    ]
    assert [ask() for ask in asked] == [404] * len(asked)
    assert len(owner.get("/api/account/addresses").get_json()) == 1


def test_people_take_their_data_along(app: APIFlask) -> None:
    browser = signed_in(app, "export@example.org")
    browser.post("/api/account/addresses", json=ADDRESS)
    answer = browser.get("/account/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    data = answer.get_json()
    assert data["profile"]["email"] == "export@example.org"
    assert data["addresses"][0]["street"] == "Ring 1"
    assert len(data["sessions"]) >= 1
    assert (data["orders"], data["picture"]) == ([], None)
    assert "argon2" not in answer.text


def test_a_deleted_account_leaves_nothing_of_the_person(
    app: APIFlask, shop: Shop, post: Callable[[str], list[str]]
) -> None:
    here, there = signed_in(app, "leaving@example.org"), app.test_client()
    sign_in(there, "leaving@example.org")
    account_id = here.get("/api/session").get_json()["account_id"]
    here.post("/api/account/addresses", json=ADDRESS)
    with shop.database.write() as transaction:
        transaction.add(Portrait(account_id=account_id, key="portraits/leaving.webp"))
    assert here.post("/account/delete", data={"password": "a wrong one"}).status_code == 401
    assert here.get("/api/account").status_code == 200
    assert here.post("/account/delete", data={"password": PASSWORD}).status_code == 303
    assert here.get("/api/account").status_code == there.get("/api/account").status_code == 401
    with shop.database.read() as connection:
        row = connection.execute(select(Account).where(Account.id == account_id)).one()
        left = connection.execute(select(StoredAddress.id).where(StoredAddress.account_id == account_id)).all()
    assert (row.login, row.email, row.name, row.password_hash, left) == (None, None, "", None, [])
    post("nobody@example.org")  # the worker does the rest
    assert shop.pictures.portrait(account_id) is None
    sent = {"email": "leaving@example.org", "password": PASSWORD}
    assert there.post("/api/session", json=sent).status_code == 401
    assert has_account(shop, "leaving@example.org") != account_id, "the e-mail is free again"


def test_nobody_gives_themselves_a_role(app: APIFlask, shop: Shop) -> None:
    browser = signed_in(app, "climber@example.org")
    for sent in ({"name": "x", "roles": ["owner"]}, {"name": "x", "role": "owner"}, {"roles": ["owner"]}):
        assert browser.patch("/api/account", json=sent).status_code == 422
    assert browser.post("/account", data={"name": "x", "roles": "owner", "is_staff": "1"}).status_code == 303
    browser.post("/sign-up", data={"email": "c2@example.org", "password": PASSWORD, "roles": "owner"})
    sign_in(browser, "c2@example.org")
    assert browser.get("/api/session").get_json()["roles"] == []
    cookie = browser.get_cookie("sid")
    assert cookie is not None
    with app.test_request_context(headers={"Cookie": f"sid={cookie.value}"}), pytest.raises(Forbidden):
        require(Role.REPORTS)


@pytest.mark.parametrize("role", list(Role))
def test_an_owner_may_everything_and_another_only_their_own(role: Role) -> None:
    assert Visitor(account_id="1", roles=frozenset({Role.OWNER})).may(role)
    others = frozenset(Role) - {role, Role.OWNER}
    assert not Visitor(account_id="1", roles=others).may(role)
    assert Visitor(account_id="1", roles=frozenset({role})).may(role)


def test_the_first_owner_is_made_by_a_command_and_signs_in_anew(
    app: APIFlask, config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = signed_in(app, "boss@example.org")
    for name in type(config).model_fields:
        value = getattr(config, name)
        secret = getattr(value, "get_secret_value", None)
        if value not in {None, (), ""}:
            monkeypatch.setenv(name.upper(), str(secret() if secret else value))

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["shop", *arguments])
        return main()

    assert run("grant-role", "nobody@example.org", "owner") == 1
    assert run("grant-role", "Boss@example.org", "owner") == 0
    assert "has the role owner" in capsys.readouterr().out
    assert browser.get("/api/account").status_code == 401, "a session of before has no new rights"
    sign_in(browser, "boss@example.org")
    assert browser.get("/api/session").get_json()["roles"] == ["owner"]
    assert run("revoke-role", "boss@example.org", "owner") == 0
    assert browser.get("/api/account").status_code == 401
    sign_in(browser, "boss@example.org")
    assert browser.get("/api/session").get_json()["roles"] == []


@pytest.fixture
def on_mariadb(config: Config, tmp_path: Path) -> Iterator[Shop]:
    """A shop on MariaDB."""
    if not mariadb_is_installed():
        pytest.skip("MariaDB is not installed")
    server = MariaDb(tmp_path)
    server.start()
    server.create_database("shop")
    told = {"db_engine": "mysql", "db_host": str(server.socket), "db_name": "shop", "db_user": MARIADB_USER}
    shop = open_shop(config.model_copy(update={**told, "db_password": SecretStr(MARIADB_PASSWORD)}))
    migrate(shop.database)
    yield shop
    shop.database.close()
    server.stop()


def test_accounts_and_sessions_are_the_same_on_mariadb(on_mariadb: Shop) -> None:
    app = create_app(on_mariadb)
    app.test_client_class = Browser
    here, there = signed_in(app, "maria@example.org", Role.ORDERS), app.test_client()
    assert here.post("/api/accounts", json={"email": "Maria@example.org", "password": PASSWORD}).status_code == 202
    sign_in(there, "maria@example.org")
    kept = here.post("/api/account/addresses", json=ADDRESS).get_json()
    assert here.put(f"/api/account/addresses/{kept['id']}", json=ADDRESS).status_code == 200, "also if nothing changed"
    assert here.get("/api/account/addresses").get_json() == [kept]
    sessions = here.get("/api/account/sessions").get_json()
    assert {session["roles"][0] for session in sessions} == {"orders"}
    assert sessions[0]["begun_at"].endswith("Z")
    sent = {"current_password": PASSWORD, "password": "a new, long one"}
    assert here.post("/api/account/password", json=sent).status_code == 204
    assert (here.get("/api/account").status_code, there.get("/api/account").status_code) == (200, 401)
    person = Person("sub-1", "p@example.org", "P", frozenset({Role.REPORTS}))
    assert on_mariadb.accounts.by_person(person) == on_mariadb.accounts.by_person(person)
    account_id = here.get("/api/session").get_json()["account_id"]
    assert here.delete("/api/account", json={"password": "a new, long one"}).status_code == 204
    assert on_mariadb.accounts.addresses(account_id) == ()


def test_a_fresh_shop_has_no_accounts(shop: Shop, config: Config) -> None:
    for email in ("admin@example.org", "admin@shop.test", config.mail_from):
        assert SqlAccounts(shop.database).credentials(email) is None
    with pytest.raises(Invalid):
        check_new("admin", "admin@shop.test")
