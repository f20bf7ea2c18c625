"""README and docs show commands that exist, lead to pages that exist, and name targets that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.exceptions import TyperException

from conftest import Golden
from support.commands_page import commands, render_page
from support.environments import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "terraform").rglob("README.md")])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# Where a command begins in a shell, and where it ends.
SHELL_PARTS = re.compile(r"&&|\|\||;|\||\$\(")
SUBSTITUTION_END = re.compile(r'\)"?\s*$')
PREFIX = re.compile(r'^(?:\$ |- run: |run: |eval "|uv run (?:--no-sync )?|[A-Z_]+=\S+ )*')

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))


def slugs(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere."""
    found = []
    for link in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if "://" in link or link.startswith("mailto:"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        lost = not target.exists() or (anchor and anchor not in slugs(target.read_text(encoding="utf-8")))
        found += [link] if lost else []
    return found


def shell_lines(text: str) -> list[str]:
    """What a page tells its reader to type: blocks of shell, prompts in blocks of text, and inline code."""
    blocks = FENCE.findall(text)
    lines = [line for kind, block in blocks if kind in {"bash", "yaml"} for line in block.splitlines()]
    lines += [line for kind, block in blocks if kind == "text" for line in block.splitlines() if line.startswith("$ ")]
    lines += INLINE.findall(FENCE.sub("", text))
    return [re.sub(r"(^|\s)#.*$", "", line).strip() for line in lines]


def command_lines(text: str) -> list[list[str]]:
    """The shopctl commands among what a page tells its reader to type, as words without ``shopctl`` itself."""
    found = []
    for line in shell_lines(text):
        for part in SHELL_PARTS.split(line):
            command = PREFIX.sub("", part.strip())
            if command.startswith("shopctl ") and "…" not in command:
                found.append(shlex.split(SUBSTITUTION_END.sub("", command.partition(">")[0]))[1:])
    return found


def refusal(words: list[str]) -> str | None:
    """What shopctl says against a command line, or None where it would run it. Runs nothing."""
    known = commands()
    paths = [path for path in known if tuple(words[: len(path)]) == path]
    if not paths:
        groups = {path[: len(words)] for path in known} | {("--help",), ("--install-completion",)}
        return None if tuple(words) in groups else f"no such command: {' '.join(words)}"
    path = paths[0]
    arguments = [word for word in words[len(path) :] if word != "--help"]
    try:
        known[path].make_context(" ".join(path), arguments)
    except TyperException as error:
        return error.format_message()
    return None


def test_the_page_of_commands_says_what_the_program_says(golden: Golden) -> None:
    golden(PROJECT / "docs" / "commands.md", render_page())


@every_page
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@every_page
def test_every_command_line_that_is_shown_would_be_taken(page: Path) -> None:
    refused = {
        " ".join(words): said
        for words in command_lines(page.read_text(encoding="utf-8"))
        if (said := refusal(words)) is not None
    }
    assert refused == {}


@every_page
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        target
        for line in shell_lines(page.read_text(encoding="utf-8"))
        for target in re.findall(r"(?:^|\$ |&& |run: )make ([a-z-]+)\b", line)
    }
    assert named - targets == set()


def test_every_page_of_the_documentation_can_be_reached_from_the_readme() -> None:
    reached, left = set(), [PROJECT / "README.md"]
    while left:
        page = left.pop()
        reached.add(page)
        links = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links if "://" not in link}
        left += [target for target in targets if target.suffix == ".md" and target.is_file() and target not in reached]
    assert [str(page.relative_to(PROJECT)) for page in (PROJECT / "docs").rglob("*.md") if page not in reached] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("`shopctl deplyo`", "no such command"),
        ("`shopctl deploy --evn dev`", "No such option"),
        ("`uv run shopctl gate --format pdf`", "'pdf'"),
        ("```bash\nshopctl plan && shopctl gaet\n```", "no such command"),
        ("```text\n$ shopctl local upp\n```", "no such command"),
        ('```bash\neval "$(shopctl local evn)"\n```', "no such command"),
        ("```yaml\n- run: uv run shopctl plan --evn dev\n```", "No such option"),
        ("`shopctl status --env`", "requires an argument"),
    ],
)
def test_a_command_line_that_would_be_refused_is_seen(text: str, said: str) -> None:
    refused = [refusal(words) for words in command_lines(text)]
    assert any(said in (answer or "") for answer in refused), refused


@pytest.mark.parametrize(
    "text",
    [
        "`shopctl`, `shopctl …`, `shopctl local`, `shopctl --help`",
        "```bash\nSHOPCTL_ENV=dev uv run shopctl deploy --stack site@dr --yes  # a comment\n```",
        '```bash\neval "$(shopctl local env)"; aws s3 ls\n```',
        "```bash\nshopctl schema > terraform/envs/env.schema.json\n```",
        'This is quoted to its end: `shopctl deploy --bundle "$bundle"`.',
        "```text\nwhat shopctl prints is no command\n```",
    ],
)
def test_a_command_line_that_would_be_taken_is_let_through(text: str) -> None:
    assert [refusal(words) for words in command_lines(text) if refusal(words)] == []
