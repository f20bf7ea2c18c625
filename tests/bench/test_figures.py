"""The table of ratios can be believed: sides take turns, medians are compared, a broken promise is seen."""

from __future__ import annotations

from bench.figures import Row, broken, in_turns


def test_sides_take_turns_and_who_begins_alternates() -> None:
    order: list[str] = []

    def side(name: str, costs: list[float]) -> float:
        order.append(name)
        return costs.pop()

    mine, theirs = [9.0, 1.0, 2.0], [4.0, 5.0, 60.0]
    assert in_turns(lambda: side("a", mine), lambda: side("b", theirs), 3) == (2.0, 5.0)
    assert order == ["a", "b", "b", "a", "a", "b"]


def test_a_ratio_above_its_bound_is_a_broken_promise_and_one_at_it_is_not() -> None:
    above, at = Row("deploy", 111.0, 100.0, 1.1), Row("deploy", 110.0, 100.0, 1.1)
    unpromised = Row("write", 9.0, 1.0, None, unit="ms")
    assert broken((above, at, unpromised)) == (above,)
    assert above.cells[1:6] == ("111.0 s", "100.0 s", "1.11", "1.10", "BROKEN")
    assert unpromised.cells[1:6] == ("9.00 ms", "1.00 ms", "9.00", "-", "")
