"""Flask's own session is not used: who a visitor is, is asked for only where it matters."""

from __future__ import annotations

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin


class NoSession(SessionInterface):
    """Opens nothing and saves nothing, so that an anonymous read costs no session."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # noqa: ARG002 - Flask's signature
        """Return no session. Flask then refuses to store anything in ``flask.session``."""
        return None

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Do nothing."""
