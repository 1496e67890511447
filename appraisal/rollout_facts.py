"""What a rollout is judged by (ROLL-1, ROLL-2): readiness counted from facts, and what came too late. A handful of
queries for any number of units."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils.text import Truncator

from accounts.models import City, Role, Unit
from appraisal.models import OrderState, RectificationOrder, Rollout
from appraisal.models.rollout import OrderQuerySet
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


def missed(year: int, today: date) -> dict[int, list[Counted]]:
    """Of each unit what it missed of the days of this year (ROLL-2): its own deadline, and every order to put
    something right. The fact is of the day that was missed."""
    found: dict[int, list[Counted]] = defaultdict(list)
    for rollout in _over(year, today):
        done_on = _day(rollout.completed_at)
        if is_missed(due_on=rollout.due_on, done_on=done_on, today=today):
            found[rollout.unit_id].append(
                Counted("rollout", rollout.pk, rollout.due_on, _rollout_words(rollout, done_on))
            )
    for order in _orders_over(year, today):
        done_on = reported_on(order)
        if is_missed(due_on=order.due_on, done_on=done_on, today=today):
            found[order.unit_id].append(
                Counted("order", order.pk, order.due_on, _order_words(order, done_on))
            )
    return dict(found)


def _over(year: int, today: date) -> QuerySet[Rollout]:
    due = Rollout.objects.alias(due=Coalesce("deadline", "wave__deadline"))
    return due.filter(due__year=year, due__lt=today).select_related("wave").order_by("unit")


def _orders_over(year: int, today: date) -> OrderQuerySet:
    """What was called off was nothing to put right."""
    orders = RectificationOrder.objects.exclude(state=OrderState.CALLED_OFF)
    return orders.filter(due_on__year=year, due_on__lt=today)


def reported_on(order: RectificationOrder) -> date | None:
    """The day on which it was first reported as put right, or seen to be."""
    seen = order.ended_at if order.state == OrderState.MET else None
    return _day(order.first_answered_at or seen)


def _day(moment: datetime | None) -> date | None:
    return local(moment).date() if moment is not None else None


def _rollout_words(rollout: Rollout, done_on: date | None) -> str:
    """In Chinese, whoever asks: it stands on the decision."""
    due = f"推行“干部身份证”制度（{rollout.wave.name}）应于{_chinese(rollout.due_on)}前完成"
    return f"{due}，{_chinese(done_on)}完成" if done_on else f"{due}，逾期未完成"


def _order_words(order: RectificationOrder, done_on: date | None) -> str:
    text = Truncator(order.text.rstrip("。")).chars(SHOWN)
    due = f"责令整改“{text}”应于{_chinese(order.due_on)}前办结"
    return f"{due}，{_chinese(done_on)}反馈" if done_on else f"{due}，逾期未反馈"


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def responsible_of(unit_ids: Iterable[int]) -> dict[int, Cadre | None]:
    """The leader who answers for each of these units; None where nobody is named."""
    ids = list(unit_ids)
    rollouts = Rollout.objects.filter(unit__in=ids).select_related("responsible")
    named = {rollout.unit_id: rollout.responsible for rollout in rollouts}
    return {unit_id: named.get(unit_id) for unit_id in ids}
