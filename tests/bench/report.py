"""How every benchmark prints a figure: what it is, what it was held against, and whether it reached its target."""


def heading(text: str) -> None:
    print(f"\n{text}")


def figure(what: str, value: float, unit: str, *, at_most: float | None = None, beside: str = "") -> bool:
    """One line; `at_most` is the target. True where it is met or where there is none."""
    met = at_most is None or value <= at_most
    told = "" if at_most is None else f"to reach <= {at_most:g}: {'met' if met else 'NOT MET'}"
    number = f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
    print(f"  {what:<50} {number:>11} {unit:<6} {beside:<34} {told}".rstrip())
    return met
