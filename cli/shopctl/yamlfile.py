"""One YAML file read into one frozen model; each mistake comes with file, line, value and cure.

What a hand-written settings file does not need is refused before anything is built from it: anchors and aliases
(an alias bomb needs both), tags, merge keys, YAML directives, a second document, deep nesting, huge files. Values
are never converted: ``"30"`` is not 30, and by YAML 1.2 ``no`` is a word, not false.
"""

from __future__ import annotations

import difflib
import json
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
)

from shopctl.errors import SpecError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 12
LONGEST_VALUE_SHOWN: Final = 60

Loc = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: where in the document, and what is wrong with the cure in the same breath."""

    loc: Loc
    text: str


Check: TypeAlias = Callable[[ModelT], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class _Document:
    """Plain values of a YAML text, and the line of each of them."""

    value: object
    lines: Mapping[Loc, int]
    source: str

    def line_of(self, loc: Loc) -> int:
        """The line of ``loc``, or of the nearest section around it that is written in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def value_at(self, loc: Loc) -> object:
        """The value written at ``loc``; None where nothing is."""
        value: Any = self.value
        for part in loc:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def read_model(path: Path, model: type[ModelT], check: Check[ModelT] = lambda _: ()) -> ModelT:
    """Read ``path`` into ``model``, which must also pass ``check``.

    Reads the file, nothing else.
    Raises: SpecError if it cannot be read, is not YAML, or breaks a rule; its reason lists every problem.
    """
    return parse_model(_read_text(path), str(path), model, check)


def parse_model(text: str, source: str, model: type[ModelT], check: Check[ModelT] = lambda _: ()) -> ModelT:
    """Turn the YAML ``text`` into ``model``; ``source`` is the file's name in errors.

    Pure.
    Raises: SpecError, as ``read_model``.
    """
    document = _parse(text, source)
    try:
        result = model.model_validate(document.value)
        problems = tuple(check(result))
    except ValidationError as error:
        problems = tuple(_problems(error.errors(include_url=False), model))
    if problems:
        raise _refusal(source, (_line(problem, document) for problem in problems))
    return result


def broken(problems: Iterable[Problem]) -> PydanticCustomError | None:
    """The error with which a model's own validator reports ``problems``, each at its place; None if there are none."""
    found = tuple(problems)
    return PydanticCustomError("rules", "rules between fields are broken", {"problems": found}) if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that names the known word nearest to ``word``; empty if none is near."""
    near = difflib.get_close_matches(word, tuple(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _refusal(source: str, lines: Iterable[str]) -> SpecError:
    return SpecError("\n".join(lines), f"correct {source}, then run the same command again")


# --- text ------------------------------------------------------------------------------------------------------------


def _read_text(path: Path) -> str:
    try:
        # Only a regular file: reading a pipe would wait for ever.
        if path.exists() and not path.is_file():
            raise _refusal(str(path), (f"{path}: is not a file",))
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(str(path), (f"{path}: cannot be read: {error.strerror}",)) from error
    if len(raw) > MAX_BYTES:
        raise _refusal(str(path), (f"{path}: is larger than {MAX_BYTES // 1024} KiB, so it is not a settings file",))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _refusal(str(path), (f"{path}:{line}: is not UTF-8 text; save it as UTF-8",)) from error


# --- YAML ------------------------------------------------------------------------------------------------------------


def _parse(text: str, source: str) -> _Document:
    try:
        for problem in _unwanted(YAML(typ="safe", pure=True).parse(text)):
            raise _refusal(source, (f"{source}:{problem}",))
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        raise _refusal(source, (f"{source}:{_yaml_mistake(error)}",)) from None
    except (YAMLError, ValueError) as error:
        # ruamel raises ValueError for a scalar that only looks like a number or a date.
        reason = getattr(error, "reason", "a value is malformed")
        raise _refusal(source, (f"{source}:1: is not YAML: {reason}",)) from None
    if not isinstance(tree, CommentedMap):
        what = "is empty" if tree is None else "is something else"
        raise _refusal(source, (f"{source}:1: {what}; write `key: value` lines",))
    lines: dict[Loc, int] = {(): 1}
    return _Document(_plain(tree, (), lines), lines, source)


def _yaml_mistake(error: MarkedYAMLError) -> str:
    """Line and kind of a syntax error, without the excerpt that ruamel adds: a file may hold a pasted secret."""
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if duplicate := re.match(r'found duplicate key "([^"]*)"', error.problem or ""):
        return f"{line}: {duplicate[1]} — is written twice in the same section; keep one"
    return f"{line}: is not YAML: {error.problem}; check the indentation, and put text with special signs in quotes"


def _unwanted(events: Iterator[Event]) -> Iterator[str]:
    """Say, with its line, what YAML offers and a settings file must not use."""
    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        documents += isinstance(event, DocumentStartEvent)
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            yield f"{line}: anchors and aliases (& and *) are not supported; write the value out"
        if getattr(event, "tag", None) is not None:
            yield f"{line}: tags (!) are not supported; write a plain value"
        if isinstance(event, ScalarEvent) and event.value == "<<" and event.implicit[0]:
            yield f"{line}: merge keys (<<) are not supported; write the keys out"
        if isinstance(event, DocumentStartEvent) and (event.version or event.tags):
            yield f"{line}: YAML directives (%) are not supported; remove the line"
        if documents > 1:
            yield f"{line}: a second document (---) starts here; keep one per file"
        if depth > MAX_DEPTH:
            yield f"{line}: sections are nested deeper than {MAX_DEPTH} levels"


def _plain(node: object, loc: Loc, lines: dict[Loc, int]) -> object:
    """``node`` in plain Python values, noting the line of each."""
    match node:
        case CommentedMap():
            result = {}
            for key, value in node.items():
                lines[*loc, str(key)] = node.lc.key(key)[0] + 1
                result[str(key)] = _plain(value, (*loc, str(key)), lines)
            return result
        case CommentedSeq():
            for index in range(len(node)):
                lines[*loc, index] = node.lc.item(index)[0] + 1
            return tuple(_plain(value, (*loc, index), lines) for index, value in enumerate(node))
        case bool() | None:
            return node
        case int() | float() | str():
            kind = next(kind for kind in (int, float, str) if isinstance(node, kind))
            return kind(node)  # ruamel's subclasses remember notation; a model wants the bare value
        case _:
            return node


# --- problems --------------------------------------------------------------------------------------------------------


def _problems(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> Iterator[Problem]:
    for error in errors:
        match error["type"]:
            case "rules":
                yield from (replace(problem, loc=error["loc"] + problem.loc) for problem in error["ctx"]["problems"])
            case "default_factory_not_called":
                continue  # follows from another problem in the same section
            case _:
                yield Problem(error["loc"], _explain(error, model))


def _line(problem: Problem, document: _Document) -> str:
    place = f"{document.source}:{document.line_of(problem.loc)}"
    field = ".".join(str(part) for part in problem.loc)
    return f"{place}: {field}{_shown(problem, document)} — {problem.text}"


def _shown(problem: Problem, document: _Document) -> str:
    """The value at fault, as it would be written, where it is a known field's; nothing of an unknown key's value."""
    if problem.loc not in document.lines or problem.text.startswith("unknown key"):
        return ""
    match document.value_at(problem.loc):
        case Mapping():
            return ": (a section)"
        case tuple():
            return ": (a list)"
        case str() as text if re.fullmatch(r"(?!(?i:true|false|null)$)[\w./@-]*[A-Za-z/][\w./@-]*", text):
            return ": " + _shortened(text)  # YAML takes it without quotes
        case value:
            return ": " + _shortened(json.dumps(value, ensure_ascii=False, default=str))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[:LONGEST_VALUE_SHOWN] + "…"


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:  # noqa: PLR0911 - a table of cases
    loc, kind, value = error["loc"], error["type"], error["input"]
    match kind:
        case "extra_forbidden":
            known = tuple(_section_at(model, loc[:-1]).model_fields)
            near = did_you_mean(str(loc[-1]), known)
            return f"unknown key{near or '; known here: ' + ', '.join(known)}"
        case "missing":
            return f"is missing: {_wanted(model, loc)}"
        case "literal_error":
            return _unknown_choice(str(value), error["ctx"]["expected"])
        case "int_type" | "int_from_float" | "float_type":
            return _number_wanted(str(loc[-1]), value)
        case "bool_type":
            return "write true or false, without quotes"
        case "string_type":
            return f"must be text, in quotes: {_wanted(model, loc)}"
        case "tuple_type":
            return "must be a list, such as [one, two]"
        case "model_type" | "model_attributes_type" | "dict_type" | "mapping_type":
            return "must be a section: `key: value` lines, indented"
        case _:
            return error["msg"].replace("Input should be", "must be")


_DURATION: Final = re.compile(r"(\d+)(?:\.0)? ?(?:(s|sec|seconds?)|(m|min|minutes?)|(h|hours?)|(d|days?))?")
_SECONDS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


def _number_wanted(field: str, value: object) -> str:
    """Ask for a whole number; where a duration was written in other words, say which number it is."""
    unit = field.rpartition("_")[2]
    if unit not in _SECONDS:
        return "give it as a whole number"
    wanted = f"give {unit} as a whole number"
    written = _DURATION.fullmatch(str(value))
    if written is None:
        return wanted
    written_unit = next((name for name, word in zip(_SECONDS, written.groups()[1:], strict=True) if word), unit)
    number, rest = divmod(int(written[1]) * _SECONDS[written_unit], _SECONDS[unit])
    return wanted if rest else f"{wanted}: {number}"


def _unknown_choice(value: str, expected: str) -> str:
    choices = tuple(re.findall(r"'([^']+)'", expected)) or (expected,)
    near = did_you_mean(value, choices)
    if len(choices) > 8 and near:
        return f"unknown{near}"
    return f"must be one of {', '.join(choices)}{near}" if len(choices) > 1 else f"must be {choices[0]}"


def _section_at(model: type[BaseModel], loc: Loc) -> type[BaseModel]:
    """The model that describes the section at ``loc``."""
    for part in loc:
        field = model.model_fields.get(str(part))
        nested = next(iter(_models_in(field.annotation)), None) if field else None
        if nested is None:
            return model
        model = nested
    return model


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _wanted(model: type[BaseModel], loc: Loc) -> str:
    """What belongs at ``loc``: as its kind of text says it, else as its description or its section's."""
    field = _section_at(model, loc[:-1]).model_fields.get(str(loc[-1]))
    if field is None:
        return "it"
    cures = (str(kind.cure) for kind in field.metadata if hasattr(kind, "cure"))
    sections = ((section.__doc__ or "").partition("\n")[0] for section in _models_in(field.annotation))
    return next(cures, None) or field.description or next(sections, None) or f"`{loc[-1]}: …`"
