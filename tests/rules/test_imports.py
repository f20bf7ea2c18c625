"""Dependencies point one way: main -> commands -> operations -> shell and core, shell -> core; core stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.environments import PROJECT

CLI = PROJECT / "cli"
APP = PROJECT / "app"

# Every module or package directly in cli/shopctl has its layer; a new one is added here.
LAYERS = {
    "core": "adopt errors facts failover_bundle fields gate kinds naming plan render rules runs sections spec stacks "
    "statelock yamlfile",
    "shell": "aws bundle checkout checkov control dns files output process progress stopping terraform",
    "operations": "bootstrap deploy doctor environment pipeline recovery rollout sealing status",
    "commands": "commands views",
    "main": "main",
}
MAY_IMPORT = {
    "core": {"core"},
    "shell": {"shell", "core"},
    "operations": {"operations", "shell", "core"},
    "commands": {"commands", "operations", "shell", "core"},
    "main": {"commands", "shell", "core"},
}

# What core and operations get from outside, by injection, instead of reaching for it.
OUTSIDE_MODULES = frozenset({
    "boto3", "botocore", "httpx", "psutil", "random", "requests", "rich", "secrets", "socket", "subprocess", "time",
    "typer", "uuid",
})  # fmt: skip
OUTSIDE_NAMES = frozenset({
    "os.environ", "os.getenv", "os.urandom", "datetime.now", "datetime.today", "datetime.utcnow", "date.today",
})  # fmt: skip


def modules_under(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; ``from a import b`` gives ``a.b``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{alias.name}" for alias in names)


def names_used(tree: ast.AST) -> Iterator[str]:
    """The last two parts of each attribute that a module uses, such as ``os.environ``."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                yield f"{owner}.{name}"


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def layer_of(part: str) -> str | None:
    return next((layer for layer, parts in LAYERS.items() if part in parts.split()), None)


def own_part(path: Path) -> str:
    """The module or package directly in cli/shopctl that ``path`` is or belongs to."""
    return path.relative_to(CLI / "shopctl").parts[0].removesuffix(".py")


def shopctl_modules() -> list[Path]:
    return [path for path in modules_under(CLI / "shopctl") if own_part(path) != "__init__"]


def reached_outside(tree: ast.AST) -> list[str]:
    modules = {
        name
        for name in imported(tree)
        if name.partition(".")[0] in OUTSIDE_MODULES or name.startswith(("urllib.request", "http."))
    }
    return sorted(modules | (OUTSIDE_NAMES & {*names_used(tree), *imported(tree)}))


def test_every_module_has_a_layer() -> None:
    assert sorted({own_part(path) for path in shopctl_modules() if layer_of(own_part(path)) is None}) == []


@pytest.mark.parametrize("path", shopctl_modules(), ids=lambda path: str(path.relative_to(CLI)))
def test_a_module_imports_only_from_its_own_layer_and_those_below(path: Path) -> None:
    parts = {name.split(".")[1] for name in imported(parsed(path)) if name.startswith("shopctl.")}
    allowed = MAY_IMPORT[layer_of(own_part(path)) or "core"]
    assert {part: layer for part in parts if (layer := layer_of(part)) not in allowed | {None}} == {}


@pytest.mark.parametrize(
    "path",
    [path for path in shopctl_modules() if layer_of(own_part(path)) in {"core", "operations"}],
    ids=lambda path: str(path.relative_to(CLI)),
)
def test_core_and_operations_reach_for_nothing_outside(path: Path) -> None:
    assert reached_outside(parsed(path)) == []


def test_only_one_command_knows_the_local_cloud() -> None:
    users = {
        str(path.relative_to(CLI))
        for path in modules_under(CLI / "shopctl")
        if any(name.partition(".")[0] == "localcloud" for name in imported(parsed(path)))
    }
    assert users <= {"shopctl/commands/local.py"}


@pytest.mark.parametrize(
    ("folder", "foreign"),
    [(CLI / "localcloud", {"shopctl", "shop"}), (CLI / "shopctl", {"shop"}), (APP, {"shopctl", "localcloud"})],
    ids=["the local cloud", "shopctl", "the application"],
)
def test_what_runs_apart_is_written_apart(folder: Path, foreign: set[str]) -> None:
    found = {
        (str(path.relative_to(PROJECT)), name)
        for path in modules_under(folder)
        for name in imported(parsed(path))
        if name.partition(".")[0] in foreign
    }
    assert found == set()


@pytest.mark.parametrize(
    "code",
    [
        "import time",
        "from time import monotonic",
        "import os\nx = os.environ",
        "from os import environ",
        "import datetime\nx = datetime.datetime.now()",
        "from datetime import datetime\nx = datetime.now()",
        "def f():\n    import boto3.session",
        "import urllib.request",
    ],
)
def test_a_reach_for_the_outside_is_seen(code: str) -> None:
    assert reached_outside(ast.parse(code))


@pytest.mark.parametrize(
    "code",
    ["import timeit", "from urllib.parse import quote", "from datetime import date", "now()", "os = {}\nos.path"],
)
def test_what_is_not_a_reach_for_the_outside_is_let_through(code: str) -> None:
    assert reached_outside(ast.parse(code)) == []
