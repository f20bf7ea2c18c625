"""The door to checkov, which reads the Terraform code beside the plan.

checkov pins an old boto3, so it lives in an environment of its own. It takes seconds, nearly all of them to
start: it is begun before the plans and asked after them, and its result is kept by what it read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from shopctl.errors import PrerequisiteError, ShopctlError
from shopctl.files import atomic_write, digest_tree, make_private_folder
from shopctl.gate import Finding, NotEvaluated, Outcome, Scan, Severity
from shopctl.terraform import child_environment
from shopctl.terraform.workdir import is_source

_ENVIRONMENT: Final = "gate-venv"
_KEPT_RESULTS: Final = 10
_GOOD_EXITS: Final = (0, 1)  # 1: there are failed checks
_FIX: Final = f"install it: UV_PROJECT_ENVIRONMENT=.shopctl/{_ENVIRONMENT} uv sync --only-group gate"
# Nothing listens there: checkov would ask the package index for news of itself.
_NO_NETWORK: Final = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")

JsonValue: TypeAlias = Any  # a decoded JSON document has no useful static type


class ScanFailed(ShopctlError):
    """checkov ran and gave no result, so nobody looked at the code."""

    code = "scan_failed"


@dataclass(frozen=True, slots=True)
class Checkov:
    """The checkov of this machine. ``identity`` changes when another version is installed."""

    binary: Path
    identity: str


@dataclass(frozen=True, slots=True)
class PendingScan:
    """A scan under way; ``result`` waits for it, ``cancel`` gives it up."""

    popen: subprocess.Popen[bytes]
    output: BinaryIO
    errors: BinaryIO
    kept: Path
    terraform: Path
    digest: str

    def result(self) -> Scan:
        """Wait for the scan and return it.

        Raises: ScanFailed where checkov printed no result or could not parse the code.
        """
        code = self.popen.wait()
        document, said = _all_of(self.output), _all_of(self.errors).decode(errors="replace")
        if code not in _GOOD_EXITS:
            raise ScanFailed(f"checkov ended with exit {code}\n{said[-2000:]}", f"reinstall it; {_FIX}")
        reduced = _reduce(document, self.terraform)
        if _digest(self.terraform) == self.digest:  # else the code was edited meanwhile
            atomic_write(self.kept, json.dumps(reduced).encode())
            _forget_old(self.kept.parent)
        return _read(reduced)

    def cancel(self) -> None:
        """End the scan; it changes nothing, so nothing is lost."""
        self.popen.terminate()
        self.popen.wait()
        self.output.close()
        self.errors.close()


@dataclass(frozen=True, slots=True)
class KeptScan:
    """A scan of the same code by the same checkov, made earlier."""

    scan: Scan

    def result(self) -> Scan:
        """The scan, at once."""
        return self.scan

    def cancel(self) -> None:
        """Nothing runs."""


def find_checkov(home: Path, environ: Mapping[str, str]) -> Checkov:
    """Find checkov: ``SHOPCTL_CHECKOV``, the environment in the work folder, PATH.

    Raises: PrerequisiteError that says how to install it.
    """
    own = home / _ENVIRONMENT / "bin" / "checkov"
    named = environ.get("SHOPCTL_CHECKOV")
    wanted = named or (str(own) if own.is_file() else "checkov")
    found = shutil.which(wanted, path=environ.get("PATH"))
    if found is None:
        raise PrerequisiteError(f"checkov was not found ({wanted}), and without it the gate is not complete", _FIX)
    # Through links: a tool's launcher is one, and the package lies beside what it points to.
    binary = Path(found).resolve()
    packages = binary.parent.parent.glob("lib/python*/site-packages/checkov-*.dist-info")
    version = next((package.name for package in packages), f"modified {binary.stat().st_mtime_ns}")
    return Checkov(Path(found).absolute(), f"{binary} {version}")


def start_scan(terraform: Path, home: Path, checkov: Checkov, environ: Mapping[str, str]) -> PendingScan | KeptScan:
    """Begin to scan the modules and stacks in ``terraform``; a kept result for the same code is taken instead."""
    folder = make_private_folder(home / "checkov")
    digest = _digest(terraform)
    kept = folder / f"{hashlib.sha256(f'{digest} {checkov.identity}'.encode()).hexdigest()}.json"
    scan = _read_kept(kept)
    if scan is not None:
        return KeptScan(scan)
    output, errors = _unnamed_file(folder), _unnamed_file(folder)
    popen = subprocess.Popen(  # noqa: S603 - a list that we built; there is no shell
        _command_line(checkov, terraform),
        env=child_environment(environ) | _NO_NETWORK | {"HOME": str(folder)},
        cwd=terraform,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
        umask=0o077,
    )
    return PendingScan(popen, output, errors, kept, terraform, digest)


def _command_line(checkov: Checkov, terraform: Path) -> list[str]:
    options = ("--framework=terraform", "--output=json", "--compact", "--skip-download")
    return [str(checkov.binary), f"--directory={terraform}", *options]


def _digest(terraform: Path) -> str:
    return digest_tree(terraform, keep=is_source)


def _unnamed_file(folder: Path) -> BinaryIO:
    """A file without a name: nothing is left behind where shopctl is killed."""
    return cast("BinaryIO", tempfile.TemporaryFile(dir=folder))  # closed with the scan


def _all_of(file: BinaryIO) -> bytes:
    with file:
        file.seek(0)
        return file.read()


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Result(_Model):
    suppress_comment: str | None = None


class _Record(_Model):
    check_id: str
    check_name: str
    check_result: _Result
    file_abs_path: str
    file_line_range: tuple[int, int]
    resource: str
    guideline: str | None = None


class _Results(_Model):
    passed_checks: tuple[_Record, ...] = ()
    failed_checks: tuple[_Record, ...] = ()
    skipped_checks: tuple[_Record, ...] = ()
    parsing_errors: tuple[str, ...] = ()


class _Report(_Model):
    results: _Results = _Results()  # absent where the code has no resource


def _reduce(document: bytes, terraform: Path) -> dict[str, JsonValue]:
    """What is kept of checkov's report: a hundredth of it, with paths as in the repository.

    Raises: ScanFailed for a report of another form, or code that checkov could not parse.
    """
    try:
        results = _Report.model_validate_json(document).results
    except ValidationError as error:
        raise ScanFailed("checkov's report has an unknown form", f"install the locked version; {_FIX}") from error
    if results.parsing_errors:
        unread = ", ".join(_relative(path, terraform) for path in results.parsing_errors)
        raise ScanFailed(f"checkov could not read {unread}", "check the code: terraform validate")
    return {
        "rules": sorted({record.check_id for record in (*results.passed_checks, *results.failed_checks)}),
        "passed": len(results.passed_checks),
        "failed": [_reduce_record(record, terraform) for record in results.failed_checks],
        "skipped": [_reduce_record(record, terraform) for record in results.skipped_checks],
    }


def _reduce_record(record: _Record, terraform: Path) -> dict[str, JsonValue]:
    return {
        "rule": record.check_id,
        "title": record.check_name,
        "address": record.resource,
        "place": f"{_relative(record.file_abs_path, terraform)}:{record.file_line_range[0]}",
        "reason": record.check_result.suppress_comment,
    }


def _relative(path: str, terraform: Path) -> str:
    return os.path.relpath(path, terraform.parent)


def _read_kept(kept: Path) -> Scan | None:
    try:
        return _read(json.loads(kept.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read(reduced: Mapping[str, JsonValue]) -> Scan:
    return Scan(
        tool="checkov",
        rules=tuple(reduced["rules"]),
        findings=tuple(_finding(record) for record in reduced["failed"]),
        passed=reduced["passed"],
        not_evaluated=tuple(_skipped(reduced["skipped"])),
    )


def _finding(record: Mapping[str, JsonValue]) -> Finding:
    return Finding(
        outcome=Outcome.FAIL,
        rule=record["rule"],
        severity=Severity.MEDIUM,
        stack=None,
        address=record["address"],
        detail=record["title"],
        harm="",
        fix="change the code, or skip the check in place, with the reason",
        place=record["place"],
    )


def _skipped(records: Iterable[Mapping[str, JsonValue]]) -> Iterable[NotEvaluated]:
    for record in sorted(records, key=lambda record: (record["rule"], record["address"])):
        yield NotEvaluated(
            f"{record['rule']} at {record['address']}", f"skipped in the code: {record['reason'] or 'no reason given'}"
        )


def _forget_old(folder: Path) -> None:
    results = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in results[_KEPT_RESULTS:]:
        old.unlink(missing_ok=True)
