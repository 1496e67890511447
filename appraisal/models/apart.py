"""Of which cases and of whose measures a reader hears nothing, at the moment of reading: somebody may declare an
interest, step back or take on a unit long after a measure was proposed (Sanction.kept_out)."""

from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import Membership
from cards.models import Cadre
from complaints.models import Complaint, Interest
from complaints.models.cases import SUPERIORS


def kin_of(user_id: int) -> QuerySet[Any, Any]:
    """The cadres in whom they declared an interest."""
    return Interest.objects.filter(user=user_id, cadre__isnull=False).order_by().values("cadre")


def led_by(user_id: int) -> Q:
    """What is of a unit for which they answer today."""
    held = Membership.objects.current(timezone.localdate()).filter(
        user=user_id, role__in=SUPERIORS, unit__isnull=False
    )
    leads = Cadre.objects.filter(user=user_id, leads_unit=True)
    return Q(unit__in=held.order_by().values("unit")) | Q(unit__in=leads.order_by().values("unit"))


def hidden_cases(user_id: int, *, of_city: bool) -> QuerySet[Any, Any]:
    """As Complaint.visible_to has it. Whoever answers for a unit, and is not of the city, hears of its people."""
    stepped_back = Interest.objects.filter(user=user_id, complaint__isnull=False).order_by()
    found = Q(cadre__in=kin_of(user_id)) | Q(matter__in=stepped_back.values("complaint__matter"))
    if of_city:
        found |= Q(cadre__user=user_id) | led_by(user_id)
    return Complaint.objects.filter(found).order_by()


class CountsOne(Func):
    """Whether a complaint that was counted (Sanction.basis) is one of these."""

    output_field = BooleanField()
    template = "EXISTS (SELECT 1 FROM json_each(%(expressions)s)"
    arg_joiner = ") AS line WHERE line.value->>'kind' = 'complaint' AND line.value->>'key' IN "

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        joiner = self.arg_joiner.replace("line.value->>'key'", "(line.value->>'key')::bigint")
        template = self.template.replace("json_each", "jsonb_array_elements")
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner, **more)


def counts(cases: QuerySet[Any, Any]) -> CountsOne:
    return CountsOne(F("basis"), Subquery(cases.values("pk")))
