"""What the hcl filter writes, Terraform reads back as the same value, in the layout of its own formatter."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopctl.render import Json, hcl
from support.hcl import evaluate, terraform

# Terraform keeps text in Unicode's normal form C. Source: https://github.com/zclconf/go-cty (cty.StringVal)
texts = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: unicodedata.normalize("NFC", text))
nasty = st.text(st.sampled_from("$%{}\\\"'\n\t\0~ab"), max_size=12)
keys = st.from_regex(r"[a-zA-Z0-9_ .@-]{1,12}", fullmatch=True)
numbers = st.integers(-(2**70), 2**70) | st.floats(-1e6, 1e6, width=32)
scalars = st.none() | st.booleans() | numbers | texts | nasty
values = st.recursive(
    scalars, lambda inner: st.lists(scalars, max_size=4) | st.dictionaries(keys, inner, max_size=5), max_leaves=30
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hcl")


few = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(st.lists(values, min_size=10, max_size=30))
def test_terraform_reads_back_the_same_values(folder: Path, many: list[Json]) -> None:
    written: dict[str, Json] = {f"v{index}": value for index, value in enumerate(many)}
    (folder / "written.tf").write_text(f"locals {{\n  written = {hcl(written)}\n}}\n", encoding="utf-8")
    assert evaluate(folder, "local.written") == written


@few
@given(st.dictionaries(keys, values, min_size=1, max_size=8))
def test_the_layout_is_that_of_terraform_fmt(folder: Path, value: dict[str, Json]) -> None:
    text = f"written = {hcl(value)}\n"
    result = terraform(folder, "fmt", "-", stdin=text)
    assert result.returncode == 0, result.stderr
    assert result.stdout == text
