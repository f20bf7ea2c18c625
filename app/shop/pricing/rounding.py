"""How amounts are divided when they do not come out even. Everything is whole minor units; halves are rounded up."""

from __future__ import annotations

from collections.abc import Sequence


def part_of(amount: int, numerator: int, denominator: int) -> int:
    """Return amount by numerator / denominator, for numbers from 0 on, rounded to the nearest, halves up. Pure."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


def shares(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide an amount in proportion to the weights, so that the shares add up to it exactly.

    What rounding down leaves goes one by one to the largest remainders, the first of equals first. No share is larger
    than its weight if the amount is not larger than all weights together. Pure. Raises: ValueError if there is an
    amount and no weight. Source: largest remainder method (Hamilton's).
    """
    whole = sum(weights)
    if whole == 0:
        if amount:
            raise ValueError("an amount can't be divided among nothing")
        return (0,) * len(weights)
    floors = [amount * weight // whole for weight in weights]
    left = amount - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    winners = set(by_remainder[:left])
    return tuple(floor + (place in winners) for place, floor in enumerate(floors))


def units(total: int, quantity: int) -> tuple[tuple[int, int], ...]:
    """Return prices of one piece that add up to the total: (quantity, price) pairs, the dearer one last. Pure.

    1000 for 3 pieces is 333 for 2 of them and 334 for the third.
    """
    price, dearer = divmod(total, quantity)
    return tuple((count, unit) for count, unit in ((quantity - dearer, price), (dearer, price + 1)) if count)
