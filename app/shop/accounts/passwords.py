"""Passwords: what makes one good enough, and how it is kept."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shop.problems import Invalid

SHORTEST = 10
LONGEST = 128  # people may use sentences; at least 64 should be allowed. Source: OWASP Authentication Cheat Sheet
# The long ones among those that are guessed first, and what a shop invites.
GUESSED_FIRST = frozenset({
    "1234567890", "0123456789", "0987654321", "12345678910", "123456789a", "1q2w3e4r5t", "1qaz2wsx3edc",
    "q1w2e3r4t5", "qwertyuiop", "qwerty12345", "qwerty123456", "asdfghjkl1", "password12", "password123",
    "password1234", "passw0rd123", "iloveyou12", "iloveyou123", "letmein123", "welcome123", "administrator",
    "changeme123", "abc1234567", "abcd123456", "a123456789", "football123", "sunshine123", "princess123",
    "shop123456", "shopping123", "onlineshop",
})  # fmt: skip


class Passwords:
    """Keeps passwords by Argon2id. Checking one takes the same work whether or not there is a hash to check against."""

    def __init__(self, memory_kib: int, passes: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Return the hash to keep. It has its parameters and its salt in it."""
        return self._hasher.hash(password)

    def matches(self, password: str, kept: str | None) -> bool:
        """Return whether this is the password of the hash. With no hash: no, after the same work."""
        try:
            return self._hasher.verify(kept or self._nobodys, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Return whether the hash was made with other parameters than today's. Pure."""
        return self._hasher.check_needs_rehash(kept)


def check_new(password: str, email: str) -> str:
    """Return the password if it may be chosen. Pure.

    Length counts and nothing else is asked of its letters. Raises: Invalid.
    Source: NIST SP 800-63B, section 3.1.1.2; OWASP Authentication Cheat Sheet
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(errors=(f"password: use {SHORTEST} to {LONGEST} characters",))
    plain = password.lower()
    if plain in GUESSED_FIRST or len(set(plain)) < 4 or plain in {email, email.partition("@")[0]}:
        raise Invalid(errors=("password: choose one that is harder to guess",))
    return password
