"""Questions to the operator. Nobody there to answer is a no, and never exit code 0."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from shopctl.errors import Interrupted, Refused


def ask_for_name(name: str, command: str, loss: str, yes: bool) -> None:
    """Have the operator type the environment's name before something is lost for good.

    ``command`` is what says yes without a question; ``loss`` what is lost, as a sentence.
    Raises: Refused; Interrupted.
    """
    if yes:
        return
    _require_person(command, loss)
    with _waiting_for_an_answer(command):
        answer = typer.prompt(f"{loss} Type the environment's name to go on ({name})", err=True)
    if answer.strip() != name:
        raise Refused(f"nothing was changed: {answer.strip()!r} is not {name!r}", f"when you mean it: {command}")


def ask_yes(question: str, command: str, yes: bool) -> None:
    """Have the operator agree.

    Raises: Refused; Interrupted.
    """
    if yes:
        return
    _require_person(command, question)
    with _waiting_for_an_answer(command):
        agreed = typer.confirm(question, err=True)
    if not agreed:
        raise Refused("nothing was changed: you said no", f"when you are ready: {command}")


@contextmanager
def _waiting_for_an_answer(command: str) -> Iterator[None]:
    """Let Ctrl-C and the end of input answer the question: an operation's own handler would only wait on.

    Raises: Interrupted.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except typer.Abort:
        raise Interrupted("stopped before anything was changed", f"when you are ready: {command}") from None
    finally:
        signal.signal(signal.SIGINT, before)


def _require_person(command: str, question: str) -> None:
    if not sys.stdin.isatty():
        raise Refused(f"nothing was changed: nobody is here to answer: {question}", f"to say yes beforehand: {command}")
