"""Terraform itself as the reader of what was rendered: no provider, no init, no state."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any


def terraform(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run terraform in ``folder``, without the machine's own settings for it."""
    config = folder / "cli.tfrc"
    config.write_text("", encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(config)}
    return subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        input=stdin,
        env=environment | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def evaluate(folder: Path, expression: str, *arguments: str) -> Any:
    """The value of ``expression`` in the configuration in ``folder``."""
    result = terraform(folder, "console", *arguments, stdin=f"base64encode(jsonencode({expression}))\n")
    text = re.search(r'^"([A-Za-z0-9+/=]+)"$', result.stdout, re.MULTILINE)
    assert result.returncode == 0, result.stderr
    assert text, result.stdout + result.stderr
    return json.loads(base64.b64decode(text[1]))
