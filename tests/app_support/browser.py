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
from playwright.sync_api import Browser, Page, sync_playwright
from pydantic import SecretStr

from shop.config import Config
from standalone.__main__ import end, free_port, serve, wait_for
from standalone.payments.process import PaymentProcess

ARTEFACTS = Path(os.environ.get("SHOPCTL_HOME", ".shopctl")) / "artefacts" / "pages"
# WebGL without a graphics card, for the 3D viewer.
ARGUMENTS = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-dev-shm-usage")
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
SERIOUS = frozenset({"serious", "critical"})
WAIT_MS = 30_000


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
        found = Axe().run(self.page).response["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'])}"
            for rule in found
            if rule["impact"] in SERIOUS
        ]

    def faults(self, name: str) -> list[str]:
        """Keep a picture of the page and return what is wrong with it: barriers, and a page wider than the screen."""
        self.keep_picture(name)
        is_too_wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        return [*self.barriers(), *(["it has to be pushed sideways"] if is_too_wide else [])]


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
    page, password = visit.page, "a few words in a row"
    page.goto("/sign-up")
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Make the account").click()
    page.get_by_label("E-mail", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("/account")


@contextmanager
def serving(config: Config, folder: Path) -> Iterator[str]:
    """Serve the shop of this configuration as in production, beside a payment provider, and give its address.

    The provider keeps what it knows in the folder.
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
    server = serve(environ, port, 1)
    try:
        wait_for(url, server)
        yield url
    finally:
        end(server)
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
