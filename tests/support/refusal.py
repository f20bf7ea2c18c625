"""What AWS says no with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Code and message of the error that a boto3 call must end in."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    error = refused.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def code_of(call: Callable[..., Any], **arguments: Any) -> str:
    """Code of the error that a boto3 call must end in."""
    return refusal(call, **arguments)[0]
