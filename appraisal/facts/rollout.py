"""What a rollout is judged by (ROLL-1, ROLL-2): readiness counted from facts, and what came too late. A handful of
queries for any number of units."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.text import Truncator

from accounts.models import City, Role, Unit
from appraisal.models import OrderState, RectificationOrder, Rollout
from appraisal.rules.ladder import Counted
from appraisal.rules.rollout import Facts, is_missed
from attendance import selectors as inspection
from attendance.models import DailySheet
from cards.models import Cadre, Card, Office
from cards.printing.gathering import with_hosts
from cards.printing.reprints import reprints
from cards.selectors import PLAQUES
from common.rules import local

#: Characters of an order that a line quotes.
SHOWN = 40

# --- Readiness --------------------------------------------------------------------------------------------------------


def facts_of(
    units: Sequence[Unit], rollouts: Iterable[Rollout], *, city: City, today: date
) -> dict[int, Facts]:
    """Of each of these units, by primary key; needs at hand who is named."""
    ids = [unit.pk for unit in units]
    if not ids:
        return {}
    own = {rollout.unit_id: rollout for rollout in rollouts}
    held = [inspection.members_of(role, ids, today) for role in (Role.UNIT_OFFICER, Role.LEADING_GROUP_HEAD)]
    offices = _counted(Office.objects.filter(unit__in=ids))
    people, with_card, with_plaque = _people(ids, city, today)
    sheets = dict(
        DailySheet.objects.filter(unit__in=ids).order_by().values_list("unit").annotate(first=Min("day"))
    )
    found = {}
    for unit in units:
        rollout = own.get(unit.pk) or Rollout()
        found[unit.pk] = Facts(
            named=sum(
                person is not None and person.is_serving(today)
                for person in (rollout.group_head, rollout.responsible)
            ),
            has_body=bool(rollout.assessment_body),
            accounts=sum(unit.pk in members for members in held),
            offices=offices.get(unit.pk, 0),
            people=people[unit.pk],
            with_card=with_card[unit.pk],
            with_plaque=with_plaque[unit.pk],
            hotlines=bool(unit.hotline) + bool(city.express_hotline),
            tested_on=rollout.hotline_tested_on,
            first_sheet_on=sheets.get(unit.pk),
        )
    return found


def _counted(rows: QuerySet[Office]) -> dict[int, int]:
    return dict(rows.order_by().values_list("unit").annotate(number=Count("pk")))


def _people(
    ids: Collection[int], city: City, today: date
) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    """Who serves, who of them has a valid card, and whose plaque hangs there as it is."""
    held = Card.objects.valid().filter(cadre=OuterRef("pk"))
    serving = Cadre.objects.serving(today).filter(unit__in=ids).annotate(has_card=Exists(held))
    rows = list(serving.order_by().values_list("pk", "unit", "has_card"))
    stale = _without_plaque(ids, city, today)
    people, with_card, with_plaque = (defaultdict[int, int](int) for _number in range(3))
    for pk, unit_id, has_card in rows:
        people[unit_id] += 1
        with_card[unit_id] += has_card
        with_plaque[unit_id] += has_card and pk not in stale
    return people, with_card, with_plaque


def _without_plaque(ids: Collection[int], city: City, today: date) -> set[int]:
    """Whose plaque was never printed, or says what is true no more; a room’s combined one may be another unit’s."""
    found = reprints(with_hosts(ids, today), city=city, today=today, contacts=False)
    rows = [*found.never, *(row for kind in PLAQUES for row in found.outdated[kind])]
    return {row.holder.cadre_id for row in rows}


# --- What came too late -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missed:
    """A day that a unit missed, and the leader who answered for it then; None where nobody was named."""

    unit_id: int
    leader: Cadre | None
    line: Counted


def missed_orders(year: int) -> list[Missed]:
    """What the ladder counts (ROLL-2): orders whose day, of this year, was missed. A missed deadline of the rollout is
    a flag that leads to an order, and counts through it: one omission, one measure. What was called off was nothing
    to put right."""
    orders = RectificationOrder.objects.exclude(state=OrderState.CALLED_OFF).filter(missed_on__year=year)
    return [
        Missed(
            order.unit_id, order.answerable, Counted("order", order.pk, order.missed_on, _order_words(order))
        )
        for order in orders.select_related("answerable").order_by("unit", "pk")
        if order.missed_on is not None
    ]


def missed_deadlines(year: int, today: date) -> dict[int, list[Counted]]:
    """Of each unit its own deadline of this year, where it was missed: a fact for whoever proposes by hand."""
    due = Coalesce("deadline", "wave__deadline")
    rows = Rollout.objects.alias(due=due).filter(due__year=year, due__lt=today).select_related("wave")
    found: dict[int, list[Counted]] = {}
    for rollout in rows.order_by("unit"):
        done_on = _day(rollout.done_at)
        if is_missed(due_on=rollout.due_on, done_on=done_on, today=today):
            words = _rollout_words(rollout, done_on)
            found[rollout.unit_id] = [Counted("rollout", rollout.pk, rollout.due_on, words)]
    return found


def reported_on(order: RectificationOrder) -> date | None:
    """The day on which it was reported as put right, or seen to be; nothing while it is open, sent back or not."""
    if order.state == OrderState.OPEN:
        return None
    return _day(order.answered_at or order.ended_at)


def _day(moment: datetime | None) -> date | None:
    return local(moment).date() if moment is not None else None


def _rollout_words(rollout: Rollout, done_on: date | None) -> str:
    """In Chinese, whoever asks: it stands on the decision."""
    due = f"推行“干部身份证”制度（{rollout.wave.name}）应于{_chinese(rollout.due_on)}前完成"
    return f"{due}，{_chinese(done_on)}完成" if done_on else f"{due}，逾期未完成"


def _order_words(order: RectificationOrder) -> str:
    text = Truncator(order.text.rstrip("。")).chars(SHOWN)
    assert order.missed_on is not None
    return f"责令整改“{text}”应于{_chinese(order.missed_on)}前办结，逾期未反馈整改到位"


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
