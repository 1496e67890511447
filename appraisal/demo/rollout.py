"""The demonstration's rollout: a pilot in some towns, a wave with everybody else, most of them done, some late, with
visits and orders in every state. By the verbs, at instants at which it would have happened."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from accounts import demo as accounts
from accounts.models import Unit, UnitKind, User
from appraisal.models import RectificationOrder, Rollout, Wave
from appraisal.rules.rollout import End
from appraisal.services import orders, rollout
from appraisal.services.missed import orders_note_missed
from attendance.demo.hands import Hands
from cards.demo.people import working_moment
from cards.models import Cadre
from common import calendar, demo
from common.models import Notice
from common.rules import WorkingCalendar, at, local

#: Days before today: the plaques were printed 34 days ago (cards/demo/printing.py).
PILOT, WAVE = (70, 33), (31, 9)
PILOT_UNITS = 3
SUPERVISOR, HEAD = "supervisor", "expresshead"
READ_AFTER = timedelta(days=3)
#: 纪工委书记 of a subdistrict, 纪委书记 of a town, 纪检组长 of everybody else.
POSTS = (("街道", "纪工委书记", "纪工委"), ("镇", "纪委书记", "纪委"), ("乡", "纪委书记", "纪委"))
OF_TEAM = "派驻纪检组长"
SEEN = (
    "现场查看办公楼各楼层，门牌张贴、去向登记、一日一表基本落实，个别科室人员去向更新不够及时，已当场提醒。"
)
SEEN_LATE = "推行工作抓得不紧：干部对去向登记要求不熟悉，窗口未公示监督电话，分管领导表示正在补办。"


def build(build: demo.Build) -> str:
    story = Story(build.now)
    if story.units:
        story.tell()
    return _("%(waves)s waves, %(late)s units late, %(orders)s orders") % {
        "waves": Wave.objects.count(),
        "late": Rollout.objects.late(build.today).count(),
        "orders": RectificationOrder.objects.count(),
    }


@dataclass
class Story:
    now: datetime
    units: list[Unit] = field(default_factory=accounts.units)
    hands: Hands = field(default_factory=Hands.read)

    def __post_init__(self) -> None:
        self.today = local(self.now).date()
        self.working: WorkingCalendar = calendar.load(
            [self.today.year - 1, self.today.year, self.today.year + 1]
        )
        names = (accounts.EXPRESS, accounts.SECOND_EXPRESS, HEAD, SUPERVISOR)
        self.people = {user.username: user for user in User.objects.filter(username__in=names)}
        self.express = self.people[accounts.EXPRESS]

    # --- When and who -------------------------------------------------------------------------------------------------

    def ago(self, days: int, hour: int = 10) -> datetime:
        return working_moment(self.now, days, time(hour, 20))

    def working_day(self, days_ago: int) -> date:
        return local(self.ago(days_ago)).date()

    def later(self, moment: datetime, days: int) -> date:
        return self.working.add_working_days(local(moment).date(), days)

    def visitor(self, unit: Unit) -> User:
        """Of the showcase's group where the unit is its, else of the city."""
        ours = self.units[0].supervision_group_id
        return self.people[SUPERVISOR] if unit.supervision_group_id == ours else self.express

    def officer(self, unit: Unit, moment: datetime) -> User | None:
        return self.hands.officer(unit.pk, local(moment).date(), random.Random(f"rollout {unit.code}"))

    # --- What happened ------------------------------------------------------------------------------------------------

    def tell(self) -> None:
        towns = [unit for unit in self.units[1:] if unit.kind != UnitKind.DEPARTMENT][:PILOT_UNITS]
        others = [unit for unit in self.units if unit not in towns]
        late = self._late(others)
        if towns:
            self._wave("试点", PILOT, towns, (), pilot=True)
        self._wave("第一批推广", WAVE, others, late)
        self._late_units(late)
        done = [unit for unit in others if unit not in late]
        self._orders(done)
        self._read_old_news()

    def _late(self, others: Sequence[Unit]) -> list[Unit]:
        """Two of those that have not printed yet, and one of the showcase's group."""
        last = list(others[-2:]) if len(others) > 4 else list(others[-1:])
        group = others[0].supervision_group_id
        ours = [unit for unit in others[1:-2] if unit.supervision_group_id == group]
        return [*ours[:1], *last]

    def _wave(
        self,
        name: str,
        days: tuple[int, int],
        units: Sequence[Unit],
        late: Sequence[Unit],
        *,
        pilot: bool = False,
    ) -> None:
        begins, ends = days
        moment = self.ago(begins)
        values = {
            "name": name,
            "is_pilot": pilot,
            "begins_on": local(moment).date(),
            "deadline": self.working_day(ends),
        }
        wave = rollout.wave_create(values=values, actor=self.express, now=moment)
        rollout.units_assign(wave=wave, units=units, actor=self.express, now=moment)
        for row in rollout.whole().filter(wave=wave).order_by("unit"):
            self._go_through(row, begins, ends, is_late=row.unit in late)

    def _go_through(self, row: Rollout, begins: int, ends: int, *, is_late: bool) -> None:
        chance = random.Random(f"rollout {row.unit.code}")
        first = max(begins - 3, ends + 1)
        named = self._name(row, self.ago(chance.randint(min(ends + 4, first), first)))
        if is_late:
            return
        day = self.ago(chance.randint(ends, ends + 2), chance.choice((9, 11, 15)))
        tested = rollout.hotline_test(rollout=named, actor=self.visitor(row.unit), now=day)
        # What was ready then is not always ready by the facts of today.
        officer = self.officer(row.unit, day)
        if officer is not None:
            tested = rollout.record_reported(tested, actor=officer, now=day)
        rollout.record_completed(tested, actor=self.express, now=max(day, self.ago(ends, 16)))

    def _name(self, row: Rollout, moment: datetime) -> Rollout:
        """Two people at least: whoever answers for the unit does not lead the group."""
        actor = self.officer(row.unit, moment)
        # Nobody of the showcase but its head of leading groups: its cadres are no leaders.
        people = Cadre.objects.filter(unit=row.unit, user=None).serving(self.today)
        first = people.order_by("-leads_unit", "pk").first()
        if actor is None or first is None:
            return row
        # Whoever leads the others in discipline has given no cause for it themselves, or least.
        causes = Count("findings", distinct=True) + Count("complaints", distinct=True)
        others = people.exclude(pk=first.pk).alias(causes=causes)
        head = Cadre.objects.filter(user=self.hands.head(row.unit_id, local(moment).date()) or 0).first()
        second = head or others.order_by("causes", "-leads_unit", "pk").first()
        post, body = next(
            (found[1:] for found in POSTS if row.unit.name.endswith(found[0])), ("纪检组长", "纪检监察组")
        )
        values = {
            "group_head": second,
            # One discipline team looks after several units.
            "group_head_post": post if head is None or head.unit_id == row.unit_id else OF_TEAM,
            "assessment_body": f"{row.unit.name}{body}",
            "responsible": first,
        }
        return rollout.rollout_edit(rollout=row, values=values, actor=actor, now=moment)

    # --- Supervision on the spot --------------------------------------------------------------------------------------

    def _late_units(self, late: Sequence[Unit]) -> None:
        """The first has answered too late and waits to be checked, the second never, the third has a day of its own."""
        visit_on = self.ago(WAVE[1] - 1, 15)
        due_on = self.later(visit_on, 2)
        for unit in late:
            self._visit(unit, visit_on, SEEN_LATE, "组织全体干部学习制度，在办事窗口公示监督电话。", due_on)
        orders.orders_and_deadlines_remind(now=self.ago(WAVE[1] - 4, 9))
        if late and due_on < self.today:
            order = RectificationOrder.objects.get(unit=late[0])
            self._answer(order, self.ago(1, 9), "已组织全体干部学习，监督电话已在各窗口公示。")
        if len(late) > 2:
            row = Rollout.objects.get(unit=late[2])
            day = self.later(self.now, 8)
            reason = "办公楼整体搬迁，新楼启用后方可张贴门牌。"
            rollout.deadline_set(
                rollout=row, deadline=day, reason=reason, actor=self.express, now=self.ago(2, 11)
            )

    def _visit(
        self, unit: Unit, moment: datetime, note: str, text: str = "", due_on: date | None = None
    ) -> None:
        orders.visit_record(
            unit=unit,
            visited_on=local(moment).date(),
            companions="梅知远" if self.visitor(unit) == self.people[SUPERVISOR] else "",
            note=note,
            order_text=text,
            order_due_on=due_on,
            actor=self.visitor(unit),
            now=moment,
        )

    def _answer(self, order: RectificationOrder, moment: datetime, text: str) -> RectificationOrder:
        actor = self.officer(order.unit, moment)
        if actor is None:
            return order
        if order.due_on < local(moment).date():  # the clock saw it in the night after that day
            orders_note_missed(
                among=RectificationOrder.objects.filter(pk=order.pk),
                now=at(order.due_on + timedelta(days=1), time(0, 30)),
            )
        return orders.order_answer(order=order, text=text, actor=actor, now=moment)

    def _orders(self, done: Sequence[Unit]) -> None:
        """One in every state, the first one open for the showcase's officer."""
        for unit in done[:4]:
            self._visit(unit, self.ago(12, 15), SEEN)
        chosen = (list(done) * 4)[:4] if done else []
        texts = (
            "二楼两块门牌的岗位和电话与实际不符，补印更换。",
            "三楼走廊无人认领的旧“去向牌”拆除。",
            "值班室未张贴市“效能直通车”监督电话，补贴。",
            "窗口人员工作联系卡数量不足，补印。",
        )
        for place, (unit, text) in enumerate(zip(chosen, texts, strict=False)):
            moment = self.ago(1 if place == 0 else 12, 16)
            order = orders.order_make(
                unit=unit, text=text, due_on=self.later(moment, 5), actor=self.visitor(unit), now=moment
            )
            if place == 1:
                self._end(self._answer(order, self.ago(9), "旧牌已全部拆除。"), End.MET, "")
            elif place == 2:
                self._end(order, End.CALLED_OFF, "值班室改由行政中心统一张贴。")
            elif place == 3:
                answer = self._answer(order, self.ago(9), "联系卡已申请补印。")
                self._end(answer, End.SENT_BACK, "只申请未到位，补印到位后再报。", self.ago(7, 15))
                self._answer(order, self.ago(2, 15), "联系卡已补印到位，每个窗口各五十张。")

    def _end(self, order: RectificationOrder, end: End, reason: str, moment: datetime | None = None) -> None:
        orders.order_end(
            order=order, end=end, reason=reason, actor=self.visitor(order.unit), now=moment or self.ago(8)
        )

    def _read_old_news(self) -> None:
        """Nobody opens the demonstration to a hundred notices of long ago."""
        old = Notice.objects.filter(read_at=None, created_at__lt=self.now - READ_AFTER)
        old.filter(Q(kind__startswith="rollout") | Q(kind__startswith="order")).update(
            read_at=F("created_at")
        )
