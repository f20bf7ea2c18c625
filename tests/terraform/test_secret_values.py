"""A secret's value is made once, and Terraform keeps no trace of it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from localcloud.client import LocalCloud
from support.bench import Bench

REGION = "eu-west-3"  # the shared cloud's other tests keep out of it
ROOT = """
provider "aws" {{
  region = "{region}"
}}

module "secretsmanager" {{
  source = "../../modules/secretsmanager"

  kms_key_arn = "arn:aws:kms:{region}:000000000000:key/00000000-0000-4000-8000-000000000000"
  name        = "shop-test"
  secrets     = {{ app = {{ description = "{description}" }} }}
}}
"""


def write_root(bench: Bench, description: str) -> str:
    folder = bench.root / "examples" / "secret-values"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(ROOT.format(region=REGION, description=description), encoding="utf-8")
    return "examples/secret-values"


def apply(bench: Bench, folder: str) -> Path:
    """Plan to a file and apply that; returns the file."""
    for command, argument in (("plan", "-out=saved"), ("apply", "saved")):
        result = bench.run(folder, command, "-input=false", "-no-color", argument)
        assert result.returncode == 0, result.stdout + result.stderr
    return bench.root / folder / "saved"


def contents(saved_plan: Path) -> bytes:
    with zipfile.ZipFile(saved_plan) as members:
        return b"".join(members.read(name) for name in members.namelist())


@pytest.mark.slow
def test_a_secret_s_value_is_in_no_plan_and_no_state_and_survives_later_changes(
    bench_in_cloud: Bench, cloud: LocalCloud
) -> None:
    folder = write_root(bench_in_cloud, "Key that signs sessions.")
    bench_in_cloud.init(folder)
    apply(bench_in_cloud, folder)
    secrets = cloud.client("secretsmanager", REGION)
    value = secrets.get_secret_value(SecretId="shop-test/app")["SecretString"]
    assert len(value) == 64

    unchanged = bench_in_cloud.run(folder, "plan", "-input=false", "-no-color", "-detailed-exitcode")
    assert unchanged.returncode == 0, unchanged.stdout

    write_root(bench_in_cloud, "Key that signs sessions and tokens.")
    saved = apply(bench_in_cloud, folder)
    assert secrets.get_secret_value(SecretId="shop-test/app")["SecretString"] == value
    assert value.encode() not in contents(saved)
    assert value not in (saved.parent / "terraform.tfstate").read_text(encoding="utf-8")
