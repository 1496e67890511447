"""The demonstration's people, cards and whereabouts (common/demo.py)."""

from django.utils.translation import gettext_lazy as _

from common import demo
from common.problems import Refused

#: Beyond this the invented numbers repeat too often, and nobody waits for the build.
MOST_CADRES = 20_000


def register() -> None:
    demo.register_check(_check)
    demo.register("portraits", _portraits, label=_("Portraits"), order=100, once=False)
    demo.register("people", _people, label=_("People"), order=110)
    demo.register("cards", _cards, label=_("Cards"), order=120)
    demo.register("moves", _moves, label=_("Moves"), order=122)
    demo.register("printing", _printing, label=_("Print log"), order=125)
    demo.register("whereabouts", _whereabouts, label=_("Whereabouts"), order=130, once=False)
    demo.register("shifts", _shifts, label=_("Shifts"), order=135)
    demo.register("pointers", _pointers, label=_("Addresses"), order=900, once=False)


def _check(size: demo.Size) -> None:
    if size.cadres > MOST_CADRES:
        raise Refused(
            _("--cadres may be at most %(most)s; it is %(cadres)s.")
            % {"most": f"{MOST_CADRES:,}", "cadres": f"{size.cadres:,}"}
        )


# Imported when they are built: an app's ready() comes before its models are of use.


def _portraits(build: demo.Build) -> str:
    from cards.demo import portraits

    return portraits.build(build)


def _people(build: demo.Build) -> str:
    from cards.demo import people

    return people.build(build)


def _cards(build: demo.Build) -> str:
    from cards.demo import issuing

    return issuing.build(build)


def _moves(build: demo.Build) -> str:
    from cards.demo import moves

    return moves.build(build)


def _printing(build: demo.Build) -> str:
    from cards.demo import printing

    return printing.build(build)


def _whereabouts(build: demo.Build) -> str:
    from cards.demo import whereabouts

    return whereabouts.build(build)


def _shifts(build: demo.Build) -> str:
    from cards.demo import shifts

    return shifts.build(build)


def _pointers(build: demo.Build) -> str:
    from cards.demo import pointers

    return pointers.build(build)
