#!/usr/bin/env python3
"""Recompute a draw of a spot check from what its public page hands out. Needs Python 3.8 and nothing else.

    python3 recompute_draw.py draw.json
    python3 recompute_draw.py draw.json --commitment 6bef… --pool-hash 0b41…

The two options compare with what a witness wrote down before the draw. Each check is a line; the program ends with 0
when all agree, with 1 when one does not, and with 2 when there is nothing to recompute. docs/draws.md has the rules.
"""

import argparse
import hashlib
import json
import sys
import unicodedata

AGREES, DIFFERS, UNREADABLE = 0, 1, 2
# What the pool counts, and how the file calls it.
TAKEN = {"department": "departments", "town": "towns", "leader": "leaders", "person": "people"}
# Whatever a file that is none can lead to: it says nothing about a draw, neither for nor against.
BROKEN = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def numbers_of(key, pool, picks):
    """RFC 3797: hash after hash, each modulo the number of candidates that are left."""
    left = list(range(1, pool + 1))
    drawn = []
    for turn in range(picks):
        around = turn.to_bytes(2, "big")
        stirred = hashlib.md5(around + key.encode("utf-8") + around).digest()
        drawn.append(left.pop(int.from_bytes(stirred, "big") % len(left)))
    return drawn


def read_pool(text):
    """What is to be drawn of what, and the candidates of each kind in the order of their numbers."""
    lines = text.split("\n")
    if lines[0] != "draw 1" or lines[-1] != "":
        raise ValueError("unknown pool")
    take = {}
    found = {"department": [], "town": [], "leader": [], "person": []}
    for line in lines[1:-1]:
        word, rest = line.split(" ", 1)
        if word == "take":
            what, number = rest.split(" ")
            take[what] = int(number)
        elif word != "begins":
            found[word].append(rest)
    return take, found


def strata(take, found):
    """Name, candidates and number of picks of what is drawn first; the people follow unit by unit."""
    yield "departments", found["department"], take["department"]
    yield "towns", found["town"], take["town"]
    yield "leaders", found["leader"], take["leader"]


def recompute(pool_text, key):
    take, found = read_pool(pool_text)
    rows = [draw(key, *stratum) for stratum in strata(take, found)]
    units = rows[0]["candidates"] + rows[1]["candidates"]
    for code in units:
        people = [line for line in found["person"] if line.split(" ")[0] == code]
        rows.append(draw(key, f"people:{code}", people, min(take["person"], len(people))))
    return [row for row in rows if row["numbers"]]


def draw(key, name, candidates, picks):
    numbers = numbers_of(f"{key}{name}/", len(candidates), picks)
    return {
        "stratum": name,
        "pool": len(candidates),
        "numbers": numbers,
        "candidates": [candidates[number - 1] for number in numbers],
    }


def check(label, agrees, detail=""):
    print(f"{'一致 agrees ' if agrees else '不一致 DIFFERS'}  {label}  {detail}".rstrip())
    return agrees


def compare(published, noted):
    """Yields True or False for each line that it prints."""
    value = " ".join(unicodedata.normalize("NFKC", published["public_value"]).split())
    key = f"{published['secret']}/{value}/"
    yield check("承诺值 commitment", sha256(published["secret"]) == published["commitment"])
    yield check("名单摘要 pool hash", sha256(published["pool"]) == published["pool_hash"])
    yield check("密钥 key", key == published["key"])
    take, _found = read_pool(published["pool"])
    yield check("抽取数量 take", {TAKEN[word]: number for word, number in take.items()} == published["take"])
    for name, written in noted.items():
        if written:
            yield check(f"记下的 noted {name}", written.strip().lower() == published[name])
    computed = recompute(published["pool"], key)
    for row in computed:
        numbers = " ".join(map(str, row["numbers"]))
        yield check(row["stratum"], row in published["picks"], f"1-{row['pool']}: {numbers}")
    yield check("抽取结果 picks", computed == published["picks"])


def main():
    arguments = argparse.ArgumentParser(description="Recompute a draw of a spot check.")
    arguments.add_argument("file", help="the file that the draw's public page hands out")
    arguments.add_argument("--commitment", default="", help="as noted before the draw")
    arguments.add_argument("--pool-hash", default="", help="as noted before the draw")
    given = arguments.parse_args()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        with open(given.file, encoding="utf-8") as file:
            published = json.load(file)
        if not published.get("picks"):
            print(
                "尚未公布或者没有抽取结果。Nothing has been drawn, or it is not published yet.",
                file=sys.stderr,
            )
            return UNREADABLE
        noted = {"commitment": given.commitment, "pool_hash": given.pool_hash}
        results = list(compare(published, noted))
    except BROKEN as error:
        print(f"无法读取。This cannot be read: {error!r}", file=sys.stderr)
        return UNREADABLE
    return AGREES if all(results) else DIFFERS


if __name__ == "__main__":
    sys.exit(main())
