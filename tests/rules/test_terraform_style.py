"""The style guide for HCL, as far as a file shows it without Terraform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.environments import PROJECT

TERRAFORM = PROJECT / "terraform"
MODULES = sorted(path for path in (TERRAFORM / "modules").iterdir() if path.is_dir())
STACKS = sorted(path for path in (TERRAFORM / "stacks").iterdir() if path.is_dir())
FOLDERS = pytest.mark.parametrize("folder", MODULES + STACKS, ids=lambda path: f"{path.parent.name}/{path.name}")
ONLY_MODULES = pytest.mark.parametrize("folder", MODULES, ids=lambda path: path.name)


def blocks(file: Path, kind: str) -> dict[str, str]:
    """The text of each block of one kind in a file that `terraform fmt` has formatted, by the block's name."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return dict(re.findall(rf'^{kind} "([^"]+)" {{\n(.*?)^}}', text, re.MULTILINE | re.DOTALL))


@FOLDERS
@pytest.mark.parametrize(("kind", "name"), [("variable", "variables.tf"), ("output", "outputs.tf")])
def test_variables_and_outputs_are_described_in_the_order_of_the_alphabet(folder: Path, kind: str, name: str) -> None:
    found = blocks(folder / name, kind)
    assert found
    assert list(found) == sorted(found)
    assert [name for name, text in found.items() if not re.search(r'^  description += "', text, re.MULTILINE)] == []


@FOLDERS
def test_every_variable_has_a_type_that_says_something(folder: Path) -> None:
    types = {
        name: re.search(r"^  type += (.+)", text, re.MULTILINE)
        for name, text in blocks(folder / "variables.tf", "variable").items()
    }
    assert [name for name, found in types.items() if found is None or re.search(r"\bany\b", found[1])] == []


@FOLDERS
def test_a_provider_has_a_lower_and_an_upper_bound(folder: Path) -> None:
    versions = (folder / "versions.tf").read_text(encoding="utf-8")
    bounds = re.findall(r'^\s+version += "([^"]+)"', versions, re.MULTILINE)
    assert bounds
    assert [
        bound for bound in bounds if not re.fullmatch(r"~> [\d.]+|>= [\d.]+, < [\d.]+|= ?[\d.]+|[\d.]+", bound)
    ] == []


@ONLY_MODULES
def test_a_module_takes_a_name_and_tags(folder: Path) -> None:
    assert {"name", "tags"} - set(blocks(folder / "variables.tf", "variable")) == set()


@ONLY_MODULES
def test_a_module_has_a_readme_and_tests_of_refusals_and_promises(folder: Path) -> None:
    wanted = ("README.md", "tests/refusals.tftest.hcl", "tests/promises.tftest.hcl")
    assert [name for name in wanted if not (folder / name).is_file()] == []


@FOLDERS
def test_nothing_that_style_forbids_is_used(folder: Path) -> None:
    resources, data = r"time_sleep|random_\w+|null_resource", r"external|terraform_remote_state"
    forbidden = re.compile(rf'^\s*(?:provisioner "|resource "(?:{resources})"|data "(?:{data})")', re.MULTILINE)
    assert [path.name for path in folder.glob("*.tf") if forbidden.search(path.read_text(encoding="utf-8"))] == []
