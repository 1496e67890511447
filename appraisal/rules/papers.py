"""What is handed in on paper: whether the day of its receipt can be right."""

from datetime import date
from typing import Literal

#: Values of objections.Making and reviews.Asking.
Wrong = Literal["paper_day", "paper_to_come", "paper_too_early"]


def wrong_day(received: date | None, since: date | None, today: date) -> Wrong | None:
    """`since` is the day before which there was nothing to hand it in against."""
    if received is None:
        return "paper_day"
    if received > today:
        return "paper_to_come"
    return "paper_too_early" if since is not None and received < since else None
