"""What every month comes to, computed once more from exported facts by somebody who has never seen the product.

    python -I oracle.py FACTS.json

Nothing of the product is imported, and nothing of what it has computed is read: findings and what was decided on them,
the versions of the standard, and in which order months were drafted and entries taken back. On purpose written in
another way than the product: one finding after the other, in plain loops.
"""

import hashlib
import json
import sys
from datetime import date, datetime, timedelta, timezone

LONGQUAN = timezone(timedelta(hours=8))


def next_month(month):
    year, number = map(int, month.split("-"))
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


class Unit:
    """One unit's book: charges in the order in which they were entered, and what was put right, by month."""

    def __init__(self, row, facts):
        self.row, self.facts = row, facts
        self.last_drafted = None
        self.charges = []
        self.corrections = []
        self.months = set()
        # By month and cadre: at most so much is withheld.
        self.room = {}
        # How many lines the book has: when each charge was last written.
        self.lines = 0

    # --- What a finding costs ---------------------------------------------------------------------------------

    def standard_on(self, day):
        best = None
        for standard in self.facts["standards"]:
            if standard["from"] <= day and (
                best is None or (standard["from"], standard["version"]) > (best["from"], best["version"])
            ):
                best = standard
        return best

    def price(self, finding, earlier_days):
        standard = self.standard_on(finding["day"])
        item = standard["items"].get(finding["item"])
        if item is None or item["refer"]:
            return 0, 0
        this_month = 0
        repeated = 0
        opens = (date.fromisoformat(finding["day"]) - timedelta(days=item["window"])).isoformat()
        for day in earlier_days:
            if day[:7] == finding["day"][:7]:
                this_month += 1
            if item["window"] > 0 and opens <= day <= finding["day"]:
                repeated += 1
        if this_month < item["free_first"]:
            return 0, 0
        half_points = item["half_points"] + item["step"] * repeated
        # A point is two half-points; a fraction of a cent is dropped.
        cents = (half_points * standard["cents_per_point"]) // 2 if finding["cadre"] is not None else 0
        return half_points, cents

    def alike(self, finding):
        """Charges that still stand of the same person, or of the unit itself, for the same thing."""
        return [
            charge
            for charge in self.charges
            if charge["stands"]
            and charge["finding"]["cadre"] == finding["cadre"]
            and charge["finding"]["item"] == finding["item"]
        ]

    # --- What happens -----------------------------------------------------------------------------------------

    def draft(self, month, instant):
        pending = []
        for finding in self.facts["findings"]:
            if finding["unit"] != self.row["code"] or self.is_charged(finding):
                continue
            if finding["day"][:7] < self.facts["begins"][:7] or finding["day"][:7] > month:
                continue
            if state_at(finding, instant) == "standing":
                pending.append(finding)
        pending.sort(key=lambda one: (one["day"], datetime.fromisoformat(one["at"]), one["id"]))
        for finding in pending:
            earlier = [charge["finding"]["day"] for charge in self.alike(finding)]
            half_points, cents = self.price(finding, earlier)
            self.charges.append(
                {
                    "finding": finding,
                    "month": month,
                    "stands": True,
                    "half_points": half_points,
                    "cents": cents,
                    "first_half_points": half_points,
                    "first_cents": cents,
                    "line": self.write(),
                }
            )
        self.months.add(month)
        self.last_drafted = max(month, self.last_drafted or month)

    def left(self, month, cadre):
        """What is still withheld of somebody's month: what stands of its charges, as far as there was room."""
        standing = sum(
            charge["cents"]
            for charge in self.charges
            if charge["month"] == month and charge["finding"]["cadre"] == cadre
        )
        return min(self.room.get((month, cadre), 0), standing)

    def make_room(self, month, units):
        """In the order in which the units drafted: what others leave of the month's allowance now."""
        cap = self.standard_on(last_day(month))["cap_cents"]
        for cadre in {charge["finding"]["cadre"] for charge in self.charges if charge["month"] == month}:
            others = sum(unit.left(month, cadre) for unit in units if unit is not self)
            self.room[month, cadre] = max(0, cap - others)

    def write(self, lines=1):
        self.lines += lines
        return self.lines

    def is_charged(self, finding):
        return any(charge["finding"]["id"] == finding["id"] for charge in self.charges)

    def take_back(self, finding_id, instant):
        month = self.open_month(instant)
        for charge in self.charges:
            if charge["finding"]["id"] == finding_id and charge["stands"]:
                break
        else:
            raise ValueError(f"Finding {finding_id} is taken back, but nothing of it stands.")
        charge["stands"] = False
        self.write()
        cadre = charge["finding"]["cadre"]
        self.corrections.append((month, cadre, 1, -charge["half_points"], -charge["cents"]))
        charge["half_points"] = charge["cents"] = 0
        earlier = []
        for other in self.alike(charge["finding"]):
            half_points, cents = self.price(other["finding"], earlier)
            earlier.append(other["finding"]["day"])
            # Nobody pays more because somebody was right.
            if half_points < other["half_points"]:
                less = (half_points - other["half_points"], cents - other["cents"])
                self.corrections.append((month, cadre, 2, *less))
                other["line"] = self.write(2)
                other["half_points"], other["cents"] = half_points, cents

    def open_month(self, instant):
        today = instant.astimezone(LONGQUAN).date().isoformat()
        if self.last_drafted is None:
            month = max(self.facts["begins"][:7], self.row["from"][:7])
        else:
            month = next_month(self.last_drafted)
        if self.row["to"] is not None and month > self.row["to"][:7]:
            # No month of a unit that has ended follows by itself.
            month = max(month, today[:7])
        return month

    # --- What it came to --------------------------------------------------------------------------------------

    def result(self):
        totals, proposals, reports = {}, {}, {}
        for month in sorted(self.months):
            charges = [charge for charge in self.charges if charge["month"] == month]
            corrections = [row for row in self.corrections if row[0] == month]
            reports[self.key(month)] = [len(charges), sum(row[2] for row in corrections)]
            people = {charge["finding"]["cadre"] for charge in charges} | {row[1] for row in corrections}
            for cadre in people:
                own = [charge for charge in charges if charge["finding"]["cadre"] == cadre]
                right = [row for row in corrections if row[1] == cadre]
                charged = sum(charge["first_cents"] for charge in own)
                totals[self.key(month, cadre)] = [
                    len(own),
                    sum(charge["first_half_points"] for charge in own),
                    charged,
                    sum(row[3] for row in right),
                    sum(row[4] for row in right),
                ]
                if cadre is not None and charged > 0 and self.room[month, cadre] > 0:
                    amount = min(self.room[month, cadre], charged)
                    released = amount - self.left(month, cadre)
                    proposals[self.key(month, cadre)] = [charged, amount, released]
        return totals, proposals, reports

    def key(self, *parts):
        words = [self.row["code"], *("unit" if part is None else str(part) for part in parts)]
        return " ".join(words)


def last_day(month):
    return (date.fromisoformat(next_month(month) + "-01") - timedelta(days=1)).isoformat()


def state_at(finding, instant):
    state = "provisional"
    for decided, decision in finding["decisions"]:
        if datetime.fromisoformat(decided) <= instant:
            state = decision
    return state


def books(facts):
    """Every unit's book after all that happened, by its code."""
    units = {row["code"]: Unit(row, facts) for row in facts["units"]}
    for instant, what, code, subject in facts["events"]:
        happened = datetime.fromisoformat(instant)
        if what == "draft":
            units[code].draft(subject, happened)
            units[code].make_room(subject, units.values())
        elif what == "reverse":
            units[code].take_back(subject, happened)
        else:
            raise ValueError(what)
    return units


def recompute(facts):
    """Totals of cadres and units, what is withheld and released, and how many entries a month has."""
    return figures(books(facts))


def figures(units):
    totals, proposals, reports, standing = {}, {}, {}, {}
    for unit in units.values():
        for found, own in zip((totals, proposals, reports), unit.result(), strict=True):
            found.update(own)
        for charge in unit.charges:
            if charge["stands"]:
                standing[str(charge["finding"]["id"])] = [
                    charge["month"],
                    charge["half_points"],
                    charge["cents"],
                ]
    return {"totals": totals, "proposals": proposals, "reports": reports, "standing": standing}


def differences(expected, actual):
    """Every figure that is not the same: where, what it should be, what it is."""
    return [
        (part, key, expected[part].get(key), actual[part].get(key))
        for part in expected
        for key in sorted({*expected[part], *actual[part]})
        if expected[part].get(key) != actual[part].get(key)
    ]


def first_bad_link(rows):
    """The number of the first entry that does not follow from the one before; None of a whole chain."""
    previous, expected = "0" * 64, 1
    for row in rows:
        text = json.dumps(row["facts"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(previous.encode() + b"\n" + text.encode()).hexdigest()
        if (row["sequence"], row["previous"], row["hash"]) != (expected, previous, digest):
            return expected
        previous, expected = digest, expected + 1
    return None


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(recompute(json.load(file))))
