"""The demonstration's post responsibilities: of some units, what the duties of each post ask of this year."""

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accounts.models import Membership, Role
from appraisal.models import Responsibility
from appraisal.services.responsibilities import Line, responsibilities_import
from cards.models import Cadre, Duty
from common import demo

#: In the order of their codes; the others have entered nothing yet.
UNITS = 4
TARGETS = ("按承诺时限办结率98%以上", "全年无有效投诉", "每季度开展一次自查", "服务对象满意率95%以上")


def build(build: demo.Build) -> str:
    held = Membership.objects.current(build.today).filter(role=Role.UNIT_OFFICER, unit__isnull=False)
    officers = {member.unit_id: member.user for member in held.select_related("user").order_by("-pk")}
    for unit in sorted(officers, key=lambda pk: pk or 0)[:UNITS]:
        people = Cadre.objects.filter(unit=unit).serving(build.today)
        duties = Prefetch("duties", Duty.objects.order_by("position"))
        lists = {cadre: _lines(cadre) for cadre in people.prefetch_related(duties)}
        responsibilities_import(
            lists=lists,
            year=build.today.year,
            keep_results=True,
            actor=officers[unit],
            now=build.now,
        )
    return _("%(number)s post responsibilities") % {"number": f"{Responsibility.objects.count():,}"}


def _lines(cadre: Cadre) -> list[Line]:
    return [
        Line(duty.text, TARGETS[(cadre.pk + place) % len(TARGETS)])
        for place, duty in enumerate(cadre.duties.all())
    ]
