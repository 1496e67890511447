"""The versions of the standard: proposed as a copy of the newest, tried on a month, adopted by a second person, and
then never changed (MONTH-1). There is no verb that touches an adopted one."""

from collections.abc import Mapping
from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from appraisal import rules
from appraisal.models import AppraisalSettings, Standard, StandardItem, UnitLedger
from appraisal.models.standards import StandardQuerySet
from appraisal.notifying import standards as notifying
from appraisal.rules import Price
from appraisal.services.ledger import today as day_of
from appraisal.services.ledger import version_value
from appraisal.words.standard import Effect, Occasion
from attendance.models import Item
from common import audit
from common.problems import Refused
from common.templatetags.components import zh_date
from common.versions import check_unchanged

HEAD = ("effective_from", "cents_per_point", "cap_cents", "allowance", "legal_basis", "note")
CONSEQUENCE = ("when", "times", "effect", "value")
#: A slip of the pen would hold back every later version: nothing is decided for longer ahead.
LONGEST_AHEAD = 366
#: HEAD, “prices” by item code, and “consequences”.
Values = Mapping[str, Any]


# --- What a version says ----------------------------------------------------------------------------------------------


def whole() -> StandardQuerySet:
    """Versions with all that they say."""
    return Standard.objects.select_related("proposed_by", "adopted_by").prefetch_related("items__item")


def newest_adopted() -> Standard | None:
    return whole().adopted().first()


def values_of(standard: Standard) -> dict[str, Any]:
    head = {name: getattr(standard, name) for name in HEAD}
    prices = dict(version_value(standard).prices)
    return {**head, "prices": prices, "consequences": standard.consequences}


def facts_of(standard: Standard) -> dict[str, Any]:
    """What a version says, by name and flat, as forms compare it and the trail keeps it."""
    return _flat(values_of(standard))


def _flat(values: Values) -> dict[str, Any]:
    items = {f"item:{code}": list(astuple(price)) for code, price in sorted(values["prices"].items())}
    rows = [[row[name] for name in CONSEQUENCE] for row in values["consequences"]]
    return {**{name: values[name] for name in HEAD}, **items, "consequences": rows}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Of two versions’ facts; an item that one of them does not know is None there."""
    names = {**before, **after}
    return {
        name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)
    }


# --- What may stand in one --------------------------------------------------------------------------------------------


def price_problem(price: Price) -> tuple[str, str] | None:
    """The field and what is wrong with it."""
    if price.refer and price.half_points:
        return "half_points", _("What goes straight to the commission costs no points.")
    if price.refer and (price.step_half_points or price.free_first):
        field = "step_half_points" if price.step_half_points else "free_first"
        return field, _("What goes straight to the commission costs no points.")
    if price.step_half_points and not price.window_days:
        return "window_days", _("Say within how many days it counts as repeated.")
    if price.window_days and not price.step_half_points:
        return "step_half_points", _("Say what a repetition costs more.")
    return None


def salary_problem(allowance: str) -> str:
    """Empty when it names an allowance (DOMAIN §2)."""
    if not rules.names_salary(allowance):
        return ""
    return _(
        "Salary is neither deducted nor delayed (Civil Servants Law, Article 84). "
        "Name an allowance or a bonus of the appraisal."
    )


def first_possible_day(today: date) -> date:
    """What has happened is judged by the rules that were known; so is every month that is drafted."""
    drafted = UnitLedger.objects.aggregate(last=Max("closed_until"))["last"]
    tomorrow = today + timedelta(days=1)
    return tomorrow if drafted is None else max(tomorrow, rules.following(drafted))


def _check(values: Values, today: date) -> None:
    _check_day(values["effective_from"], today)
    if problem := salary_problem(values["allowance"]):
        raise Refused(problem, "allowance")
    for price in values["prices"].values():
        if (wrong := price_problem(price)) is not None:
            raise Refused(wrong[1])
    if any(not _is_known(row) for row in values["consequences"]):
        raise Refused(_("This consequence is not one that the year knows."))
    newest = newest_adopted()
    if newest is not None and not _changes_anything(newest, values):
        raise Refused(_("It says the same as version %(version)s.") % {"version": newest.version})


def _is_known(row: Mapping[str, Any]) -> bool:
    """The year acts on what it understands and on nothing else."""
    known = row["when"] in Occasion.values and row["effect"] in Effect.values
    return known and row["times"] >= 1 and row["value"] >= 1


def _check_day(day: date, today: date) -> None:
    first = first_possible_day(today)
    if day < first:
        raise Refused(
            _(
                "In force from %(first)s at the earliest: what has happened is judged by the rules that were known "
                "that day, and a month that is drafted is not judged anew."
            )
            % {"first": zh_date(first)},
            "effective_from",
        )
    if day > today + timedelta(days=LONGEST_AHEAD):
        raise Refused(_("Choose a day within the next year."), "effective_from")
    later = Standard.objects.adopted().filter(effective_from__gte=day).first()
    if later is not None:
        raise Refused(
            _("Version %(version)s is adopted and in force from %(day)s: a newer one begins after that day.")
            % {"version": later.version, "day": zh_date(later.effective_from)},
            "effective_from",
        )


def _changes_anything(newest: Standard, values: Values) -> bool:
    return bool(set(differences(facts_of(newest), _flat(values))) - {"effective_from", "note"})


# --- The verbs --------------------------------------------------------------------------------------------------------


@transaction.atomic
def standard_propose(*, values: Values, actor: User, now: datetime) -> Standard:
    """The next version. One at a time: what it changes is read against the one before it."""
    _take_turn()
    newest = Standard.objects.first()
    if newest is not None and not newest.is_adopted:
        raise Refused(
            _("Version %(version)s is proposed already: change, adopt or withdraw that one first.")
            % {"version": newest.version}
        )
    _check(values, day_of(now))
    standard = Standard.objects.create(
        version=newest.version + 1 if newest is not None else 1,
        proposed_by=actor,
        proposed_at=now,
        **{name: values[name] for name in HEAD},
        consequences=list(values["consequences"]),
    )
    _price(standard, values["prices"])
    changes = {"effective_from": standard.effective_from, "note": standard.note}
    audit.record(verb="standard_proposed", subject=standard, actor=actor, now=now, changes=changes)
    notifying.proposed(standard, now)
    return standard


def _take_turn() -> None:
    """Who proposes or adopts waits for whoever does at this moment."""
    AppraisalSettings.objects.get_or_create(pk=1)
    AppraisalSettings.objects.select_for_update().get(pk=1)


def _price(standard: Standard, prices: Mapping[str, Price]) -> None:
    items = {item.code: item for item in Item.objects.filter(code__in=prices)}
    StandardItem.objects.bulk_create(
        StandardItem(
            standard=standard,
            item=items[code],
            half_points=price.half_points,
            free_first=price.free_first,
            step_half_points=price.step_half_points,
            window_days=price.window_days,
            refer=price.refer,
        )
        for code, price in prices.items()
    )


def _open(standard: Standard) -> Standard:
    """The version as it stands, locked; refused once it is adopted or withdrawn."""
    found = (
        Standard.objects.select_for_update().filter(pk=standard.pk).prefetch_related("items__item").first()
    )
    if found is None:
        raise Refused(_("Version %(version)s has been withdrawn.") % {"version": standard.version})
    if found.is_adopted:
        raise Refused(
            _("Version %(version)s is adopted and stays as it is: propose a new one.")
            % {"version": found.version}
        )
    return found


@transaction.atomic
def standard_edit(
    *, standard: Standard, values: Values, seen: str | None = None, actor: User, now: datetime
) -> Standard:
    """Whoever saves last stands for the whole of it, and somebody else adopts it."""
    standard = _open(standard)
    before = facts_of(standard)
    changed = differences(before, _flat(values))
    if not changed:
        return standard
    check_unchanged(before, seen)
    _check(values, day_of(now))
    for name in HEAD:
        setattr(standard, name, values[name])
    standard.consequences = list(values["consequences"])
    standard.proposed_by, standard.proposed_at = actor, now
    standard.save()
    if any(name.startswith("item:") for name in changed):
        standard.items.all().delete()
        _price(standard, values["prices"])
    audit.record(verb="standard_edited", subject=standard, actor=actor, now=now, changes=changed)
    return standard


@transaction.atomic
def standard_withdraw(*, standard: Standard, actor: User, now: datetime) -> None:
    """Nothing was ever judged by it: it goes, and the trail keeps what it said."""
    standard = _open(standard)
    changes = {"version": standard.version, **facts_of(standard)}
    audit.record(verb="standard_withdrawn", subject=standard, actor=actor, now=now, changes=changes)
    standard.delete()


@transaction.atomic
def standard_adopt(*, standard: Standard, seen: str | None = None, actor: User, now: datetime) -> Standard:
    """By a head of the Express who neither proposed nor last changed it; `seen` is what their preview showed."""
    _take_turn()
    standard = _open(standard)
    if standard.proposed_by_id == actor.pk:
        raise Refused(_("You proposed or last changed this version: another head adopts it."))
    check_unchanged(facts_of(standard), seen)
    _check(values_of(standard), day_of(now))
    standard.adopted_by, standard.adopted_at = actor, now
    standard.save(update_fields=["adopted_by", "adopted_at"])
    changes = {"effective_from": standard.effective_from}
    audit.record(verb="standard_adopted", subject=standard, actor=actor, now=now, changes=changes)
    notifying.adopted(standard, now)
    return standard
