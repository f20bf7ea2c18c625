"""What goes wrong in a request, said in one form: a problem document for programs, a page for people.

Source: RFC 9457, Problem Details for HTTP APIs.
"""

from __future__ import annotations


class Problem(Exception):
    """A request that can't be fulfilled. ``code`` is stable; ``detail`` says what to do, and holds no internals."""

    status = 400
    code = "bad_request"
    title = "That request could not be understood"

    def __init__(
        self, detail: str = "", *, retry_after_seconds: int | None = None, errors: tuple[str, ...] = ()
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.errors = errors

    def document(self) -> dict[str, object]:
        """Return the problem as the members of a problem document. Pure."""
        document: dict[str, object] = {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = list(self.errors)
        return document


class Invalid(Problem):
    """Something in the request is missing, malformed or out of its range."""

    status = 422
    code = "invalid"
    title = "Please check what was sent"


class NotFound(Problem):
    """There is nothing of that name, or not for this visitor."""

    status = 404
    code = "not_found"
    title = "We can’t find that"


class Forbidden(Problem):
    """The visitor is known and may not."""

    status = 403
    code = "forbidden"
    title = "That is not allowed"


class SignInNeeded(Problem):
    """The visitor has to sign in first."""

    status = 401
    code = "sign_in_needed"
    title = "Please sign in"


class Conflict(Problem):
    """The request contradicts what holds now: out of stock, a voucher already used, an order already placed."""

    status = 409
    code = "conflict"
    title = "That is no longer possible"


class TooMany(Problem):
    """The visitor asks too often."""

    status = 429
    code = "too_many_requests"
    title = "That was too often"


class Unavailable(Problem):
    """A part that the request needs does not answer; the same request may work soon."""

    status = 503
    code = "unavailable"
    title = "We’ll be right back"


class WritesRefused(Unavailable):
    """This region may not write now: nothing was changed, and reading goes on."""

    code = "writes_refused"
    title = "Ordering is paused for a moment"
