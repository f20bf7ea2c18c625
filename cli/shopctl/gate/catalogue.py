"""All rules of the gate, and their page in the documentation."""

from __future__ import annotations

from typing import Final

from shopctl.gate import data_loss, encryption, exposure
from shopctl.gate.model import Rule

RULES: Final[tuple[Rule, ...]] = (*data_loss.RULES, *exposure.RULES, *encryption.RULES)

_CONCERNS: Final = {"DATA": "Data loss", "EXPO": "Exposure", "ENCR": "Encryption"}

_HEAD: Final = """\
# Gate rules

Every plan passes these rules before it may be applied. A rule answers for each resource that it knows: PASS, FAIL,
or UNKNOWN where a value is known only after the apply. One FAIL refuses the plan, unless `waivers.yaml` beside the
environment's `env.yaml` lets it through by name, with a reason, an owner and a last day at most 90 days ahead:

```yaml
schema_version: 1
waivers:
  - rule: SHOP-DATA-001
    stack: site@eu-west-1                                  # * stands for any text; default: every stack
    address: module.sqs.aws_sqs_queue.this["jobs"]         # * stands for any text
    reason: the queue moves to another name, it was drained before
    owner: Robin Example
    expires: "2030-01-31"
```

Beside these, checkov reads the Terraform code; its findings carry its own ids (`CKV_AWS_…`) and are waived in the
same way, or skipped in the code with a reason.
"""


def render_catalogue(rules: tuple[Rule, ...] = RULES) -> str:
    """The rules as a page of documentation. Pure."""
    parts = [_HEAD]
    for concern, title in _CONCERNS.items():
        parts.append(f"\n## {title}\n")
        parts += [_entry(rule) for rule in rules if rule.concern == concern]
    return "".join(parts)


def _entry(rule: Rule) -> str:
    types = ", ".join(f"`{kind}`" for kind in sorted(rule.types))
    return (
        f"\n### {rule.id}: {rule.title}\n\n"
        f"- Severity: {rule.severity}\n"
        f"- Without it: {rule.harm}.\n"
        f"- Cure: {rule.fix}.\n"
        f"- Looks at: {types}.\n"
    )
