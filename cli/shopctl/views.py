"""How results look to people: tables and texts for a terminal, made from core values. Prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from shopctl.aws.sites import DatabaseHealth, Servers
from shopctl.doctor import Check
from shopctl.pipeline import Drafts
from shopctl.plan import Plan
from shopctl.runs.history import RunSummary
from shopctl.runs.steps import RunReport, StepResult
from shopctl.stacks import Role
from shopctl.status import StackStatus, Status

MOST_LINES = 40
MANY = 8


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> Table:
    """A plain table that a terminal, a log and a pasted report show alike."""
    heads = (Column(column, overflow="fold") for column in columns)  # an id that is cut is of no use
    made = Table(*heads, title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def show_drafts(drafts: Drafts) -> RenderableType:
    """What the plans of an environment would do, stack by stack."""
    rows = [
        (str(stack_id), str(draft.plan.counts) if draft.plan else "no changes")
        for stack_id, draft in drafts.drafts.items()
    ]
    rows += [(str(stack_id), f"deferred: needs {_names(inputs)}") for stack_id, inputs in drafts.deferred.items()]
    lines = [line for plan in drafts.plans for line in (Text(f"{plan.stack}"), *map(_change, _gathered(plan)))]
    shown = lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        shown.append(Text(f"… and {len(lines) - MOST_LINES} lines more (all of them: shopctl plan --json)"))
    return Group(*shown, table(("stack", "plan"), rows))


def _change(line: str) -> RenderableType:
    """One line of a plan; one that is longer than the screen goes on below itself, at a word."""
    sign, _, rest = line.partition(" ")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row(f"  {sign}", Text(rest, no_wrap=False, overflow="fold"))
    return grid


def _gathered(plan: Plan) -> Iterator[str]:
    """The lines of a plan; where many resources share a sign they are counted by type, so that the rest stands out."""
    signs = Counter(line.split(" ", 1)[0] for line in plan.lines)
    many = {sign for sign, count in signs.items() if count > MANY}
    kinds = Counter((change.sign, change.type) for change in plan.changes if change.sign in many)
    for sign in sorted(many):
        yield f"{sign} " + ", ".join(f"{count} {kind}" for (its, kind), count in sorted(kinds.items()) if its == sign)
    yield from (line for line in plan.lines if line.split(" ", 1)[0] not in many)


def drafts_data(drafts: Drafts) -> dict[str, Any]:
    """The same for machines."""
    planned = {
        str(stack_id): {
            "changes": draft.plan is not None,
            "counts": _counts(draft.plan.counts) if draft.plan else {},
            "resources": list(draft.plan.lines) if draft.plan else [],
        }
        for stack_id, draft in drafts.drafts.items()
    }
    waiting = {str(stack_id): [str(item) for item in inputs] for stack_id, inputs in drafts.deferred.items()}
    return {"stacks": planned, "deferred": waiting}


def show_report(report: RunReport) -> RenderableType:
    """How each step of a run ended."""
    return table(("step", "result", ""), [_report_row(result) for result in report.results])


def report_data(report: RunReport) -> list[dict[str, str]]:
    """The same for machines."""
    return [{"step": result.step.name, "result": result.status, "detail": result.detail} for result in report.results]


def show_runs(runs: Sequence[RunSummary]) -> RenderableType:
    """Past runs, newest first."""
    rows = [
        (run.run, run.operation, run.status, f"{run.steps_done}/{run.steps_total}", run.started, run.by, run.detail)
        for run in runs
    ]
    return table(("run", "operation", "status", "steps", "started", "by", ""), rows)


def show_status(status: Status) -> RenderableType:
    """What stands where."""
    rows = [
        (
            str(item.stack.id),
            item.stack.region,
            item.stack.role,
            str(item.resources),
            "-" if item.serial is None else str(item.serial),
            f"locked by {item.lock.who} since {item.lock.created}" if item.lock else "",
        )
        for item in status.stacks
    ]
    cloud = "the local cloud" if status.cloud == "local" else "AWS"
    head = f"{status.env} in {cloud}, account {status.account}; the active region is {status.active_region}"
    parts: list[RenderableType] = [Text(head), table(("stack", "region", "role", "resources", "serial", "lock"), rows)]
    if sites := [row for item in status.stacks if (row := _site_row(item))]:
        parts.append(table(("region", "healthy", "servers", "image", "database"), sites))
    if status.holder:
        parts.append(Text(f"at work: {status.holder}"))
    if status.last_run:
        run = status.last_run
        parts.append(Text(f"last run: {run.run}: {run.status}, {run.steps_done}/{run.steps_total} steps"))
        if run.is_resumable:
            parts.append(Text(f"go on with it: {run.next_command or f'shopctl resume --env {status.env}'}"))
    return Group(*parts)


def _site_row(item: StackStatus) -> tuple[str, ...] | None:
    """What runs in the region of a site's stack."""
    if item.problem:
        return item.stack.region, "unknown", item.problem, "", ""
    if item.site is None:
        return None
    servers, database = item.site.servers, item.site.database
    return (
        item.stack.region,
        "yes" if item.site.is_healthy else "NO",
        _servers_cell(servers, item.stack.role) if servers else "none",
        ", ".join(servers.images) if servers and servers.images else "-",
        _database_cell(database) if database else "none; a failover restores the newest backup",
    )


def _servers_cell(servers: Servers, role: Role) -> str:
    if servers.desired:
        return f"{servers.healthy} healthy of {servers.desired}"
    return "off until a failover" if role == "standby" else "off: no image was shipped yet"


def _database_cell(database: DatabaseHealth) -> str:
    role = "replica" if database.is_replica else "writable"
    return f"{database.identifier}: {database.status}, {role}, {database.engine} {database.version}"


def status_data(status: Status) -> dict[str, Any]:
    """The same for machines."""
    return {
        "env": status.env,
        "account": status.account,
        "cloud": status.cloud,
        "active_region": status.active_region,
        "stacks": [
            {
                "stack": str(item.stack.id),
                "region": item.stack.region,
                "role": item.stack.role,
                "resources": item.resources,
                "serial": item.serial,
                "lock": asdict(item.lock) if item.lock else None,
                "site": {"healthy": item.site.is_healthy, **asdict(item.site)} if item.site else None,
                "problem": item.problem,
            }
            for item in status.stacks
        ],
        "holder": status.holder,
        "last_run": asdict(status.last_run) if status.last_run else None,
    }


def show_checks(checks: Sequence[Check]) -> RenderableType:
    """What doctor found."""
    rows = [("ok" if check.is_well else "MISSING", check.name, check.found) for check in checks]
    cures = [Text(f"→ {check.name}: {check.fix}") for check in checks if not check.is_well]
    return Group(table(("", "what", "found"), rows), *cures)


def checks_data(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [asdict(check) for check in checks]


def show_outputs(outputs: Mapping[str, Mapping[str, Any]]) -> RenderableType:
    """The outputs of every stack."""
    rows = [(stack, name, _flat(value)) for stack, values in outputs.items() for name, value in sorted(values.items())]
    return table(("stack", "output", "value"), rows)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(
            f"{key}: {part if isinstance(part, str) else _flat(part)}" for key, part in sorted(value.items())
        )
    if isinstance(value, list):
        return ", ".join(map(_flat, value))
    return str(value)


def _report_row(result: StepResult) -> tuple[str, str, str]:
    word = "unchanged" if result.status == "skipped" else result.status
    detail = "" if result.detail in {result.step.title, word} else result.detail
    return result.step.title, word, detail


def _counts(counts: Any) -> dict[str, int]:
    return {"add": counts.add, "change": counts.change, "destroy": counts.destroy, "import": counts.imported}


def _names(inputs: Iterable[object]) -> str:
    return ", ".join(map(str, inputs))
