"""A provider that outlived its Terraform is ended; one whose Terraform lives is left alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shopctl.process import Process, end_orphaned_providers, identify, is_alive, wait_for

PROVIDER = "terraform-provider-aws_v5.100.0_x5"


def program(folder: Path, name: str, source: str) -> Path:
    """A copy of one of this machine's programs under another name: what a process is called is its file's name."""
    found = shutil.which(source)
    assert found is not None
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(found, folder / name))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Path]:
    """A stack's folder; whatever was started from it is gone afterwards."""
    folder = tmp_path / "base@eu-central-1"
    program(folder / "data" / "providers", PROVIDER, "sleep")
    yield folder
    for process in psutil.process_iter(["cmdline"]):
        if any(part.startswith(f"{tmp_path}/") for part in process.info["cmdline"] or ()):
            process.kill()


def start(stack: Path, shell: Path) -> tuple[subprocess.Popen[str], Process]:
    """Start a provider as the child of a shell; both live until they are ended."""
    script = f'"{stack}/data/providers/{PROVIDER}" 600 & echo $!; wait'
    parent = subprocess.Popen([shell, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, identify(int(parent.stdout.readline()))


def test_a_provider_is_ended_only_once_its_terraform_is_dead(stack: Path, tmp_path: Path) -> None:
    terraform, provider = start(stack, program(tmp_path / "bin", "terraform", "bash"))
    assert end_orphaned_providers(stack) == 0
    assert is_alive(provider)
    terraform.kill()
    terraform.wait()
    assert end_orphaned_providers(stack) == 1
    assert wait_for(provider, still_waiting=lambda seconds: seconds < 30)
    assert end_orphaned_providers(stack) == 0


def test_the_provider_of_another_stack_is_nobody_s_orphan(stack: Path, tmp_path: Path) -> None:
    terraform, provider = start(stack, program(tmp_path / "bin", "terraform", "bash"))
    terraform.kill()
    terraform.wait()
    assert end_orphaned_providers(stack.with_name("base@eu-central")) == 0
    assert is_alive(provider)
