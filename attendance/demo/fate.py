"""What becomes of a finding: told, perhaps defended, decided by somebody else; as far as that has happened by now."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import User
from attendance.demo import words
from attendance.models import Finding, FindingState, Told
from attendance.rules import defence_until
from common.models import AuditEntry
from common.rules import WorkingCalendar, at, local

#: How much is defended, how many good grounds turn out to be true, and how much was recorded by mistake.
DEFENDED, GRANTED, MISTAKEN = 0.3, 0.6, 0.015
#: Some heads take their time.
WAITS = 0.06


@dataclass
class Fates:
    """Settles findings before they are saved, and keeps the audit trail that the verbs would have written."""

    now: datetime
    working: WorkingCalendar
    defence_days: int
    _trail: list[tuple[Finding, str, User | None, datetime, dict[str, Any]]] = field(default_factory=list)

    def settle(
        self,
        finding: Finding,
        chance: random.Random,
        *,
        officer: User | None,
        decider: User | None,
        pleads: bool | None = None,
        certain: bool = False,
    ) -> None:
        """Whether the person says anything is left to chance without `pleads`; a `certain` one is not put off."""
        self._tell(finding, chance, officer)
        if finding.told_at is None:
            return
        if pleads is None:
            pleads = chance.random() < DEFENDED
        plea = self._plea(finding, chance) if pleads else None
        if plea is not None:
            self._defend(finding, chance, officer, plea.text, days=1 if certain else None)
        if decider is not None and decider != finding.recorder and (certain or chance.random() > WAITS):
            self._decide(finding, chance, decider, plea)

    def _plea(self, finding: Finding, chance: random.Random) -> words.Plea:
        if finding.cadre is None:
            return chance.choice(words.MISSING_PLEAS)
        return words.plea(chance, finding.item.code)

    def _tell(self, finding: Finding, chance: random.Random, officer: User | None) -> None:
        own = finding.cadre is None or finding.cadre.user_id is not None
        told = (
            finding.recorded_at if own else finding.recorded_at + timedelta(minutes=chance.randint(12, 160))
        )
        if told > self.now:
            return
        day = local(told).date()
        finding.told_at = told
        finding.told_how = Told.IN_APP if own else chance.choice(words.TOLD)
        finding.defence_until = defence_until(day, self.defence_days, self.working)
        if not own:
            changes = {"how": finding.told_how, "day": day, "until": finding.defence_until}
            self._note(finding, "finding_told", officer, told, changes)

    def _defend(
        self, finding: Finding, chance: random.Random, officer: User | None, text: str, days: int | None
    ) -> None:
        assert finding.told_at is not None
        days = days or chance.randint(1, self.defence_days)
        moment = self.later(local(finding.told_at).date(), days, chance)
        by = finding.cadre.user if finding.cadre is not None and finding.cadre.user_id else officer
        if moment > self.now or by is None:
            return
        finding.defence, finding.defended_at, finding.defended_by = text, moment, by
        self._note(finding, "finding_defended", by, moment, {"text": ["", text]})

    def _decide(
        self, finding: Finding, chance: random.Random, decider: User, plea: words.Plea | None
    ) -> None:
        assert finding.defence_until is not None
        begins = local(finding.defended_at).date() if finding.defended_at else finding.defence_until
        moment = self.later(begins, chance.randint(1, 2), chance)
        if moment > self.now:
            return
        finding.state, finding.decision_reason = FindingState.STANDING, self._reason(finding, chance)
        if plea is not None and plea.granted and chance.random() < GRANTED:
            finding.state, finding.decision_reason = FindingState.WITHDRAWN, plea.granted
            finding.exemption = plea.exemption
        elif plea is None and finding.cadre is not None and chance.random() < MISTAKEN:
            finding.state, finding.decision_reason = FindingState.WITHDRAWN, words.MISTAKEN
        self.decided(finding, decider, moment)

    def _reason(self, finding: Finding, chance: random.Random) -> str:
        if finding.cadre is None:
            return words.MISSING_UPHELD
        said = (*words.UPHELD, *words.UPHELD_OF.get(finding.item.code, ()))
        return chance.choice(said if finding.defence else words.UNDEFENDED)

    def decided(self, finding: Finding, decider: User, moment: datetime) -> None:
        finding.decided_by, finding.decided_at = decider, moment
        changes = {"state": finding.state, "reason": finding.decision_reason}
        if finding.exemption:
            changes["exemption"] = finding.exemption
        self._note(finding, "finding_decided", decider, moment, changes)

    def later(self, day: date, days: int, chance: random.Random) -> datetime:
        """At work, so many working days on."""
        clock = time(chance.choice((9, 10, 11, 15, 16)), chance.randint(0, 59))
        return at(self.working.add_working_days(day, days), clock)

    def _note(
        self, finding: Finding, verb: str, actor: User | None, moment: datetime, changes: dict[str, Any]
    ) -> None:
        plain = {name: str(value) if isinstance(value, date) else value for name, value in changes.items()}
        self._trail.append((finding, verb, actor, moment, plain))

    def trail(self) -> list[AuditEntry]:
        """After the findings have their keys, in the order of time."""
        label = Finding._meta.label_lower
        return [
            AuditEntry(
                at=moment, actor=actor, verb=verb, subject_type=label, subject_id=finding.pk, changes=changes
            )
            for finding, verb, actor, moment, changes in sorted(self._trail, key=lambda row: row[3])
        ]
