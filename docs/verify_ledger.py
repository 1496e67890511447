#!/usr/bin/env python3
"""Check an export of the ledger against itself and against paper. Needs Python 3.8 and nothing else.

    manage.py verify_ledger --export entries.jsonl
    python3 verify_ledger.py entries.jsonl
    python3 verify_ledger.py entries.jsonl --printed heads.txt

heads.txt has what bulletins print, a line each: unit code, number of the entry, hash. The program says where each
unit's chain ends, in the same form, and ends with 0 when all is whole, with 1 when something is not, and with 2 when
there is nothing it can read. docs/ledger.md has the rules.
"""

import argparse
import hashlib
import json
import sys
import unicodedata

WHOLE, BROKEN, UNREADABLE = 0, 1, 2
GENESIS = "0" * 64
CHARGES = ("finding", "rejudged")
# What a reversal has in common with the entry that it takes back.
SAME = ("finding", "cadre", "item", "day", "standard")


def canonical(facts):
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def link(previous, facts):
    return hashlib.sha256(previous.encode("ascii") + b"\n" + canonical(facts)).hexdigest()


def whole_numbers(text):
    raise ValueError(f"a fraction: {text}")


def entries(file):
    """Facts and the two hashes of each line."""
    for line in file:
        facts = json.loads(line, parse_float=whole_numbers, parse_constant=whole_numbers)
        yield facts.pop("previous"), facts.pop("hash"), facts


class Chain:
    """One unit's entries, in their order."""

    def __init__(self):
        self.head, self.sequence = GENESIS, 0
        self.hashes = {0: GENESIS}
        self.standing, self.charged = {}, set()
        self.broken = 0

    def add(self, previous, hash, facts):
        """What is wrong with the next entry; nothing more is said of a chain that is broken already."""
        sequence = facts["sequence"]
        if not self.broken:
            for wrong in self.faults(previous, hash, facts):
                self.broken = self.broken or min(sequence, self.sequence + 1)
                yield wrong
        self.keep(facts)
        self.head, self.sequence, self.hashes[sequence] = hash, sequence, hash

    def faults(self, previous, hash, facts):
        number = facts["sequence"]
        if number != self.sequence + 1:
            yield f"第 {self.sequence + 1} 条缺失 entry {self.sequence + 1} is missing"
        elif previous != self.head:
            yield f"第 {number} 条与前一条不相连 entry {number} does not follow from the one before it"
        elif hash != link(previous, facts):
            yield f"第 {number} 条的内容与写入时不同 entry {number} does not say what it said when it was written"
        elif facts["kind"] == "reversal" and not self.takes_back(facts):
            yield f"第 {number} 条冲销有误 entry {number} does not take back exactly what it names"
        elif facts["kind"] in CHARGES and facts["finding"] in self.charged:
            yield f"第 {number} 条重复扣分 entry {number} charges what another entry charges as well"

    def takes_back(self, facts):
        charge = self.standing.get(facts["reverses"])
        return charge is not None and (
            all(facts[name] == charge[name] for name in SAME)
            and facts["half_points"] == -charge["half_points"]
            and facts["cents"] == -charge["cents"]
        )

    def keep(self, facts):
        if facts["kind"] == "reversal":
            self.standing.pop(facts["reverses"], None)
            self.charged.discard(facts["finding"])
        else:
            self.charged.add(facts["finding"])
            names = (*SAME, "half_points", "cents")
            self.standing[facts["sequence"]] = {name: facts[name] for name in names}


def heads(file):
    """Unit, number and hash of each line, the hash in one piece or in groups; a unit's name does no harm."""
    for line in file:
        words = unicodedata.normalize("NFKC", line).split()
        if words:
            ends = [place for place, word in enumerate(words) if place and word.isdigit()]
            found = [place for place in ends if len("".join(words[place + 1 :])) == 64]
            if not found:
                raise ValueError(f"{line.strip()}: unit code, number and a hash of 64 digits are expected")
            yield words[0].upper(), int(words[found[0]]), "".join(words[found[0] + 1 :]).lower()


def compare(chains, printed):
    """Yields True or False for each line that it prints."""
    for code, number, hash in printed:
        chain = chains.get(code) or Chain()
        passes = chain.hashes.get(number) == hash and not 0 < chain.broken <= number
        print(f"{'一致 agrees ' if passes else '不一致 DIFFERS'}  {code} {number} {hash}")
        yield passes


def check(file, printed):
    chains, faults, count = {}, 0, 0
    for previous, hash, facts in entries(file):
        count += 1
        unit = facts["unit"]
        for wrong in chains.setdefault(unit, Chain()).add(previous, hash, facts):
            faults += 1
            print(f"{unit}  {wrong}")
    for unit in sorted(chains):
        print(unit, chains[unit].sequence, chains[unit].head)
    by_code = {unit.upper(): chain for unit, chain in chains.items()}
    faults += sum(not passes for passes in compare(by_code, printed))
    if faults:
        print(f"{faults} 处不符。{faults} breaks found.")
        return BROKEN
    print(f"{len(chains)} 个单位的 {count} 条记录完好无损。{count} entries of {len(chains)} units: whole.")
    return WHOLE


def main():
    arguments = argparse.ArgumentParser(description="Check an export of the ledger.")
    arguments.add_argument("file", help="as manage.py verify_ledger --export wrote it")
    arguments.add_argument("--printed", help="a file with heads as bulletins print them")
    given = arguments.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        printed = []
        if given.printed:
            with open(given.printed, encoding="utf-8-sig") as file:
                printed = list(heads(file))
        with open(given.file, encoding="utf-8") as file:
            return check(file, printed)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        print(f"无法读取。This cannot be read: {error!r}", file=sys.stderr)
        return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
