"""Rendered keys are the declared variables, at every depth.

Terraform drops an attribute that an object type does not declare, and fills in one that is declared optional, both
without a word. So Terraform reads each rendering twice: as it is written, and through the stack's own variables.tf.
The two must be equal; a validation of the variables that refuses the values fails here as well.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.environments import ENVS, PROJECT, STACK_CASES, graph_of
from support.hcl import evaluate, terraform

GOLDEN = PROJECT / "tests" / "golden" / "tfvars"
STACKS = PROJECT / "terraform" / "stacks"


def rendering(env: str, stack: str) -> Path:
    return GOLDEN / env / f"{stack.replace('@', '-')}.tfvars"


def as_written_and_as_read(folder: Path, tfvars: str, variables: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of ``tfvars`` as Terraform parses them, and after their conversion to the declared types."""
    (folder / "variables.tf").write_text(variables, encoding="utf-8")
    (folder / "written.tf").write_text(f"locals {{\n  written = {{\n{tfvars}\n}}\n}}\n", encoding="utf-8")
    (folder / "given.tfvars").write_text(tfvars, encoding="utf-8")
    names = re.findall(r'^variable "(\w+)"', variables, re.MULTILINE)
    read = ", ".join(f"{name} = var.{name}" for name in names)
    both = evaluate(folder, f"{{written = local.written, read = {{{read}}}}}", "-var-file=given.tfvars")
    return both["written"], both["read"]


@pytest.mark.parametrize(("env", "stack"), STACK_CASES)
def test_what_is_rendered_is_what_the_stack_declares(env: str, stack: str, tmp_path: Path) -> None:
    declared = (STACKS / stack.partition("@")[0] / "variables.tf").read_text(encoding="utf-8")
    written, read = as_written_and_as_read(tmp_path, rendering(env, stack).read_text(encoding="utf-8"), declared)
    assert written == read


@pytest.mark.parametrize("root", ["base", "site", "edge"])
def test_variables_are_declared_in_their_own_file_only(root: str) -> None:
    others = [path for path in (STACKS / root).glob("*.tf") if path.name != "variables.tf"]
    assert others
    assert [path.name for path in others if re.search(r'^variable "', path.read_text("utf-8"), re.MULTILINE)] == []


@pytest.mark.parametrize("stack", ["base@eu-central-1", "site@eu-central-1", "edge"])
def test_production_leaves_no_map_or_object_empty_in_which_a_difference_could_hide(stack: str) -> None:
    text = rendering("prod", stack).read_text(encoding="utf-8")
    assert "{}" not in text
    assert "replication = null" not in text


@pytest.mark.parametrize("env", ENVS)
def test_a_stack_s_outputs_have_the_names_that_others_read(env: str) -> None:
    for stack in graph_of(env):
        for item in stack.inputs:
            outputs = (STACKS / item.stack.root / "outputs.tf").read_text(encoding="utf-8")
            assert re.search(rf'^output "{item.output}" {{', outputs, re.MULTILINE), item


DECLARED = """
variable "queue" {
  type = map(object({ seconds = number, deep = object({ on = bool, off = optional(bool, true) }) }))
}
"""


def test_an_equal_rendering_is_found_equal(tmp_path: Path) -> None:
    tfvars = "queue = {\n  jobs = { seconds = 1, deep = { on = true, off = false } }\n}\n"
    written, read = as_written_and_as_read(tmp_path, tfvars, DECLARED)
    assert written == read == {"queue": {"jobs": {"seconds": 1, "deep": {"on": True, "off": False}}}}


@pytest.mark.parametrize(
    "deep",
    ["on = true, off = false, of = true", "on = true"],
    ids=["an attribute that is not declared", "an attribute that is not rendered"],
)
def test_a_difference_in_depth_is_found(tmp_path: Path, deep: str) -> None:
    tfvars = f"queue = {{\n  jobs = {{ seconds = 1, deep = {{ {deep} }} }}\n}}\n"
    written, read = as_written_and_as_read(tmp_path, tfvars, DECLARED)
    assert written != read


def test_a_variable_that_is_not_declared_is_found(tmp_path: Path) -> None:
    tfvars = "queue = {}\nqueues = {}\n"
    written, read = as_written_and_as_read(tmp_path, tfvars, DECLARED)
    assert written != read


def test_the_renderings_are_formatted_as_terraform_does(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path / "golden")
    result = terraform(tmp_path, "fmt", "-check", "-recursive", "-diff", "golden")
    assert result.returncode == 0, result.stdout + result.stderr
