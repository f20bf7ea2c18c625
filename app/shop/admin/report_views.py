"""The page of the figures, and its tables as files."""

from __future__ import annotations

from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response, render_template, request

from shop.accounts.answers import NONE, Answer
from shop.accounts.forms import filled_in
from shop.admin.answers import once_more
from shop.admin.forms import SpanForm
from shop.admin.reports import Report, span_of
from shop.admin.spreadsheet import Cell, written
from shop.money import amount
from shop.problems import Invalid, NotFound
from shop.shop import current_shop

pages = APIBlueprint("admin_report", __name__, url_prefix="/admin/report", enable_openapi=False)
SHOWN = 20  # of the products; the file has all


@pages.get("")
def report_page() -> Answer:
    """Show what was sold in a span of days."""
    try:
        report = _report()
    except Invalid as problem:
        return once_more(
            problem,
            lambda errors: render_template("admin/report.html", report=None, sent=request.args, errors=errors),
        )
    return render_template("admin/report.html", report=report, sent=request.args, errors=NONE, shown=SHOWN)


@pages.get("/<name>.csv")
def report_file(name: str) -> Answer:
    """Hand over a table of the report: days, products, categories or low-stock."""
    tables = {"days": _days, "products": _products, "categories": _categories, "low-stock": _low}
    if name not in tables:
        raise NotFound("There is no such table.")
    report = _report()
    response = Response(tables[name](report), content_type="text/csv; charset=utf-8")
    span = report.span
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{span.first}-{span.last}.csv"'
    return response


def _report() -> Report:
    asked = filled_in(SpanForm, request.args)
    return current_shop().reports.of(span_of(asked.first, asked.last, datetime.now(UTC).date()))


def _days(report: Report) -> str:
    rows = (
        (day.day.isoformat(), day.orders, _money(day.total_minor), _money(day.refunded_minor)) for day in report.days
    )
    return written(("day", "orders", "sales", "refunds"), rows)


def _products(report: Report) -> str:
    rows = ((row.key, row.name, row.pieces, _money(row.total_minor)) for row in report.products)
    return written(("product", "name", "pieces", "sales"), rows)


def _categories(report: Report) -> str:
    rows = ((row.key, row.name, row.pieces, _money(row.total_minor)) for row in report.categories)
    return written(("category", "name", "pieces", "sales"), rows)


def _low(report: Report) -> str:
    rows: list[tuple[Cell, ...]] = [(row.slug, row.name, row.variant, row.sku, row.stock) for row in report.low]
    return written(("product", "name", "variant", "sku", "stock"), rows)


def _money(minor: int) -> str:
    return amount(minor, current_shop().config.currency)
