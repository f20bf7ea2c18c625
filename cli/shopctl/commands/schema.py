"""`shopctl schema`."""

from __future__ import annotations

import json

from shopctl.commands import options
from shopctl.output import Result


def schema(
    as_json: options.Json = False,
) -> Result:
    """Print the JSON schema of env.yaml, for editors.

    Examples:

        shopctl schema > terraform/envs/env.schema.json
    """
    from shopctl.spec import json_schema

    document = json_schema()
    return Result("schema", {"schema": document}, json.dumps(document, indent=2, ensure_ascii=False))
