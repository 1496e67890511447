"""Sign-in, everybody's own account, and administration. `slip_response` is for the apps above, too."""

from accounts.views.slips import slip_response

__all__ = ["slip_response"]
