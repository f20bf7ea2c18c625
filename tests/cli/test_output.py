"""What people see: results on stdout, progress on stderr, a tree on a terminal and plain lines elsewhere."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from conftest import Golden
from shopctl.pipeline import Draft, Drafts
from shopctl.progress import LineProgress, TreeProgress
from shopctl.terraform import Workdir
from shopctl.terraform.events import ApplyComplete, ApplyErrored, ApplyStart, PlannedChange, StateLockWait
from shopctl.views import show_drafts
from support.command_line import CommandLine
from support.environments import PROJECT, graph_of
from support.plans import SITE, change, plan_of
from support.terminal import shopctl_in_a_terminal

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
BUCKET = 'module.s3.aws_s3_bucket.this["uploads"]'


def trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("status", ("status",)),
        ("history", ("history",)),
        ("outputs", ("outputs",)),
        ("render-edge", ("render", "--stack", "edge")),
        ("unknown-environment", ("status", "--env", "nope")),
    ],
)
def test_what_people_read_is_what_was_reviewed(
    cloud_shop: CommandLine, name: str, arguments: tuple[str, ...], golden: Golden
) -> None:
    said = cloud_shop(*arguments)
    golden(GOLDEN / f"{name}.txt", trimmed(said.out or said.err))


def test_what_bootstrap_would_do_is_what_was_reviewed(cloud_shop: CommandLine, golden: Golden) -> None:
    cloud_shop.edit('account: "000000000000"', 'account: "555566667777"')  # where nothing stands
    golden(GOLDEN / "bootstrap-dry-run.txt", trimmed(cloud_shop("bootstrap", "--dry-run").out))


def test_results_go_to_stdout_and_progress_to_stderr(cloud_shop: CommandLine) -> None:
    said = cloud_shop("bootstrap")
    assert said.code == 0
    assert "control@eu-central-1: unchanged" in said.err
    assert "control@eu-central-1: unchanged" not in said.out
    assert "make the hosted zone of local.shop.test" in said.out


def test_a_machine_gets_the_result_and_people_still_see_progress(cloud_shop: CommandLine) -> None:
    said = cloud_shop("bootstrap", "--json")
    assert {step["result"] for step in said.data["steps"]} == {"skipped"}
    assert "control@eu-central-1: unchanged" in said.err


def test_a_log_gets_a_line_per_phase_and_for_what_is_slow_or_fails(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LineProgress()
    progress.phase("edge", "applying", "2 to add")
    progress.event("edge", ApplyStart(BUCKET, "create"))
    progress.event("edge", ApplyComplete(BUCKET, "create", 9, "b"))
    progress.event("edge", ApplyComplete(BUCKET, "create", 61, "b"))
    progress.event("edge", ApplyErrored(BUCKET, "create", 1))
    progress.event("edge", StateLockWait())
    said = capsys.readouterr()
    assert said.out == ""
    assert [line.partition("s  ")[2] for line in said.err.splitlines()] == [
        "edge: applying (2 to add)",
        f"edge: create {BUCKET} took 61 s",
        f"edge: create {BUCKET} failed",
        "edge: waiting for the state lock",
    ]


def drawn(tree: TreeProgress, screen: Console) -> list[str]:
    with screen.capture() as captured:
        screen.print(tree)
    return captured.get().splitlines()


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=60, height=16, markup=False, emoji=False, highlight=False)


def test_the_tree_shows_each_stack_with_its_phase_and_what_is_under_way(screen: Console) -> None:
    tree = TreeProgress("deploy local", screen)
    tree.phase("base", "done", "47 to add")
    tree.phase("site", "applying", "2 to add")
    for action in ("create", "replace", "noop"):
        tree.event("site", PlannedChange(BUCKET, action, None, importing=False))
    tree.event("site", ApplyStart(BUCKET, "delete"))
    tree.event("site", ApplyComplete(BUCKET, "delete", 1, None))
    tree.event("site", ApplyStart(BUCKET, "create"))
    tree.phase("edge", "deferred", "planned once what it reads is known")
    assert drawn(tree, screen) == [
        "deploy local",
        "├── ✓ base  done  47 to add",
        "├── … site  applying 1/3  0 s  2 to add",
        f"│   └── {BUCKET}  0 s",
        "└── · edge  deferred  planned once what it reads is known",
    ]


def test_an_apply_that_tells_its_plan_again_is_not_counted_twice(screen: Console) -> None:
    tree = TreeProgress("deploy local", screen)
    for phase in ("planning", "applying"):
        tree.phase("site", phase)
        tree.event("site", PlannedChange(BUCKET, "create", None, importing=False))
    assert "applying 0/1" in drawn(tree, screen)[1]


def test_the_tree_stays_on_the_screen_however_much_is_under_way(screen: Console) -> None:
    tree = TreeProgress("deploy local", screen)
    for stack in ("base@eu-west-1", "base@eu-central-1", "site@eu-west-1", "site@eu-central-1", "edge"):
        tree.phase(stack, "applying")
        for number in range(20):
            tree.event(stack, ApplyStart(f'module.s3.aws_s3_bucket_lifecycle_configuration.this["{number}"]', "create"))
    lines = drawn(tree, screen)
    assert len(lines) <= screen.height
    assert max(map(len, lines)) <= screen.width
    assert sum("more" in line for line in lines) == 5


def test_a_terminal_shows_the_tree_and_gets_its_cursor_back(cloud_shop: CommandLine) -> None:
    with shopctl_in_a_terminal("bootstrap", cwd=PROJECT, environ=os.environ) as terminal:
        assert terminal.wait() == 0
    assert "bootstrap local\n├── " in terminal.text
    assert "✓ control@eu-central-1  unchanged" in terminal.text
    assert terminal.raw.rfind("\x1b[?25h") > terminal.raw.rfind("\x1b[?25l")


@pytest.mark.parametrize(
    ("keys", "code", "told"),
    [
        ("locall\n", 5, "refused: nothing was changed: 'locall' is not 'local'"),
        ("\x03", 130, "interrupted: stopped before anything was changed"),
        ("\x04", 130, "interrupted: stopped before anything was changed"),
    ],
    ids=["another name", "Ctrl-C", "end of input"],
)
def test_a_question_is_asked_once_and_anything_but_its_answer_is_a_no(
    cloud_shop: CommandLine, keys: str, code: int, told: str
) -> None:
    with shopctl_in_a_terminal("bootstrap", "--remove", cwd=PROJECT, environ=os.environ) as terminal:
        terminal.wait_for("Type the environment's name to go on (local): ")
        terminal.type(keys)
        assert terminal.wait() == code
    assert told in " ".join(terminal.text.split())
    assert terminal.text.count("Type the environment's name") == 1
    assert cloud_shop("history", "--json").data == {"runs": []}


def test_a_long_line_of_a_plan_goes_on_below_itself_at_a_word(screen: Console) -> None:
    kinds = ("aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_server_side_encryption_configuration")
    plan = plan_of(*(change(f'{kind}.this["{number}"]', {}) for kind in kinds for number in range(5)))
    draft = Draft(graph_of("local").get(SITE), Workdir(Path(), "site"), plan, Path())
    with screen.capture() as captured:
        screen.print(show_drafts(Drafts({SITE: draft}, {})), soft_wrap=True)  # as every result is printed
    assert [line.rstrip() for line in captured.get().splitlines()][:3] == [
        "site@eu-west-1",
        "  + 5 aws_s3_bucket_lifecycle_configuration, 5",
        "    aws_s3_bucket_server_side_encryption_configuration",
    ]
