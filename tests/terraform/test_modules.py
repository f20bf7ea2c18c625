"""Every Terraform module and stack: formatted, valid, tested by Terraform itself, and as its README says."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from support.bench import Bench
from support.environments import PROJECT

TERRAFORM = PROJECT / "terraform"
MODULES = tuple(sorted(path.name for path in (TERRAFORM / "modules").iterdir() if path.is_dir()))
STACKS = tuple(sorted(path.name for path in (TERRAFORM / "stacks").iterdir() if path.is_dir()))
# What is rendered for the environment `local`, by stack.
RENDERED = {
    "base": "local/base-eu-central-1.tfvars",
    "edge": "local/edge.tfvars",
    "site": "local/site-eu-central-1.tfvars",
}
# Terraform's mock providers have no ephemeral resources: these modules plan with the real provider.
WITH_EPHEMERAL_RESOURCES = frozenset({"rds", "secretsmanager"})


def declared(kind: str, file: Path) -> dict[str, str]:
    """The blocks of a kind in a file, each with its text, by name and in their order."""
    blocks = re.split(rf'^{kind} "', file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {name: text for name, _, text in (block.partition('"') for block in blocks)}


def section(readme: str, title: str) -> str:
    """The text of a README's section."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {title}"
    return found[1]


def readme_of(module: str) -> str:
    return (TERRAFORM / "modules" / module / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def bench_of(bench: Bench, request: pytest.FixtureRequest) -> Bench:
    """The bench for the module of a test, which has a cloud behind it where the module needs one."""
    if request.node.callspec.params["module"] not in WITH_EPHEMERAL_RESOURCES:
        return bench
    in_cloud: Bench = request.getfixturevalue("bench_in_cloud")
    return in_cloud


def test_everything_is_formatted(bench: Bench) -> None:
    result = bench.run(".", "fmt", "-check", "-recursive", "-diff")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_valid_with_its_committed_lock_file(bench: Bench, stack: str) -> None:
    bench.init(f"stacks/{stack}")
    result = bench.run(f"stacks/{stack}", "validate", "-json")
    assert json.loads(result.stdout)["diagnostics"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("stack", "rendered"), RENDERED.items())
def test_a_stack_takes_what_is_rendered_and_refuses_what_its_tests_say(
    bench_in_cloud: Bench, stack: str, rendered: str
) -> None:
    bench_in_cloud.init(f"stacks/{stack}")
    messages = bench_in_cloud.test(f"stacks/{stack}", f"-var-file={PROJECT / 'tests' / 'golden' / 'tfvars' / rendered}")
    summary = next(message["test_summary"] for message in messages if message["type"] == "test_summary")
    assert (summary["status"], summary["skipped"]) == ("pass", 0)
    assert summary["passed"] > 1


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_a_module_refuses_and_promises_what_its_tests_say(bench_of: Bench, module: str) -> None:
    written = sum(
        len(declared("run", file)) for file in (TERRAFORM / "modules" / module / "tests").glob("*.tftest.hcl")
    )
    passed = 0
    for folder in (refusals_of_variables(bench_of, module), f"modules/{module}"):
        bench_of.init(folder)
        messages = bench_of.test(folder)
        summary = next(message["test_summary"] for message in messages if message["type"] == "test_summary")
        assert (summary["status"], summary["skipped"]) == ("pass", 0)
        passed += summary["passed"]
    assert passed == written


def refusals_of_variables(bench: Bench, module: str) -> str:
    """Move the runs that expect a variable's refusal to a folder without resources, and return that folder.

    A variable is judged before any resource, so they need no provider, whose schema costs a second of processor
    in every run.
    """
    source, folder = bench.root / "modules" / module, bench.root / "refusals" / module
    (folder / "tests").mkdir(parents=True)
    for file in source.glob("*.tf"):
        text = file.read_text(encoding="utf-8")
        if not re.search(r"^(?:resource|data|ephemeral|output|terraform)\b", text, re.MULTILINE):
            shutil.copy(file, folder)
    refusals = source / "tests" / "refusals.tftest.hcl"
    head, *runs = re.split(r'^(?=run ")', refusals.read_text(encoding="utf-8"), flags=re.MULTILINE)
    of_variables = [
        run for run in runs if re.search(r"^  expect_failures += \[(?:var\.\w+(?:, )?)+\]$", run, re.MULTILINE)
    ]
    (variables,) = re.findall(r"^variables \{\n.*?^\}\n", head, re.MULTILINE | re.DOTALL)
    (folder / "tests" / refusals.name).write_text("\n".join([variables, *of_variables]), encoding="utf-8")
    refusals.write_text("".join([head, *(run for run in runs if run not in of_variables)]), encoding="utf-8")
    return f"refusals/{module}"


@pytest.fixture(scope="module")
def created_under_mocks(bench: Bench) -> list[str]:
    """What the examples create together that need no cloud: a root of its own for each would load the schema again."""
    return created_by_examples(bench, "mocked", [name for name in MODULES if name not in WITH_EPHEMERAL_RESOURCES])


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_a_module_s_example_plans_what_its_readme_says(module: str, request: pytest.FixtureRequest) -> None:
    (count,) = re.findall(r"^Plans (\d+) resources\.$", section(readme_of(module), "Example"), re.MULTILINE)
    if module in WITH_EPHEMERAL_RESOURCES:
        created = created_by_examples(request.getfixturevalue("bench_in_cloud"), module, [module])
    else:
        together = request.getfixturevalue("created_under_mocks")
        created = [address for address in together if address.startswith(f"module.{module}.")]
    assert len(created) == int(count), "\n".join(created)


def created_by_examples(bench: Bench, name: str, modules: list[str]) -> list[str]:
    """Plan the examples of the modules' READMEs in one root, and return the addresses of what they would create."""
    folder = bench.root / "examples" / name
    (folder / "tests").mkdir(parents=True)
    for module in modules:
        (code,) = re.findall(r"^```hcl\n(.*?)^```$", section(readme_of(module), "Example"), re.MULTILINE | re.DOTALL)
        (folder / f"{module}.tf").write_text(code, encoding="utf-8")
    shutil.copy(TERRAFORM / "modules" / modules[0] / "versions.tf", folder)
    is_real = not WITH_EPHEMERAL_RESOURCES.isdisjoint(modules)
    provider = 'provider "aws" {\n  region = "eu-central-1"\n}\n' if is_real else 'mock_provider "aws" {}\n'
    test = f'{provider}\nrun "example" {{\n  command = plan\n}}\n'
    (folder / "tests" / "example.tftest.hcl").write_text(test, encoding="utf-8")
    bench.init(f"examples/{name}")
    messages = bench.test(f"examples/{name}", "-verbose")  # reports the plan
    plan = next(message["test_plan"] for message in messages if message["type"] == "test_plan")
    return [change["address"] for change in plan["resource_changes"] if change["change"]["actions"] == ["create"]]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("title", "kind"), [("Inputs", "variable"), ("Outputs", "output")])
def test_a_readme_s_tables_are_what_the_module_declares(module: str, title: str, kind: str) -> None:
    names = re.findall(r"^\| `(\w+)` \|", section(readme_of(module), title), re.MULTILINE)
    assert names == list(declared(kind, TERRAFORM / "modules" / module / f"{kind}s.tf"))


@pytest.mark.parametrize("module", MODULES)
def test_every_run_of_a_module_s_tests_refuses_or_asserts_something(module: str) -> None:
    folder = TERRAFORM / "modules" / module / "tests"
    runs = {name: text for file in folder.glob("*.tftest.hcl") for name, text in declared("run", file).items()}
    assert runs
    idle = [name for name, text in runs.items() if "expect_failures" not in text and "assert {" not in text]
    assert idle == []
