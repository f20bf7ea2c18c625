"""checkov reads the code for the gate; its result is kept for as long as the code is the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shopctl.checkov import Checkov, KeptScan, PendingScan, ScanFailed, find_checkov, start_scan
from shopctl.errors import PrerequisiteError
from shopctl.gate import Scan
from support.environments import PROJECT

QUEUE = """\
resource "aws_sqs_queue" "jobs" {
  name = "jobs"
}

resource "aws_sns_topic" "alerts" {
  #checkov:skip=CKV_AWS_26:there is nothing secret in an alert
  name = "alerts"
}
"""


@pytest.fixture(scope="module")
def checkov() -> Checkov:
    try:
        return find_checkov(PROJECT / ".shopctl", os.environ)
    except PrerequisiteError:
        pytest.skip("checkov is not installed: make setup")


def checkout(folder: Path, hcl: str) -> Path:
    module = folder / "terraform" / "modules" / "sqs"
    module.mkdir(parents=True)
    (module / "queues.tf").write_text(hcl)
    return folder / "terraform"


def test_findings_name_the_line_and_skips_their_reason_and_the_result_is_kept(tmp_path: Path, checkov: Checkov) -> None:
    terraform = checkout(tmp_path, QUEUE)
    pending = start_scan(terraform, tmp_path / "home", checkov, os.environ)
    assert isinstance(pending, PendingScan)
    scan = pending.result()
    assert [(one.rule, one.place) for one in scan.findings] == [("CKV_AWS_27", "terraform/modules/sqs/queues.tf:1")]
    assert [item.why for item in scan.not_evaluated] == ["skipped in the code: there is nothing secret in an alert"]
    assert "CKV_AWS_27" in scan.rules
    again = start_scan(terraform, tmp_path / "home", checkov, os.environ)
    assert isinstance(again, KeptScan)
    assert again.result() == scan


def test_code_that_cannot_be_read_is_no_pass(tmp_path: Path, checkov: Checkov) -> None:
    pending = start_scan(checkout(tmp_path, "resource {{{"), tmp_path / "home", checkov, os.environ)
    with pytest.raises(ScanFailed, match=r"could not read terraform/modules/sqs/queues\.tf"):
        pending.result()


def test_a_checkov_that_crashes_is_no_pass(tmp_path: Path) -> None:
    program = tmp_path / "checkov"
    program.write_text("#!/bin/sh\necho boom >&2\nexit 2\n")
    program.chmod(0o700)
    pending = start_scan(checkout(tmp_path, QUEUE), tmp_path / "home", Checkov(program, "broken"), os.environ)
    with pytest.raises(ScanFailed, match="boom"):
        pending.result()


def test_changed_code_is_scanned_anew_and_a_scan_can_be_given_up(tmp_path: Path) -> None:
    program = tmp_path / "checkov"
    program.write_text("#!/bin/sh\necho '{\"results\": {}}'\n[ -e ../slow ] && exec sleep 60\nexit 0\n")
    program.chmod(0o700)
    terraform = checkout(tmp_path, QUEUE)
    tool = Checkov(program, "one")
    assert start_scan(terraform, tmp_path / "home", tool, os.environ).result() == Scan("checkov")
    assert isinstance(start_scan(terraform, tmp_path / "home", tool, os.environ), KeptScan)
    (tmp_path / "slow").touch()
    (terraform / "modules" / "sqs" / "queues.tf").write_text(QUEUE + "\n")
    pending = start_scan(terraform, tmp_path / "home", tool, os.environ)
    assert isinstance(pending, PendingScan)
    pending.cancel()
    assert pending.popen.returncode is not None


def test_a_missing_checkov_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(PrerequisiteError) as missing:
        find_checkov(tmp_path, {"PATH": str(tmp_path)})
    assert "uv sync --only-group gate" in missing.value.fix
