"""Measures of the ladder in words: where one stands, what was counted, who decides, what follows, what happened."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.history import Line
from accounts.models import Role
from appraisal import sanction_papers
from appraisal.facts import ladder as ladder_facts
from appraisal.models import Measure, Receipt, Sanction, SanctionState, Trigger
from appraisal.papers.content import Decision
from appraisal.words import ladder as ladder_words
from attendance import selectors as inspection
from attendance.models import Exemption, Told
from attendance.rules import days_left
from common import audit, calendar
from common.rules import WorkingCalendar
from common.templatetags.components import zh_date

TONES: Mapping[str, str] = {
    SanctionState.DROPPED: "idle",
    SanctionState.DECIDED: "out",
    SanctionState.SERVED: "info",
    SanctionState.SET_ASIDE: "idle",
    SanctionState.REFERRED: "idle",
}
VERBS: Mapping[str, Any] = {
    "sanction_proposed": gettext_lazy("Proposed"),
    "sanction_told": gettext_lazy("Told"),
    "sanction_defended": gettext_lazy("Statement in defence"),
    "sanction_decided": gettext_lazy("Decided"),
    "sanction_served": gettext_lazy("Served"),
    "sanction_set_aside": gettext_lazy("Set aside"),
}
#: What the year does with a rung (scheme.txt 三(三), DOMAIN §3), by the codes of seeds.MEASURES.
FOLLOWS: Mapping[str, Any] = {
    "criticism": gettext_lazy("It is entered in the record of the year. It costs nothing by itself."),
    "admonishment": gettext_lazy("YEAR-1: three months’ assessed bonus are proposed to be withheld."),
    "caution": gettext_lazy(
        "It counts in the year’s appraisal. YEAR-2: with a second one in the same year the whole year’s assessed bonus "
        "is proposed to be withheld, and the year is graded incompetent."
    ),
    "circular": gettext_lazy(
        "It is said in a circular to the whole city, and counts in the year’s appraisal."
    ),
}
#: Of these the law says it, not the scheme.
LIMITING = ("admonishment", "caution", "circular")
BY_LAW = gettext_lazy("By the law on appraisal the year is not graded excellent.")
FOLLOWS_FOR_UNIT = gettext_lazy("It counts in the unit’s appraisal of the year.")


@dataclass(frozen=True)
class View:
    """A measure as every list and page shows it. `tone` is a colour of the design system, `state` says the same in
    words."""

    sanction: Sanction
    tone: str
    state: str
    #: Until when a statement may be made, or until when it warns; empty where neither.
    deadline: str
    #: What its rule counts; or that somebody proposed it without one.
    rule: str

    @property
    def title(self) -> str:
        return title(self.sanction)

    @property
    def is_open(self) -> bool:
        return self.sanction.state == SanctionState.PROPOSED

    @property
    def is_decided(self) -> bool:
        return self.sanction.decided_at is not None

    @cached_property
    def kept(self) -> Decision | None:
        return sanction_papers.as_decided(self.sanction)

    @property
    def who(self) -> str:
        return self.kept.to.name if self.kept is not None else str(self.sanction.subject)

    @property
    def unit(self) -> str:
        return (self.kept.to.unit or self.kept.to.name) if self.kept is not None else str(self.sanction.unit)

    @property
    def proposed(self) -> str:
        return _proposed(self.sanction, self.kept)

    @property
    def code(self) -> str:
        """Of its rule."""
        return self.sanction.rule


def title(sanction: Sanction) -> str:
    kept = sanction_papers.as_decided(sanction)
    measure = _rung(sanction.measure, kept.measure if kept is not None else "")
    if sanction.is_recommendation and not sanction.measure.refers:
        return _("%(measure)s, recommended") % {"measure": measure}
    return measure


def _proposed(sanction: Sanction, kept: Decision | None) -> str:
    name = (kept.proposed_measure or kept.measure) if kept is not None else ""
    return _rung(sanction.proposed_measure, name)


def _rung(measure: Measure, kept: str) -> str:
    """As it was called when it was decided; in the reader’s language as long as that is its name."""
    return kept if kept and kept != measure.name else str(measure)


def views(sanctions: Iterable[Sanction], today: date) -> list[View]:
    """Two queries more for any number."""
    working, rules = calendar.around(today), _rules()
    return [_view(sanction, today, working, rules) for sanction in sanctions]


def view(sanction: Sanction, today: date) -> View:
    return views([sanction], today)[0]


def _view(sanction: Sanction, today: date, working: WorkingCalendar, rules: Mapping[str, Trigger]) -> View:
    tone, state = _state(sanction, today)
    return View(sanction, tone, state, _deadline(sanction, today, working), _rule(sanction, rules))


def _rules() -> dict[str, Trigger]:
    return {trigger.code: trigger for trigger in ladder_facts.triggers(only_active=False)}


def _rule(sanction: Sanction, rules: Mapping[str, Trigger]) -> str:
    if not sanction.rule:
        return _("Without a rule")
    trigger = rules.get(sanction.rule)
    return ladder_words.name(trigger, sanction.times) if trigger is not None else sanction.rule


def is_answerable(sanction: Sanction, today: date) -> bool:
    """Whether a statement in defence may be made today."""
    until = sanction.defence_until
    return sanction.state == SanctionState.PROPOSED and until is not None and today <= until


def _state(sanction: Sanction, today: date) -> tuple[str, str]:
    if sanction.state != SanctionState.PROPOSED:
        if sanction.is_warning(today):
            return "info", _("Warns")
        if sanction.state == SanctionState.SERVED and sanction.expires_on is not None:
            return "idle", _("Its time is over")
        return TONES[sanction.state], str(SanctionState(sanction.state).label)
    if sanction.proposed_measure.refers or sanction.own_word:
        return "info", _("Waits for its decision")
    if sanction.told_at is None:
        return "out", _("To be told")
    if is_answerable(sanction, today):
        return "out", _("A statement may be made")
    return "info", _("Waits for its decision")


def _deadline(sanction: Sanction, today: date, working: WorkingCalendar) -> str:
    # It may be decided already, though the statement may still be written again.
    if is_answerable(sanction, today) and not sanction.own_word:
        assert sanction.defence_until is not None
        left = days_left(today, sanction.defence_until, working)
        if not left:
            return _("until today 24:00, the last day")
        sentence = ngettext(
            "until %(day)s 24:00, %(count)s more working day",
            "until %(day)s 24:00, %(count)s more working days",
            left,
        )
        return sentence % {"day": zh_date(sanction.defence_until), "count": left}
    if sanction.is_warning(today):
        return _("warns until %(day)s") % {"day": zh_date(sanction.expires_on)}
    return ""


# --- Its path ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    label: str
    note: str
    state: str


def steps(sanction: Sanction, today: date) -> list[Step]:
    """Proposed, told, answered, decided, served; of a referral only what there is of it."""
    by = str(sanction.proposed_by) if sanction.proposed_by is not None else _("by the rule")
    found = [Step(_("Proposed"), f"{zh_date(sanction.proposed_at)} {by}", "done")]
    if not sanction.proposed_measure.refers:
        found += _hearing(sanction, today)
    decided = sanction.decided_at is not None
    who = f"{zh_date(sanction.decided_at)} {sanction.decided_by}" if decided else ""
    ready = sanction.proposed_measure.refers or sanction.own_word or _is_over(sanction, today)
    found.append(Step(_("Decision"), who, "done" if decided else "current" if ready else ""))
    if sanction.state == SanctionState.DECIDED or sanction.served_on is not None:
        note = zh_date(sanction.served_on)
        found.append(Step(_("Served"), note, "done" if sanction.served_on else "current"))
    elif not decided and not sanction.proposed_measure.refers:
        found.append(Step(_("Served"), "", ""))
    return found


def _is_over(sanction: Sanction, today: date) -> bool:
    return sanction.defence_until is not None and sanction.defence_until < today


def _hearing(sanction: Sanction, today: date) -> list[Step]:
    is_open = sanction.state == SanctionState.PROPOSED
    told_state = "done" if sanction.told_at else "current" if is_open else ""
    until = zh_date(sanction.defence_until)
    if sanction.defended_at is not None:
        answer = Step(_("Statement in defence"), zh_date(sanction.defended_at), "done")
    elif is_answerable(sanction, today):
        answer = Step(_("Statement in defence"), _("until %(day)s") % {"day": until}, "current")
    else:
        nobody = _("none was made") if sanction.told_at is not None else ""
        answer = Step(_("Statement in defence"), nobody, "done" if nobody else "")
    return [Step(_("Told"), zh_date(sanction.told_at), told_state), answer]


# --- Sentences --------------------------------------------------------------------------------------------------------


def told(sanction: Sanction) -> str:
    return str(dict(Told.choices).get(sanction.told_how, sanction.told_how))


def counted(sanction: Sanction) -> str:
    """“2 of 2 this year”; how many facts it rests on where no rule counted them."""
    number = len(sanction.basis)
    if sanction.rule:
        words = {"count": number, "times": sanction.times, "year": sanction.year}
        return _("%(count)s of %(times)s in %(year)s") % words
    sentence = ngettext("%(count)s fact of %(year)s", "%(count)s facts of %(year)s", number)
    return sentence % {"count": number, "year": sanction.year}


def on_the_way(count: int, times: int) -> str:
    return _("%(count)s of %(times)s this year") % {"count": count, "times": times}


def decided_by(deciders: frozenset[int], today: date) -> str:
    """For whoever does not decide it."""
    if not deciders:
        return _("Nobody is free to decide it now: the city has to name somebody.")
    if deciders <= inspection.holders(Role.EXPRESS_HEAD, today):
        return _("A head of the Efficiency Express who had no hand in it decides.")
    return _("No head of the Efficiency Express is free: a member of it who had no hand in it decides.")


def follows(sanction: Sanction) -> str:
    if sanction.is_recommendation:
        return _("It is recommended to their own superiors, who decide; here it counts nowhere.")
    if sanction.cadre_id is None:
        return str(FOLLOWS_FOR_UNIT)
    code = sanction.measure.code
    said = [FOLLOWS[code]] if code in FOLLOWS else []
    return " ".join(map(str, [*said, BY_LAW] if code in LIMITING else said))


def receipt(sanction: Sanction) -> str:
    """签收；拒签，见证人朱立."""
    if sanction.receipt == Receipt.REFUSED:
        return _("Receipt refused; witness: %(name)s") % {"name": sanction.witness}
    return str(sanction.get_receipt_display())


def rungs(levels: str | Iterable[int], measures: Iterable[Measure]) -> str:
    """批评教育、效能诫勉."""
    wanted = {int(level) for level in levels.split(",") if level} if isinstance(levels, str) else set(levels)
    return "、".join(str(measure) for measure in measures if measure.level in wanted)


# --- The audit trail --------------------------------------------------------------------------------------------------


def history(sanction: Sanction) -> list[Line]:
    """What has happened to it, newest first."""
    kept = sanction_papers.as_decided(sanction)
    names = {
        sanction.proposed_measure.code: _proposed(sanction, kept),
        sanction.measure.code: _rung(sanction.measure, kept.measure if kept is not None else ""),
    }
    return [
        Line(
            at=entry.at,
            label=str(VERBS.get(entry.verb, entry.verb)),
            actor=str(entry.actor) if entry.actor else _("the system"),
            details="；".join(_details(entry.changes, names)),
            failure=False,
        )
        for entry in audit.history(sanction)
    ]


def _details(changes: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    found = []
    state = changes.get("state")
    if (code := changes.get("measure")) and state != SanctionState.DROPPED:
        found.append(names.get(code, code))
    if state:
        found.append(str(SanctionState(state).label))
    if exemption := changes.get("exemption"):
        found.append(str(dict(Exemption.choices).get(exemption, exemption)))
    if how := changes.get("how"):
        found.append(str(dict(Told.choices).get(how, how)))
    if until := changes.get("until"):
        found.append(_("a statement may be made until %(day)s") % {"day": _day(until)})
    if served := changes.get("served_on"):
        found.append(_("on %(day)s") % {"day": _day(served)})
    if taken := changes.get("receipt"):
        found.append(str(dict(Receipt.choices).get(taken, taken)))
    if witness := changes.get("witness"):
        found.append(_("witness: %(name)s") % {"name": witness})
    if reason := changes.get("reason"):
        found.append(_("reason: %(reason)s") % {"reason": str(reason).rstrip("。")})
    if isinstance(text := changes.get("text"), list):
        found.append(str(text[1]))
        found += [_("before: %(text)s") % {"text": text[0]}] if text[0] else []
    return found


def _day(value: Any) -> str:
    return zh_date(date.fromisoformat(str(value)))
