"""What every year comes to, computed once more from exported facts by somebody who has never seen the product.

    python -I year_oracle.py FACTS.json

Nothing of the product is imported, and nothing of what it has computed of a year is read: lines of the ledgers, cases,
measures, rounds, lines of spot checks, transfers, days of service, bonus bases, settings. On purpose written in another
way than the product: one person after the other, in plain loops over everything.
"""

import json
import sys
from datetime import date, timedelta

BEST_FIRST = ["excellent", "competent", "basic", "incompetent"]
RUNGS = ("criticism", "admonishment", "caution", "circular")


class Facts:
    """The exported rows of one year, with plain questions about them."""

    def __init__(self, rows):
        self.rows = rows
        self.year = str(rows["year"])
        self.settings = rows["settings"]
        self.first, self.last = f"{self.year}-01-01", f"{self.year}-12-31"
        taken_back = {row["reverses"] for row in rows["entries"] if row["kind"] == "reversal"}
        self.standing = [
            row
            for row in rows["entries"]
            if row["kind"] != "reversal"
            and row["id"] not in taken_back
            and row["day"][:4] == self.year
            # What the commission deals with is no figure of anybody's year.
            and [row["standard"], row["item"]] not in rows["referring"]
        ]

    # --- Who, and where -------------------------------------------------------------------------------------------

    def people(self):
        return [row for row in self.rows["cadres"] if self.months_of(row) > 0]

    def months_of(self, cadre):
        """Counted month by month: of which some day lies in the service."""
        months = 0
        for month in range(1, 13):
            first = date(int(self.year), month, 1)
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            begun = cadre["from"] <= last.isoformat()
            ended = cadre["to"] is not None and cadre["to"] < first.isoformat()
            months += begun and not ended
        return months

    def unit_of(self, cadre):
        """On the last day of the year: where they are now, with every later move undone."""
        unit = cadre["unit"]
        moves = [row for row in self.rows["transfers"] if row["cadre"] == cadre["id"]]
        for move in sorted(moves, key=lambda row: row["first_day"], reverse=True):
            if move["first_day"] > self.last:
                unit = move["from"]
        return unit

    def unit(self, code):
        (found,) = [row for row in self.rows["units"] if row["code"] == code]
        return found

    def is_apart(self, cadre):
        return cadre["kind"] == "enterprise" or self.unit(self.unit_of(cadre))["vertical"]

    # --- What happened --------------------------------------------------------------------------------------------

    def complaints_about(self, cadre):
        """Substantiated, answered, no duplicate, not taken up again, not with the commission; once each matter, in the
        year in which it first came in."""
        cases = {row["id"]: row for row in self.rows["complaints"]}
        with_commission = {row["matter"] for row in cases.values() if row["state"] == "referred"}
        taken_up_again = {row["redo_of"] for row in cases.values()}
        found = 0
        for case in cases.values():
            first = cases.get(case["redo_of"], case)
            found += (
                case["cadre"] == cadre["id"]
                and case["state"] in ("closed", "answered")
                and case["outcome"] in ("substantiated", "partly")
                and case["master"] is None
                and case["id"] not in taken_up_again
                and case["matter"] not in with_commission
                and first["received"][:4] == self.year
            )
        return found

    def measures(self, cadre=None, unit=None):
        found = []
        for row in self.rows["sanctions"]:
            about = (
                row["cadre"] == cadre["id"]
                if cadre
                else (row["cadre"] is None and row["unit"] == unit["code"])
            )
            counts = row["state"] in ("decided", "served") and not row["recommendation"]
            if about and counts and row["decided_on"][:4] == self.year:
                found.append(row)
        return found

    def sheets_of(self, unit):
        """How many sheets it owed, and how many came."""
        came = {row["day"] for row in self.rows["rounds"] if row["unit"] == unit["code"]}
        due = done = 0
        for day in self.rows["working_days"]:
            begun = self.rows["sheets_from"] is not None and day >= self.rows["sheets_from"]
            open_then = unit["from"] <= day and (unit["to"] is None or day <= unit["to"])
            over = day < self.rows["today"] or (day == self.rows["today"] and day in came)
            if begun and open_then and over and (day in came or self.is_staffed(unit, day)):
                due += 1
                done += day in came
        return done, due

    def is_staffed(self, unit, day):
        for cadre in self.rows["cadres"]:
            if cadre["from"] <= day and (cadre["to"] is None or day <= cadre["to"]):
                where = cadre["unit"]
                for loan in self.rows["placements"]:
                    if loan["cadre"] == cadre["id"] and loan["from"] <= day <= (loan["to"] or "9999"):
                        where = loan["unit"]
                        break
                if where == unit["code"]:
                    return True
        return False

    def spots_of(self, unit):
        """How many people of it were looked at by others, and of how many the sheets were not contradicted."""
        lines = [
            row
            for row in self.rows["spots"]
            if row["unit"] == unit["code"]
            and not row["cancelled"]
            and row["outcome"] != ""
            and self.first <= row["day"] <= min(self.last, self.rows["today"])
        ]
        return len(lines), sum(not (row["outcome"] == "problem" and row["stands"]) for row in lines)

    # --- Money ----------------------------------------------------------------------------------------------------

    def withheld(self, cadre):
        return sum(
            row["amount"] - row["released"]
            for row in self.rows["withheld"]
            if row["cadre"] == cadre["id"] and row["month"][:4] == self.year
        )

    def base_in(self, cadre, month):
        known = [row for row in self.rows["bases"] if row["cadre"] == cadre["id"] and row["since"] <= month]
        return max(known, key=lambda row: row["since"])["cents"] if known else None


def add_months(month, count):
    year, number = map(int, month.split("-"))
    for _step in range(count):
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)
    return f"{year}-{number:02}"


# --- Units ------------------------------------------------------------------------------------------------------------


def units_of(facts):
    """Everything about each unit but what comparing it with others says."""
    home = {}
    for cadre in facts.people():
        home.setdefault(facts.unit_of(cadre), []).append(cadre)
    found = {}
    for unit in facts.rows["units"]:
        goes_on = unit["from"] <= facts.last and (unit["to"] is None or unit["to"] >= facts.first)
        if not goes_on and unit["code"] not in home:
            continue
        entries = [row for row in facts.standing if row["unit"] == unit["code"]]
        done, due = facts.sheets_of(unit)
        checked, agreed = facts.spots_of(unit)
        measures = facts.measures(unit=unit)
        found[unit["code"]] = {
            "group": "department" if unit["kind"] == "department" else "town",
            "own_half_points": sum(row["half_points"] for row in entries if row["cadre"] is None),
            "people_half_points": sum(row["half_points"] for row in entries if row["cadre"] is not None),
            "headcount": len(home.get(unit["code"], [])),
            "sheets": done,
            "sheets_due": due,
            "checked": checked,
            "agreed": agreed,
            **{rung + "s": sum(row["measure"] == rung for row in measures) for rung in RUNGS},
        }
    return found


def points_of(unit):
    return unit["own_half_points"] + unit["people_half_points"]


def is_below(one, other):
    """Per head, without a fraction."""
    return points_of(one) * other["headcount"] < points_of(other) * one["headcount"]


def is_watched(unit, settings):
    """Its sheets came, and whoever looked for themselves found what they say."""
    return (
        unit["sheets"] * 100 >= settings["sheets_percent"] * (unit["sheets_due"] or 1)
        and unit["agreed"] * 100 >= settings["agreement_percent"] * unit["checked"]
    )


def compare_units(facts, units):
    """Who has the most of its class, and who the least."""
    most, least = set(), set()
    for group in ("department", "town"):
        there = {
            code: unit
            for code, unit in units.items()
            if unit["group"] == group and unit["headcount"] and not facts.unit(code)["vertical"]
        }
        differ = any(is_below(one, other) for one in there.values() for other in there.values())
        if differ:
            most |= {
                code
                for code, unit in there.items()
                if points_of(unit) > 0 and not any(is_below(unit, other) for other in there.values())
            }
        eligible = {
            code: unit
            for code, unit in there.items()
            if code not in most
            and not (unit["admonishments"] or unit["cautions"] or unit["circulars"])
            and is_watched(unit, facts.settings)
        }
        least |= {
            code
            for code, unit in eligible.items()
            if not any(is_below(other, unit) for other in eligible.values())
        }
    return most, least


# --- People -----------------------------------------------------------------------------------------------------------


def figures_of(facts, cadre):
    entries = [row for row in facts.standing if row["cadre"] == cadre["id"]]
    measures = facts.measures(cadre)
    return {
        "half_points": sum(row["half_points"] for row in entries),
        "entries": len(entries),
        "cents": sum(row["cents"] for row in entries),
        "withheld_cents": facts.withheld(cadre),
        "complaints": facts.complaints_about(cadre),
        **{rung + "s": sum(row["measure"] == rung for row in measures) for rung in RUNGS},
        "months": facts.months_of(cadre),
    }


def compare_people(facts, people, units):
    """Most within the unit; least in the city among those against whom nothing speaks, where somebody looked."""
    settings, most = facts.settings, set()
    compared = {
        key: one
        for key, one in people.items()
        if not facts.is_apart(one["cadre"]) and one["figures"]["months"] >= settings["minimum_months"]
    }
    for code in units:
        there = {key: one["figures"]["half_points"] for key, one in compared.items() if one["unit"] == code}
        enough = len(there) >= settings["minimum_headcount"] and len(there) > 1
        if enough and len(set(there.values())) > 1:
            most |= {key for key, points in there.items() if points == max(there.values())}
    clean = {
        key: one["figures"]["half_points"]
        for key, one in compared.items()
        if key not in most
        and not any(one["figures"][name] for name in ("complaints", "admonishments", "cautions", "circulars"))
        and is_watched(units[one["unit"]], settings)
    }
    return most, {key for key, points in clean.items() if points == min(clean.values())}


def result_of(facts, key, one, most, least):
    """What scheme.txt 三(三) makes of it."""
    figures, cadre = one["figures"], one["cadre"]
    codes, allowed, months = [], 0, []
    if figures["complaints"]:
        codes.append("COMP-2")
    if figures["admonishments"]:
        codes.append("YEAR-1")
        months = three_months(facts, cadre)
    if figures["admonishments"] + figures["cautions"] + figures["circulars"]:
        codes.append("LAW")
        allowed = max(allowed, 1)
    if figures["cautions"] > 1:
        codes.append("YEAR-2")
        allowed = 3
        months = [f"{facts.year}-{number:02}" for number in range(1, 13)]
    if key in most:
        codes.append("YEAR-4")
        allowed = max(allowed, 2)
    if key in least:
        codes.append("YEAR-3")
    bases = [facts.base_in(cadre, month + "-01") for month in months]
    return {
        "unit": one["unit"],
        "figures": figures,
        "ceiling": BEST_FIRST[allowed],
        "codes": codes,
        "bonus_months": len(months),
        "bonus_of": months,
        "bonus_cents": sum(bases) if months and None not in bases else None,
        "among_least": key in least,
        "among_most": key in most,
        "barred_from_merit": key in most,
        "barred_until": f"{int(facts.year) + 1}-12-31" if key in most else None,
        "employment_kind": cadre["kind"],
    }


def three_months(facts, cadre):
    days = [row["decided_on"] for row in facts.measures(cadre) if row["measure"] == "admonishment"]
    if facts.settings["bonus_months"] == "following":
        return [add_months(min(days)[:7], count) for count in (1, 2, 3)]
    return [f"{facts.year}-10", f"{facts.year}-11", f"{facts.year}-12"]


def recompute(rows):
    """Every result of a year: of units by their code, of people by their number."""
    facts = Facts(rows)
    units = units_of(facts)
    most, least = compare_units(facts, units)
    people = {
        str(cadre["id"]): {"cadre": cadre, "unit": facts.unit_of(cadre), "figures": figures_of(facts, cadre)}
        for cadre in facts.people()
    }
    worst, best = compare_people(facts, people, units)
    return {
        "units": {
            code: {
                "figures": figures,
                "codes": ["YEAR-3"] * (code in least) + ["YEAR-4"] * (code in most),
                "among_least": code in least,
                "among_most": code in most,
                "vertically_managed": facts.unit(code)["vertical"],
            }
            for code, figures in units.items()
        },
        "people": {key: result_of(facts, key, one, worst, best) for key, one in people.items()},
    }


def differences(expected, actual):
    """Every figure that is not the same: of whom, which, what it should be, what it is."""
    return [
        (part, key, name, expected[part].get(key, {}).get(name), actual[part].get(key, {}).get(name))
        for part in ("units", "people")
        for key in sorted({*expected[part], *actual[part]})
        for name in sorted({*expected[part].get(key, {}), *actual[part].get(key, {})})
        if expected[part].get(key, {}).get(name) != actual[part].get(key, {}).get(name)
    ]


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(recompute(json.load(file))))
