"""Where things may be, and what no tracked file may hold."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from support.environments import PROJECT

TERRAFORM = PROJECT / "terraform"
MODULE_CALL = re.compile(r'^\s*module\s+"', re.MULTILINE)
# A folder of one machine. What is meant for every machine begins elsewhere or is relative.
MACHINE_PATH = re.compile(r"(?<![\w.~$}{*/@:-])/(?:home|root|Users|work|opt|mnt)/[\w.-]+")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
# A skip, and the same skip followed by its reason.
SKIPS = {
    "noqa": (r"#\s*noqa\b", r"#\s*noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* +[-#—]+ *\w.{5,}"),
    "type: ignore": (r"#\s*type:\s*ignore", r"#\s*type: ignore\[[\w, -]+\] +[-#—]+ *\w.{5,}"),
    "pragma": (r"#\s*pragma:", r"#\s*pragma: no cover +[-#—]+ *\w.{5,}"),
    "checkov": (r"checkov:skip", r"checkov:skip=CKV\w+:\s*\w.{5,}"),
    "other scanners": (r"(?:tflint|trivy)[-:]ignore", r"(?:tflint|trivy)[-:]ignore:\s*\S+ +[-#—]+ *\w.{5,}"),
}  # fmt: skip


@cache
def project_texts() -> dict[str, str]:
    """Every text file that is tracked or would be, by its path in the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout.decode().split("\0")
    texts = {}
    for name in sorted(filter(None, listed)):
        path = PROJECT / name
        raw = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in raw and name != "uv.lock":
            texts[name] = raw.decode("utf-8")
    return texts


def lines_with(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in project_texts().items()
        if name.endswith(suffixes or ("",)) and not name.startswith("tests/rules/")
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def hcl_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.tf")) if ".terraform" not in path.parts]


def test_environment_folders_hold_settings_and_no_code() -> None:
    names = {name for name in project_texts() if name.startswith("terraform/envs/")}
    assert names
    assert {
        n for n in names if not re.fullmatch(r"terraform/envs/(env\.schema\.json|[\w-]+/(env|waivers)\.yaml)", n)
    } == set()


def test_no_module_calls_another() -> None:
    modules = hcl_files(TERRAFORM / "modules")
    assert modules
    assert [str(path) for path in modules if MODULE_CALL.search(path.read_text(encoding="utf-8"))] == []


def test_stacks_call_modules_of_the_project_only() -> None:
    sources = [
        source
        for path in hcl_files(TERRAFORM / "stacks")
        for source in re.findall(r'^\s*source\s*=\s*"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        if source != "hashicorp/aws"
    ]
    assert sources
    assert [source for source in sources if not (TERRAFORM / "stacks" / "base" / source).resolve().is_dir()] == []


def test_only_stacks_configure_a_provider_or_a_backend() -> None:
    block = re.compile(r'^\s*(provider|backend)\s+"', re.MULTILINE)
    found = {
        path.relative_to(TERRAFORM).parts[0] for path in hcl_files(TERRAFORM) if block.search(path.read_text("utf-8"))
    }
    assert found == {"stacks"}


def test_nothing_but_the_provider_s_bucket_addressing_asks_which_cloud_it_is() -> None:
    uses = [line for line in lines_with(re.compile(r"\bvar\.cloud\b"), ".tf") if "variables.tf" not in line]
    assert uses
    assert [line for line in uses if not re.search(r's3_use_path_style\s*=\s*var\.cloud == "local"', line)] == []
    assert {line.split("/")[1] for line in uses} == {"stacks"}


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(UNFINISHED) == []


@pytest.mark.parametrize("kind", SKIPS)
def test_every_skip_has_its_reason(kind: str) -> None:
    skip, with_reason = SKIPS[kind]
    found = lines_with(re.compile(skip), ".py", ".tf", ".hcl", ".yaml", ".yml", ".toml", ".j2")
    assert [line for line in found if not re.search(with_reason, line)] == []


def test_every_rule_switched_off_for_good_has_its_reason() -> None:
    text = project_texts()["pyproject.toml"]
    ignored = [line for line in text.splitlines() if re.match(r'\s+"[A-Z]+\d+"', line)]
    assert ignored
    assert [line for line in ignored if "# " not in line] == []


@pytest.mark.parametrize(
    ("kind", "line", "has_reason"),
    [
        ("noqa", "x  # noqa: S603", False),
        ("noqa", "x  # noqa", False),
        ("noqa", "x  # noqa: S603 - the list is ours", True),
        ("type: ignore", "x  # type: ignore", False),
        ("type: ignore", "x  # type: ignore[arg-type]", False),
        ("type: ignore", "x  # type: ignore[arg-type]  # the stub is wrong", True),
        ("checkov", "#checkov:skip=CKV_AWS_1", False),
        ("checkov", "#checkov:skip=CKV_AWS_1: replicas have it", True),
    ],
)
def test_a_skip_without_a_reason_is_seen(kind: str, line: str, has_reason: bool) -> None:
    skip, with_reason = SKIPS[kind]
    assert re.search(skip, line)
    assert bool(re.search(with_reason, line)) == has_reason


@pytest.mark.parametrize(
    ("text", "is_machine_path"),
    [
        ('path = "/home/someone/shop"', True),
        ("see /opt/tool/bin", True),
        ("https://example.com/work/items", False),
        ("arn:aws:iam::111122223333:root", False),
        ("$HOME/work/x", False),
        ("./work/x", False),
    ],
)
def test_a_folder_of_one_machine_is_seen(text: str, is_machine_path: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == is_machine_path
