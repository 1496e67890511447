from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.rules import username
from attendance import services
from attendance.draw import Plan
from attendance.models import Draw
from common.problems import Refused
from common.rules import at


class Command(BaseCommand):
    help = _("Freeze the pool of a random spot check, or enter the public value and draw (docs/draws.md).")

    def add_arguments(self, parser: CommandParser) -> None:
        for name, usual, words in (
            ("departments", 0, _("how many city departments")),
            ("towns", 0, _("how many subdistricts, towns and townships")),
            ("people", 3, _("how many people of each unit")),
            ("leaders", 0, _("how many members of unit leaderships")),
        ):
            parser.add_argument(f"--{name}", type=int, default=usual, metavar="N", help=words)
        parser.add_argument("--begins", metavar="'YYYY-MM-DD HH:MM'", help=_("when the spot check begins"))
        parser.add_argument("--inspector", action="append", default=[], metavar="USER", help=_("two or more"))
        parser.add_argument("--source", default="", help=_("where the public value will come from"))
        parser.add_argument("--reveal", metavar="NUMBER", type=int, help=_("number of a frozen draw"))
        parser.add_argument("--value", default="", help=_("the public value"))
        parser.add_argument("--witnesses", default="", help=_("who has seen it, or where it was published"))
        parser.add_argument(
            "--by", metavar="USER", help=_("who does it; the first inspector, or whoever froze the pool")
        )

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            return self.reveal(options) if options["reveal"] is not None else self.freeze(options)
        except Refused as refused:
            raise CommandError(str(refused.sentence)) from refused

    def freeze(self, options: dict[str, Any]) -> str:
        inspectors = [user_named(name) for name in options["inspector"]]
        if not inspectors:
            raise CommandError(_("Name the inspectors with --inspector."))
        draw = services.draw_freeze(
            plan=plan_of(options),
            inspectors=inspectors,
            public_source=options["source"],
            actor=user_named(options["by"]) if options["by"] else inspectors[0],
            now=timezone.now(),
        )
        return _("Draw %(number)s: commitment %(commitment)s, pool hash %(hash)s, %(address)s") % {
            "number": draw.number,
            "commitment": draw.commitment,
            "hash": draw.pool_hash,
            "address": settings.SITE_URL + reverse("draw", args=[draw.token]),
        }

    def reveal(self, options: dict[str, Any]) -> str:
        draw = Draw.objects.select_related("frozen_by").filter(number=options["reveal"]).first()
        if draw is None:
            raise CommandError(_("There is no draw %(number)s.") % {"number": options["reveal"]})
        check = services.draw_reveal(
            draw=draw,
            value=options["value"],
            witnesses=options["witnesses"],
            actor=user_named(options["by"]) if options["by"] else draw.frozen_by,
            now=timezone.now(),
        )
        # Where it goes is sealed: a terminal has other readers than the page.
        return _("Draw %(number)s: drawn, spot check %(check)s, %(address)s") % {
            "number": draw.number,
            "check": check.pk,
            "address": settings.SITE_URL + reverse("draw", args=[draw.token]),
        }


def plan_of(options: dict[str, Any]) -> Plan:
    numbers = {name: options[name] for name in ("departments", "towns", "people", "leaders")}
    try:
        begins = datetime.strptime(str(options["begins"]).strip(), "%Y-%m-%d %H:%M")
    except ValueError as error:
        sentence = _("--begins must be a day and a time such as “2026-12-01 09:00”; it is “%(value)s”.")
        raise CommandError(sentence % {"value": options["begins"] or ""}) from error
    return Plan(**numbers, begins_at=at(begins.date(), begins.time()))


def user_named(name: str) -> User:
    user = User.objects.filter(username=username(name), is_active=True).first()
    if user is None:
        raise CommandError(_("There is no active account “%(name)s”.") % {"name": name})
    return user
