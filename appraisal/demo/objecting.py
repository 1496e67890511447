"""Objections of the demonstration: some sustained, some rejected, one that waits."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from accounts.models import User
from appraisal import services
from appraisal.demo import words
from appraisal.models import Kind, LedgerEntry, MonthlyReport, Objection, ObjectionState, ReportState
from appraisal.services import objections
from common.problems import Refused
from common.rules import local

if TYPE_CHECKING:
    from appraisal.demo.story import Story

#: Of the months that are published, and of the objections to them.
OBJECTED, GRANTED = 0.1, 0.4
#: In the order of units: of these one objects in vain and one with success every month, each in turn.
IN_TURN = (0, 2, 5)
#: An objection to the newest month that waits for its answer.
WAITS = 1
ANSWERS = {one.text: one for one in (*words.OBJECTIONS, words.OF_THE_UNIT)}


def objects(story: Story, report: MonthlyReport) -> bool:
    """Whether somebody of the unit objects to something of this month."""
    place = story.place(report)
    if _turn(story, report) is not None or (place == WAITS and story.is_newest(report)):
        return True
    return story.dice(report, "objects").random() < OBJECTED


def _turn(story: Story, report: MonthlyReport) -> bool | None:
    """Whether the objection is sustained, where it is the unit's turn to object."""
    place = story.place(report)
    if place not in IN_TURN:
        return None
    return {0: False, 1: True}.get((IN_TURN.index(place) + report.month.month) % len(IN_TURN))


def begin(story: Story, report: MonthlyReport) -> None:
    """While the month hangs there."""
    if report.state != ReportState.PUBLISHED or report.published_at is None or not objects(story, report):
        return
    chance = story.dice(report, "objects on")
    moment = story.later(local(report.published_at).date(), chance.randint(1, 3), chance)
    if story.place(report) == WAITS and story.is_newest(report):
        moment = max(moment, story.ago(1, chance))
    story.plan(moment, partial(_make, story, report))


def _make(story: Story, report: MonthlyReport, moment: datetime) -> None:
    """By the person, or by an officer for somebody without an account."""
    entry = _entry(story, report)
    if entry is None:
        return
    chance, day = story.dice(report, "objection"), local(moment).date()
    text = chance.choice(words.OBJECTIONS).text if entry.cadre is not None else words.OF_THE_UNIT.text
    own = entry.cadre is not None and objections.has_account(entry.cadre, day)
    actor = entry.cadre.user if own and entry.cadre is not None else story.officer(report, moment)
    on_paper = entry.cadre is not None and not own
    if actor is None:
        return
    try:
        made = services.objection_make(
            entry=entry, text=text, paper_on=day if on_paper else None, actor=actor, now=moment
        )
    except Refused:
        return
    _answer_later(story, made)


def _entry(story: Story, report: MonthlyReport) -> LedgerEntry | None:
    """Somebody of the showcase first, then whoever the dice say, then the unit itself."""
    entries = LedgerEntry.objects.filter(unit=report.unit_id, month=report.month, kind=Kind.FINDING)
    found = list(entries.standing().select_related("unit", "cadre__user", "item").order_by("sequence"))
    with_account = [entry for entry in found if entry.cadre is not None and entry.cadre.user_id is not None]
    people = [entry for entry in found if entry.cadre is not None]
    waits = story.place(report) == WAITS and story.is_newest(report)
    for group in ([] if waits else with_account, people, found):
        if group:
            return story.dice(report, "entry").choice(group)
    return None


def go_on(story: Story, month: date) -> None:
    """What waits since the last start."""
    for objection in Objection.objects.open().filter(entry__month=month):
        _answer_later(story, objection)


def _answer_later(story: Story, objection: Objection) -> None:
    report = objections.report_of(objection.entry)
    if report is None or (story.place(report) == WAITS and story.is_newest(report)):
        return
    chance = story.dice(report, "answers")
    moment = story.later(local(objection.made_at).date(), chance.randint(1, 2), chance)
    story.plan(moment, partial(_answer, story, objection.pk, report))


def _answer(story: Story, pk: int, report: MonthlyReport, moment: datetime) -> None:
    objection = objections.for_deciding(Objection.objects.filter(pk=pk)).get()
    allowed = objections.deciders_now(objection, local(moment).date())
    actor: User | None = next((user for user in story.actors(report, moment) if user.pk in allowed), None)
    answers = ANSWERS.get(objection.text)
    if objection.state != ObjectionState.OPEN or actor is None or answers is None:
        return
    sustain = _turn(story, report)
    if sustain is None:
        sustain = story.dice(report, "granted").random() < GRANTED
    services.objection_decide(
        objection=objection,
        sustain=sustain,
        reason=answers.sustained if sustain else answers.rejected,
        actor=actor,
        now=moment,
    )
