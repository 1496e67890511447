"""A number and its reason: what an entry of the ledger says, from the fact to the money, in words (DESIGN §3).

Nothing here quotes a complaint: what a finding says of one is the statement of fact that was written for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from appraisal import rules
from appraisal.models import Kind, LedgerEntry, Objection, ObjectionState
from appraisal.models.ledger import EntryQuerySet
from appraisal.notifying.stages import month_name
from appraisal.rules import Price, Version
from appraisal.services import ledger as chains
from appraisal.words.standard import price_words
from attendance import snapshot, words
from attendance.models import Finding, FindingState, Round
from attendance.models.sheets import VERIFIED_WORDS
from cards.presentation import StatusView, clock
from common.rules import local
from common.templatetags.amounts import money, points
from common.templatetags.components import zh_date

#: Of a statement in the chain; the whole of it stands on the entry's own page.
QUOTED = 60
NOTHING = Price(0)


@dataclass(frozen=True)
class Tag:
    tone: str
    text: str


@dataclass(frozen=True)
class Reason:
    """An entry as pages show it."""

    entry: LedgerEntry
    title: str
    tag: Tag
    #: What the plaque said at that second; None about a unit, and of what a complaint came to.
    said: StatusView | None
    source: str
    price: Price
    rule: str
    #: Why it was free, or cost more; empty where it simply cost what the item costs.
    count: str
    arithmetic: str
    #: Why a later month counts it than the one in which it happened.
    later: str

    @property
    def finding(self) -> Finding:
        return self.entry.finding

    @property
    def chain(self) -> list[str]:
        """From the fact to the money, each in a line."""
        return self._links(self.arithmetic)

    @property
    def points_chain(self) -> list[str]:
        """From the fact to the points, for whoever is shown nobody's money."""
        return self._links(points(self.entry.half_points))

    def _links(self, reckoned: str) -> list[str]:
        links = [found_words(self.finding, self.source)]
        if self.said is not None:
            links.append(said_words(self.said))
        links += [self.rule, defence_words(self.finding), decision_words(self.finding)]
        links += [self.count, self.later, reckoned]
        if self.is_taken_back:
            links.append(reversal_words(self.entry.reversed_by))
        return [link for link in links if link]

    @property
    def objection(self) -> Objection | None:
        return next((one for one in self.entry.objections.all() if one.is_counting), None)

    @property
    def is_taken_back(self) -> bool:
        return hasattr(self.entry, "reversed_by")


def for_pages(entries: EntryQuerySet) -> EntryQuerySet:
    """With everything that a reason says; the snapshot of a round stays where it is."""
    own = ("unit", "item", "cadre", "standard", "reverses", "reversed_by__unit")
    people = ("finding__recorder", "finding__decided_by", "finding__defended_by")
    facts = ("finding__item", "finding__unit", "finding__place", "finding__cadre")
    sources = ("finding__round__sheet", "finding__spot_line__spot_check")
    return (
        entries.select_related(*own, *people, *facts, *sources)
        .defer("finding__round__snapshot")
        .prefetch_related("objections")
    )


def of_entries(entries: Iterable[LedgerEntry]) -> list[Reason]:
    """Three queries more for any number that was read with `for_pages`."""
    entries = list(entries)
    versions = {version.pk: version for version in chains.versions()} if entries else {}
    return [_reason(entry, versions) for entry in entries]


def _reason(entry: LedgerEntry, versions: Mapping[int, Version]) -> Reason:
    finding, version = entry.finding, versions[entry.standard_id]
    price = version.prices.get(entry.item.code, NOTHING)
    said = words.plaque_said(finding.said, finding.at) if finding.said else None
    made = Reason(
        entry=entry,
        title=words.title(finding),
        tag=_tag(entry, price),
        said=said,
        source=source_words(finding),
        price=price,
        rule=rule_words(entry, price),
        count=count_words(entry, price),
        arithmetic=arithmetic(entry, version, price),
        later=later_words(entry),
    )
    return replace(made, count="") if entry.kind == Kind.REVERSAL else made


def _tag(entry: LedgerEntry, price: Price) -> Tag:
    objection = next(iter(entry.objections.all()), None)
    if entry.kind == Kind.REVERSAL:
        return Tag("info", _("Takes back"))
    if hasattr(entry, "reversed_by"):
        return Tag("idle", _("Reversed"))
    if objection is not None and objection.state == ObjectionState.OPEN:
        return Tag("out", _("Objection to be decided"))
    if objection is not None and objection.state == ObjectionState.REJECTED:
        return Tag("on", _("Upheld after an objection"))
    if entry.kind == Kind.REJUDGED:
        return Tag("info", _("Judged anew"))
    if price.refer:
        return Tag("info", referred_words())
    return Tag("on", str(words.STATE_WORDS[FindingState.STANDING]))


def referred_words() -> str:
    """移送市纪委，不计分."""
    return _("referred to the city’s discipline inspection commission, without points")


# --- The links of the chain -----------------------------------------------------------------------------------------


def source_words(finding: Finding) -> str:
    if finding.spot_line_id is not None:
        return _("spot check")
    if finding.round_id is not None:
        return _("daily round")
    return _("complaint, substantiated") if finding.is_outcome else _("found by the program")


def found_words(finding: Finding, source: str) -> str:
    """10月14日 10:05 巡查：306 室，所报会议未召开."""
    timed = finding.cadre_id is not None and not finding.is_outcome
    moment = f"{zh_date(finding.day)} {clock(finding.at)}" if timed else zh_date(finding.day)
    facts = "，".join(filter(None, [finding.room, finding.note]))
    if not facts:
        return _("%(moment)s %(source)s") % {"moment": moment, "source": source}
    return _("%(moment)s %(source)s: %(facts)s") % {"moment": moment, "source": source, "facts": facts}


def said_words(said: StatusView) -> str:
    details = "，".join(detail for detail in said.details if detail != said.headline)
    headline = said.headline or said.label
    if not details:
        return _("The plaque said: %(said)s") % {"said": headline}
    return _("The plaque said: %(said)s (%(details)s)") % {"said": headline, "details": details}


def rule_words(entry: LedgerEntry, price: Price) -> str:
    return _("Standard version %(version)s, “%(item)s”: %(price)s") % {
        "version": entry.standard.version,
        "item": entry.item,
        "price": price_words(price) if price != NOTHING else _("not counted"),
    }


def defence_words(finding: Finding) -> str:
    if finding.defended_at is None:
        return _("No statement in defence")
    text = " ".join(finding.defence.split())
    quoted = text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"
    words_ = {"day": zh_date(local(finding.defended_at).date()), "text": quoted}
    return _("%(day)s statement: %(text)s") % words_


def decision_words(finding: Finding) -> str:
    if finding.decided_at is None:
        return ""
    said = {"day": zh_date(local(finding.decided_at).date()), "reason": finding.decision_reason}
    return _("%(day)s decided: %(reason)s") % said if finding.decision_reason else _("%(day)s decided") % said


def count_words(entry: LedgerEntry, price: Price) -> str:
    """本月第 2 次，前 1 次不扣."""
    if price.refer:
        return referred_words()
    said = []
    if price.free_first:
        sentence = ngettext(
            "number %(number)s of its month, the first %(free)s is free",
            "number %(number)s of its month, the first %(free)s are free",
            price.free_first,
        )
        said.append(sentence % {"number": entry.before_in_month + 1, "free": price.free_first})
    if price.step_half_points and entry.before_in_window and entry.half_points:
        sentence = ngettext(
            "%(count)s time in the %(days)s days before: %(points)s more",
            "%(count)s times in the %(days)s days before: %(points)s more",
            entry.before_in_window,
        )
        more = points(price.step_half_points * entry.before_in_window)
        said.append(sentence % {"count": entry.before_in_window, "days": price.window_days, "points": more})
    return "；".join(said)


def arithmetic(entry: LedgerEntry, version: Version, price: Price) -> str:
    """2 分 × 20.00 元/分 = 40.00 元; with a step first how the points come about."""
    charged = abs(entry.half_points)
    if entry.kind == Kind.REVERSAL:
        return _("takes back %(points)s, %(money)s") % {
            "points": points(charged),
            "money": money(abs(entry.cents)),
        }
    if entry.cadre_id is None:
        return _("%(points)s; a unit has no allowance that could be withheld") % {"points": points(charged)}
    if not charged:
        return _("%(points)s, %(money)s") % {"points": points(0), "money": money(0)}
    words_ = {
        "points": points(charged),
        "money": money(version.cents_per_point),
        "sum": money(entry.cents),
        "base": points(price.half_points),
        "step": points(price.step_half_points),
        "times": entry.before_in_window,
    }
    if charged != price.half_points and entry.before_in_window:
        return _("%(base)s + %(times)s × %(step)s = %(points)s; × %(money)s a point = %(sum)s") % words_
    return _("%(points)s × %(money)s a point = %(sum)s") % words_


def reversal_words(reversal: LedgerEntry) -> str:
    """冲销：异议成立（见11月第5号记录）."""
    return _("%(day)s reversed (%(reason)s), see entry %(number)s of %(month)s") % {
        "day": zh_date(local(reversal.at).date()),
        "reason": reversal.reason.rstrip("。"),
        "number": reversal.sequence,
        "month": month_name(reversal.month),
    }


def later_words(entry: LedgerEntry) -> str:
    """Why it is not the month of the fact that counts it."""
    of_fact = rules.first_of(entry.day)
    if entry.month == of_fact:
        return ""
    words_ = {
        "of_fact": month_name(of_fact),
        "month": month_name(entry.month),
        "written": zh_date(local(entry.at).date()),
    }
    if entry.kind != Kind.FINDING:
        return _("written on %(written)s, and so a correction in %(month)s") % words_
    decided = entry.finding.decided_at
    words_["decided"] = zh_date(local(decided).date()) if decided is not None else words_["written"]
    return (
        _(
            "decided on %(decided)s, when %(of_fact)s was drafted already: %(month)s counts it with its true day"
        )
        % words_
    )


# --- How it was verified --------------------------------------------------------------------------------------------


def verified_words(finding: Finding) -> str:
    """见到本人 or another way, as the round says of this person; empty where no round does."""
    if finding.cadre_id is None:
        return ""
    if finding.spot_line is not None:
        return _("by inspectors on site")
    if finding.round_id is None:
        return ""
    row = Round.objects.only("snapshot", "taken_at").get(pk=finding.round_id)
    try:
        lines = snapshot.decode(row.snapshot, row.taken_at)
    except snapshot.Damaged:
        return ""
    found = [VERIFIED_WORDS[line.verified.value] for line in lines if line.cadre_id == finding.cadre_id]
    return str(found[0]) if found else ""
