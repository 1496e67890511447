"""What the papers of the ladder and of the year say, as plain values, to be printed the same years later.

Nothing here reads a database, a clock or a setting. Their Chinese is written in `texts`, their pages in `printing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from appraisal.bulletins.content import ADDRESSEES
from appraisal.bulletins.frozen import Frozen

#: What a decision is printed as. A numbered one that is served (效能告诫决定书); what is taken to the superiors of a
#: vertically managed unit instead (建议书); a talk without a number (批评教育通知书), with the form to record it; and
#: what goes to the discipline inspection commission with its list of clues (问题线索移送书).
DECISION: Final = "decision"
RECOMMENDATION: Final = "recommendation"
RECORD: Final = "record"
REFERRAL: Final = "referral"
KINDS: Final = (DECISION, RECOMMENDATION, RECORD, REFERRAL)
#: How it was taken.
SIGNED: Final = "signed"
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """A cadre with unit and post; or a unit, which has only its name."""

    name: str
    unit: str = ""
    post: str = ""

    @property
    def is_unit(self) -> bool:
        return not self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One counted line: a substantiated complaint, a problem, an earlier measure. Never a complaint's own text."""

    day: date
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the facts fall under: the trigger's code, the clause of the scheme, and its words where they help."""

    code: str = ""
    clause: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """When somebody was told and until when they could answer; what they said, and what was made of it."""

    told_on: date | None = None
    until: date | None = None
    made_on: date | None = None
    text: str = ""
    answer: str = ""

    @property
    def was_made(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How a paper was taken: signed for, or refused before a witness."""

    day: date
    receipt: str = SIGNED
    served_by: str = ""
    witness: str = ""
    #: The last day on which the measure warns.
    expires_on: date | None = None

    def __post_init__(self) -> None:
        if self.receipt not in (SIGNED, REFUSED):
            raise ValueError(f"A receipt is signed or refused, not {self.receipt}.")
        if self.receipt == REFUSED and not self.witness.strip():
            raise ValueError("A refusal has its witness.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Frozen):
    """A rung of the ladder as decided. Undecided it is a draft, and says so; only the decision proper has a number."""

    issuer: str
    #: The rung’s name, as 效能告诫.
    measure: str
    to: Addressee
    #: Of the facts.
    year: int
    facts: tuple[Fact, ...]
    #: Why it was decided so (Sanction.decision_reason).
    reason: str
    kind: str = DECISION
    rule: Rule | None = None
    #: Why it was proposed, where no rule did (Sanction.reason).
    proposed_reason: str = ""
    #: Where the decision is milder: what had been proposed.
    proposed_measure: str = ""
    defence: Defence = field(default=Defence())
    #: Names of the rungs that were passed over, and why.
    skipped: tuple[str, ...] = ()
    skipped_reason: str = ""
    #: So long it warns from the day of service on; 0 is not at all.
    months: int = 0
    number_text: str | None = None
    decided_on: date | None = None
    #: Whom a recommendation or a referral goes to.
    superior: str = ""
    #: Where a review is asked for; the issuer where nothing is said.
    review_to: str = ""
    review_days: int = 30
    review_answer_days: int = 30
    #: 抄送; a cadre’s unit where nothing is said.
    copies_to: str = ""
    #: Printed on the receipt alone: the decision itself is the same before and after.
    service: Service | None = None
    set_aside_on: date | None = None
    demo: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no paper of the kind {self.kind}.")
        if self.number_text is not None and self.decided_on is None:
            raise ValueError("What has a number has its day.")
        if self.kind == DECISION and self.decided_on is not None and self.number_text is None:
            raise ValueError("A decision has its number and its day together.")
        if self.kind == RECORD and self.number_text is not None:
            raise ValueError("A talk has no number.")
        if self.goes_above and not self.superior.strip():
            raise ValueError("A recommendation and a referral go to somebody above.")
        if self.skipped and not self.skipped_reason.strip():
            raise ValueError("Rungs are passed over for a reason.")

    @property
    def draft(self) -> bool:
        return self.decided_on is None

    @property
    def goes_above(self) -> bool:
        """It speaks about somebody to others, and not to them."""
        return self.kind in (RECOMMENDATION, REFERRAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFigures:
    """A cadre’s year as counted (rules.years.Year), corrections included."""

    #: Begun ones counted.
    months: int = 12
    half_points: int = 0
    #: By the months that counted it, while points go by the day of the fact (year_chain.Shift).
    withheld_cents: int = 0
    later_cents: int = 0
    earlier_cents: int = 0
    complaints: int = 0
    criticisms: int = 0
    admonishments: int = 0
    cautions: int = 0
    circulars: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualNotice(Frozen):
    """年度考核结果通知书: what a cadre’s year came to, why, what follows, and the rights against it. Where their own
    superiors grade somebody it is 年度考核建议书, and goes to these."""

    issuer: str
    to: Addressee
    year: int
    #: Codes of models.Grade and models.Ungraded, and of cards’ EmploymentKind, which names the grades.
    grade: str = ""
    ungraded: str = ""
    employment_kind: str = "civil_servant"
    #: Whom a recommendation goes to, and the best grade that it recommends.
    superior: str = ""
    ceiling: str = ""
    reason: str = ""
    figures: YearFigures = field(default=YearFigures())
    #: Rules that applied (rules.years.Code).
    codes: tuple[str, ...] = ()
    bonus_months: int = 0
    #: Which months, each by its first day, where they are known.
    bonus_of: tuple[date, ...] = ()
    #: None where a month has no base: months are named then, and no sum.
    bonus_cents: int | None = None
    barred_from_merit: bool = False
    #: The last day on which they are not promoted.
    barred_until: date | None = None
    #: Of a result that takes another one's place (after a review): when that was decided.
    corrects: date | None = None
    decided_on: date | None = None
    review_to: str = ""
    appeal_to: str = ""
    review_days: int = 30
    review_answer_days: int = 30
    appeal_days: int = 15
    appeal_answer_days: int = 60
    service: Service | None = None
    demo: bool = False

    def __post_init__(self) -> None:
        if bool(self.grade) == bool(self.superior.strip()):
            raise ValueError(
                "A notice has its grade; a recommendation has none, and goes to somebody’s superiors."
            )
        if (self.grade == "ungraded") != bool(self.ungraded):
            raise ValueError("Whoever has no grade has a reason for it, and nobody else.")
        if any(month.day != 1 for month in self.bonus_of):
            raise ValueError("A month is its first day.")

    @property
    def draft(self) -> bool:
        return self.decided_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommendedUnit:
    name: str
    #: Class in which it was compared, as 市直单位.
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommendedPerson:
    name: str
    unit: str
    post: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commendation(Frozen):
    """The city-wide commendation of a year (YEAR-3). People of one unit stand together, in the order given here."""

    issuer: str
    year: int
    #: One paragraph each; `texts.commendation` drafts both.
    opening: tuple[str, ...]
    closing: tuple[str, ...]
    units: tuple[CommendedUnit, ...] = ()
    people: tuple[CommendedPerson, ...] = ()
    addressees: str = ADDRESSEES
    number_text: str | None = None
    signed_on: date | None = None
    #: The person who signed, by name.
    signed_by: str = ""
    copies_to: str = ""
    printed_by: str = ""
    printed_on: date | None = None
    demo: bool = False

    def __post_init__(self) -> None:
        if (self.number_text is None) != (self.signed_on is None):
            raise ValueError("A circular has its number and its date together, or neither.")

    @property
    def draft(self) -> bool:
        return self.number_text is None

    @property
    def code(self) -> str:
        """The verification code printed on the paper."""
        return self.digest[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedGrade:
    name: str
    #: Code of models.Grade.
    grade: str
    post: str = ""
    employment_kind: str = "civil_servant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Where objections are taken."""

    whose: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicNotice(Frozen):
    """公示: the proposed grades of a unit, in the order of names as given here; it hangs in the unit."""

    unit: str
    year: int
    grades: tuple[ProposedGrade, ...]
    first_day: date
    #: It ends at 24:00.
    last_day: date
    working_days: int
    phones: tuple[Phone, ...] = ()
    #: Who takes part in the appraisal, and how many 优秀 are allowed of them; 0 says nothing of it.
    participants: int = 0
    most_excellent: int = 0
    #: Only 优秀 is shown, as the law asks for no more.
    only_excellent: bool = False
    published_on: date | None = None
    demo: bool = False

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError("A public notice ends after it begins.")

    @property
    def shown(self) -> tuple[ProposedGrade, ...]:
        return tuple(one for one in self.grades if one.grade == "excellent" or not self.only_excellent)


Paper = Decision | AnnualNotice | Commendation | PublicNotice
