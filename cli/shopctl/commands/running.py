"""What deploy, destroy and resume share: the doors, the gate, the questions to the operator, and the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Group
from rich.text import Text

from shopctl.aws.leftovers import BOOTSTRAP, Leftover, scan
from shopctl.commands.asking import ask_for_name, ask_yes
from shopctl.commands.composition import interruptible, open_environment, open_paths, open_spec, start_scan
from shopctl.deploy import (
    RunOutcome,
    abandon,
    is_cut_off,
    newest_resumable,
    refuse_protected,
    rehearse,
    release,
    resume,
    start,
)
from shopctl.environment import Environment
from shopctl.errors import ExitCode, GateRefused
from shopctl.gate import RULES, Case, Circumstances, NotEvaluated, Scan, Verdict, evaluate, load_waivers
from shopctl.gate.report import as_data, headline, render_text
from shopctl.output import Result, console
from shopctl.pipeline import Drafts
from shopctl.plan import Plan
from shopctl.progress import Progress, show_progress, subject_of
from shopctl.rollout import Operation, Request, Supervision
from shopctl.sealing import find_bundle
from shopctl.status import read_status
from shopctl.views import (
    drafts_data,
    report_data,
    show_drafts,
    show_report,
    show_status,
)


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Puts plans through the gate of one environment. ``scan`` delivers checkov's result when it is asked."""

    environment: Environment
    scan: Callable[[], Scan | None]

    def evaluate(self, operation: Operation, plans: tuple[Plan, ...], unseen: tuple[NotEvaluated, ...] = ()) -> Verdict:
        """Judge without refusing.

        Raises: PlanIncomplete; SpecError from waivers.yaml.
        """
        today = self.environment.now().date()
        waivers = load_waivers(self.environment.paths.waivers(self.environment.name), today)
        circumstances = Circumstances(operation, self.environment.spec.protected)
        return evaluate(Case(plans, circumstances, today, waivers, self.scan(), unseen), RULES)

    def judge(self, operation: Operation, plans: tuple[Plan, ...]) -> Verdict:
        """Judge, and refuse where a failure is left that nobody waived.

        Raises: GateRefused with every failure, what the shop would suffer, and the cure.
        """
        verdict = self.evaluate(operation, plans)
        if verdict.is_passed:
            return verdict
        console(stderr=True).print(render_text(verdict))
        first = verdict.failures[0]
        raise GateRefused(
            f"{headline(verdict)}; first: {first.rule} {first.address}: {first.detail}",
            f"{first.fix}; or let it through by name, until a day, in "
            f"{self.environment.paths.waivers(self.environment.name)}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a deploy or destroy was asked for; ``bundle`` is the id of the plans to apply."""

    dry_run: bool
    yes: bool
    as_json: bool
    bundle: str | None = None


def run_operation(env: str, request: Request, manner: Manner) -> Result:
    """Deploy or destroy: open the environment, plan, ask, run."""
    if request.operation == "destroy":
        refuse_protected(open_spec(open_paths(), env))
    environment = open_environment(env, read_only=manner.dry_run)
    title = f"{request.operation} {env}"
    with interruptible(environment.terraform) as should_stop, show_progress(title, as_json=manner.as_json) as progress:
        gatekeeper = Gatekeeper(environment, start_scan(environment))
        if manner.dry_run:
            return _dry_run(environment, request, gatekeeper, progress)
        consent = _Consent(environment, progress, yes=manner.yes)
        supervision = Supervision(gatekeeper.judge, consent.ask, progress, should_stop)
        unfinished = newest_resumable(environment)
        if unfinished and is_cut_off(environment, unfinished, request):
            progress.say(f"{unfinished} was cut off; going on with it")
            outcome = resume(environment, supervision, run=unfinished)
        else:
            found = find_bundle(environment, manner.bundle) if manner.bundle else None
            outcome = start(environment, request, supervision, found)
    return _result(environment, request.operation, outcome)


def resume_run(env: str, *, run: str | None, unlock: str | None, yes: bool, as_json: bool) -> Result:
    """Go on with a run."""
    environment = open_environment(env)
    with interruptible(environment.terraform) as should_stop, show_progress(f"resume {env}", as_json=as_json) as shown:
        if unlock and not run and newest_resumable(environment) is None:
            stack = release(environment, shown, unlock)
            return Result("resume", {"released": unlock, "stack": stack}, f"released the lock of {stack}")
        gatekeeper = Gatekeeper(environment, start_scan(environment))
        consent = _Consent(environment, shown, yes=yes)
        supervision = Supervision(gatekeeper.judge, consent.ask, shown, should_stop)
        outcome = resume(environment, supervision, run=run, unlock=unlock)
    return _result(environment, "resume", outcome)


def abandon_run(env: str, run: str | None) -> Result:
    """Close a run as it is."""
    closed = abandon(open_environment(env), run)
    return Result("resume", {"run": closed, "abandoned": True}, f"closed run {closed} of {env}; what it made stays")


@dataclass(frozen=True, slots=True)
class _Consent:
    """Shows the operator what would happen and asks, unless ``--yes`` answered already."""

    environment: Environment
    progress: Progress
    yes: bool = field(kw_only=True)

    def ask(self, operation: Operation, drafts: Drafts, verdict: Verdict) -> None:
        """Show and ask. Raises: Refused."""
        if not drafts.plans and not drafts.deferred:
            return
        with self.progress.suspended():
            screen = console(stderr=True)
            screen.print(show_drafts(drafts))
            screen.print(headline(verdict))
            self._ask(operation)

    def _ask(self, operation: Operation) -> None:
        name = self.environment.name
        command = f"shopctl {operation} --env {name} --yes"
        if operation == "destroy":
            ask_for_name(name, command, "Everything above is deleted.", self.yes)
        else:
            ask_yes("Apply this?", command, self.yes)


def _dry_run(environment: Environment, request: Request, gatekeeper: Gatekeeper, progress: Progress) -> Result:
    """Plan and judge everything, walk the steps without doing them, and change nothing."""
    drafts, report, verdict = rehearse(environment, request, progress, gatekeeper.evaluate)
    human = Group(show_drafts(drafts), show_report(report), Text(render_text(verdict)))
    data = {"dry_run": True, **drafts_data(drafts), "steps": report_data(report), "gate": as_data(verdict)}
    code = ExitCode.DONE if verdict.is_passed else ExitCode.GATE_REFUSED
    return Result(request.operation, data, human, code)


def _result(environment: Environment, command: str, outcome: RunOutcome) -> Result:
    warnings = [f"{fault}; its copy is brought up to date later" for fault in environment.control.faults]
    left = _leftovers(environment) if outcome.operation == "destroy" else ()
    warnings += [f"{'kept' if leftover.is_kept else 'still there'}: {leftover.arn}" for leftover in left]
    data = {
        "run": outcome.run,
        "env": environment.name,
        "steps": report_data(outcome.report),
        "leftovers": [leftover.arn for leftover in left],
    }
    human = Group(show_status(read_status(environment)), _next_steps(environment, outcome))
    return Result(command, data, human, warnings=tuple(warnings))


def _leftovers(environment: Environment) -> tuple[Leftover, ...]:
    """What still stands after a destroy, beside what bootstrap owns and stacks that were not asked for."""
    standing: set[str | None] = {str(stack.id) for stack in environment.graph if environment.has_resources(stack)}
    found = scan(environment.cloud, environment.spec)
    if standing:  # of what has no tag nobody can say that it is not theirs
        standing |= {None}
    return tuple(leftover for leftover in found if leftover.stack not in {BOOTSTRAP, *standing})


def _next_steps(environment: Environment, outcome: RunOutcome) -> Text:
    name = environment.name
    if outcome.operation == "destroy" and any(environment.has_resources(stack) for stack in environment.graph):
        return Text(f"taken down: {', '.join(subject_of(result.step) for result in outcome.report.results)}")
    if outcome.operation == "destroy":
        return Text(
            f"{name} is down. What stays: the bootstrap buckets (remove them: shopctl bootstrap --env {name} --remove) "
            "and KMS keys that AWS deletes after their waiting time."
        )
    return Text(
        f"next: shopctl status --env {name}     what stands where\n"
        f"      shopctl outputs --env {name}    ids, ARNs, URLs\n"
        f"      shopctl destroy --env {name}    take it down again"
    )
