"""What the clock does by itself, once each, whoever calls how often."""

from datetime import datetime


def stages_reach(*, now: datetime) -> int:
    """How many stages came into effect."""
    return 0
