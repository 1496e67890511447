"""A sheet that was kept on paper, entered within the days that the city allows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Unit, User
from attendance import selectors
from attendance.models import Finding, OpenRound, Round, RoundKind
from attendance.rules import Verified
from attendance.selectors import Person
from attendance.services import rounds
from attendance.services.rounds import Problem, Submitted
from cards.models import Cadre
from cards.presentation import clock
from common.problems import Refused
from common.rules import local


class NumberTaken(Refused):
    """Another sheet has this number. `round` is the one that was entered, `free` the number that this one may have."""

    def __init__(self, there: Round, free: int) -> None:
        words = {"number": there.number, "time": clock(there.taken_at), "who": there.checker, "free": free}
        super().__init__(
            _(
                "Sheet %(number)s of this day has been entered already: %(who)s’s round of %(time)s. "
                "Yours differs from it. If it is another round, enter it as sheet %(free)s."
            )
            % words
        )
        self.round, self.free = there, free


def people_due(unit: Unit, taken_at: datetime, scope: str, checker: User) -> list[Person]:
    """Whom a sheet of that time has looked for, without whoever kept it."""
    there = selectors.people_at(unit, taken_at, scope=scope)
    return [person for person in there if person.is_due and person.cadre.user_id != checker.pk]


@transaction.atomic
def paper_enter(
    *,
    unit: Unit,
    scope: str,
    number: int,
    taken_at: datetime,
    problems: Sequence[tuple[Cadre, Problem]],
    usual: Verified,
    checker: User,
    now: datetime,
) -> Submitted:
    """The whole sheet at once: these problems, everybody else agreed. The same sheet entered again is the first one's
    round; another one under its number is refused with NumberTaken."""
    rounds.check_paper(taken_at, now)
    day = local(taken_at).date()
    sheet = rounds.locked_sheet(unit, day)
    if there := sheet.rounds.filter(kind=RoundKind.PAPER, scope=scope, number=number).first():
        people = people_due(unit, taken_at, scope, checker)
        if (there.taken_at, there.checker_id) == (taken_at, checker.pk) and _says(
            there, people, usual, problems
        ):
            return Submitted(there, new=False)
        raise NumberTaken(there, selectors.next_number(sheet.pk, scope, RoundKind.PAPER))
    begun = OpenRound.objects.filter(unit=unit, day=day, scope=scope, checker=checker)
    if day == local(now).date() and begun.filter(marks__isnull=False).exists():
        raise Refused(_("You have a round of today on the way. Submit it or begin it again first."))
    begun.delete()
    due = {person.cadre.pk: person for person in people_due(unit, taken_at, scope, checker)}
    opened = rounds.open_round(unit=unit, day=day, scope=scope, checker=checker, now=now)
    entered: set[tuple[int, int]] = set()
    for cadre, problem in problems:
        if cadre.pk not in due:
            raise Refused(_("%(name)s was not to be checked here at that time.") % {"name": cadre.name})
        if (cadre.pk, problem.item.pk) in entered:
            words = {"name": cadre.name, "item": problem.item}
            raise Refused(_("%(name)s, %(item)s: this stands in two rows.") % words)
        entered.add((cadre.pk, problem.item.pk))
        rounds.put_mark(opened, due[cadre.pk], problem, None, now)
    return rounds.round_submit(
        unit=unit, scope=scope, number=number, checker=checker, now=now, usual=usual, on_paper=taken_at
    )


def _says(
    there: Round, people: Sequence[Person], usual: Verified, problems: Sequence[tuple[Cadre, Problem]]
) -> bool:
    """Whether a round holds what this sheet would: the same problems, the others verified in the same way."""
    codes = rounds.codes_by_person((cadre.pk, problem.item) for cadre, problem in problems)
    ways = Counter(person.verified(usual, problems=codes.get(person.cadre.pk, ())) for person in people)
    kept = {way: getattr(there, way.value) for way in Verified}
    found = Finding.objects.filter(round=there).values_list("cadre", "item", "minutes", "note")
    typed = [
        (cadre.pk, problem.item.pk, problem.minutes if problem.item.with_minutes else None, problem.note)
        for cadre, problem in problems
    ]
    return +ways == +Counter(kept) and Counter(found) == Counter(typed)
