"""A real browser on a real server: what a page shows, whether it complains, and a picture of it to look at.

The browser is Debian's Chromium (``apt-get install --no-install-recommends chromium``), found on PATH.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from pydantic import SecretStr

from app_support.identity import PASSWORD
from shop.config import Config
from standalone.__main__ import end, free_port, serve, wait_for, work
from standalone.payments.process import PaymentProcess

ARTEFACTS = Path(os.environ.get("SHOPCTL_HOME", ".shopctl")) / "artefacts" / "pages"
# WebGL without a graphics card, for the 3D viewer.
ARGUMENTS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SERIOUS = frozenset({"serious", "critical"})
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)
# No style sheet is fetched once more: the only rule that would read one looks for a locked orientation.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
# What a finger could miss. 44 pixels: WCAG 2.2, 2.5.5; links within a sentence are excepted there.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary, label.choice")]
  .filter((element) => element.checkVisibility() && !element.closest("p, .visually-hidden, .skip"))
  .filter((element) => !element.matches(".choice input, .variant input, .card a, .tile a, .skip"))
  .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 43.5 || box.width < 43.5)).map(([html]) => html)"""
GOOD_CARD = "4242 4242 4242 4242"
ADDRESS = {
    "E-mail": "ada@example.org",
    "Name": "Ada Lovelace",
    "Street and number": "Engine Lane 1",
    "Postcode": "10115",
    "City": "Berlin",
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a visitor sees the shop."""

    size: str
    scheme: str

    def __str__(self) -> str:
        """Return the look as a part of a file's name."""
        return f"{self.size}-{self.scheme}"


DESKTOP, PHONE = Look("desktop", "dark"), Look("phone", "light")
LOOKS = (DESKTOP, PHONE)


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor's tab. ``complaints`` has every error of scripts, of the content policy and of the network."""

    page: Page
    look: Look
    complaints: list[str] = field(default_factory=list)

    def keep_picture(self, name: str) -> Path:
        """Take a picture of the whole page, for people to look at."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{name}-{self.look}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def barriers(self) -> list[str]:
        """Return what keeps people out, as axe finds it: each with its rule and the places."""
        found = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'])}"
            for rule in found
            if rule["impact"] in SERIOUS
        ]

    def faults(self, name: str) -> list[str]:
        """Keep a picture of the page and return what is wrong with it.

        That is: barriers; a page wider than the screen; and on a phone what is too small to be touched.
        """
        self.keep_picture(name)
        is_too_wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        small = self.page.evaluate(TOO_SMALL) if self.look.size == "phone" else []
        return [*self.barriers(), *(["it has to be pushed sideways"] if is_too_wide else []), *small]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; where there is none, the test is skipped."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium on PATH; Debian: apt-get install --no-install-recommends chromium")
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, url: str, look: Look = DESKTOP, *, has_script: bool = True) -> Iterator[Visit]:
    """Open a tab of a visitor who was never here. Nothing of the page moves, so that pictures are alike."""
    width, height = SIZES[look.size]
    context = browser.new_context(
        base_url=url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if look.scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=look.size == "phone",
        java_script_enabled=has_script,
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    visit = Visit(page, look)
    page.on("console", lambda message: visit.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        context.close()


def sign_up(visit: Visit, email: str) -> None:
    """Make an account, and sign in with it."""
    visit.page.goto("/sign-up")
    _send_credentials(visit.page, email, "Make the account")
    _send_credentials(visit.page, email, "Sign in")
    visit.page.wait_for_url("/account")


def sign_in(visit: Visit, email: str) -> None:
    """Sign in with an account of ``has_account``."""
    visit.page.goto("/sign-in")
    _send_credentials(visit.page, email, "Sign in")
    visit.page.wait_for_url("/account")


def _send_credentials(page: Page, email: str, button: str) -> None:
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name=button).click()


def put_in_basket(page: Page) -> None:
    """Put what the page sells into the basket, and go there."""
    page.get_by_role("button", name="Put in the basket").click()
    page.get_by_role("link", name="Go to the basket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your basket")


def fill_in(form: Page | Locator, fields: dict[str, str]) -> None:
    """Write into the fields of these labels."""
    for label, text in fields.items():
        form.get_by_label(label, exact=True).fill(text)


@contextmanager
def serving(config: Config, folder: Path, *, has_worker: bool = False) -> Iterator[str]:
    """Serve the shop of this configuration as in production, beside a payment provider, and give its address.

    The provider keeps what it knows in the folder. A worker does what is announced, if there is one.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    payments = PaymentProcess(
        folder,
        free_port(),
        api_key="sk_test_of_a_browser_test",
        webhook_secret="whsec_of_a_browser_test",  # noqa: S106 - opens a provider that ends with the test
        webhook=f"{url}/webhooks/payments",
    )
    payments.start()
    environ = {**environment_of(config), "PUBLIC_URL": url, **payments.settings()}
    processes = [serve(environ, port, 1), *([work(environ)] if has_worker else [])]
    try:
        wait_for(url, processes[0])
        yield url
    finally:
        for process in processes:
            end(process)
        payments.stop()


def environment_of(config: Config) -> dict[str, str]:
    """Return the environment that says what the configuration says."""
    return {name.upper(): _said(value) for name, value in config if value is not None}


def _said(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return str(value)
