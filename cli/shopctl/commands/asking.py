"""Questions to the operator. Nobody there to answer is a no, and never exit code 0."""

from __future__ import annotations

import sys

import typer

from shopctl.errors import Refused


def ask_for_name(name: str, command: str, loss: str, yes: bool) -> None:
    """Have the operator type the environment's name before something is lost for good.

    ``command`` is what says yes without a question; ``loss`` what is lost, as a sentence.
    Raises: Refused.
    """
    if yes:
        return
    _require_person(command, loss)
    answer = typer.prompt(f"{loss} Type the environment's name to go on ({name})", err=True)
    if answer.strip() != name:
        raise Refused(f"nothing was changed: {answer.strip()!r} is not {name!r}", f"when you mean it: {command}")


def ask_yes(question: str, command: str, yes: bool) -> None:
    """Have the operator agree.

    Raises: Refused.
    """
    if yes:
        return
    _require_person(command, question)
    if not typer.confirm(question, err=True):
        raise Refused("nothing was changed: you said no", f"when you are ready: {command}")


def _require_person(command: str, question: str) -> None:
    if not sys.stdin.isatty():
        raise Refused(f"nothing was changed: nobody is here to answer: {question}", f"to say yes beforehand: {command}")
