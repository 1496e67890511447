"""Draws the plaques of a file with one program and prints what it took: run.py PROGRAM PLAQUES.json OUT.pdf"""

import importlib
import json
import resource
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
ROUNDS = 2


def main() -> None:
    program, source, out = sys.argv[1:]
    draw = importlib.import_module(program).draw
    job = json.loads(Path(source).read_text(encoding="utf-8"))
    path = Path(out)
    draw(
        {**job, "plaques": job["plaques"][:1]}, path
    )  # whatever is loaded once is loaded before the clock starts
    rate = 0.0
    for _round in range(ROUNDS):
        began = time.process_time()
        draw(job, path)
        rate = max(rate, len(job["plaques"]) / (time.process_time() - began))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = path.stat().st_size / len(job["plaques"]) / 1000
    print(json.dumps({"rate": rate, "peak": peak, "size": size}))


if __name__ == "__main__":
    main()
