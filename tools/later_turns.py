"""Exact answers to the second and later questions of conversations, from result files of `--protocol turns`.

Prints a table with one row a policy and file, and 95 % intervals from drawing whole conversations: questions of one
conversation are not independent of each other.

    tools/later_turns.py results/turns-on.jsonl results/turns-off.jsonl
"""

import json
import random
import sys
from collections import defaultdict

DRAWS = 1000


def read(path):
    """By policy and budget: the later answers of each conversation, true where exact."""
    lines = open(path)
    protocol = json.loads(next(lines))["protocol_name"].split(";")[0]
    answers = defaultdict(lambda: defaultdict(list))
    for line in lines:
        record = json.loads(line)
        if record["turn"] > 1:
            answers[record["policy"], record["budget"]][record["index"]].append(record["is_exact"])
    return protocol, {cell: list(turns.values()) for cell, turns in answers.items()}


def share(conversations):
    return 100 * sum(map(sum, conversations)) / sum(map(len, conversations))


def cell(conversations, best):
    rng = random.Random(1)
    drawn = sorted(share(rng.choices(conversations, k=len(conversations))) for _ in range(DRAWS))
    low, high = drawn[DRAWS * 25 // 1000], drawn[DRAWS * 975 // 1000]
    mark = "* " if best is not None and (share(conversations) == best or low <= best <= high) else ""
    return f"{mark}{share(conversations):.1f} [{low:.1f}, {high:.1f}]"


def main():
    files = [read(path) for path in sys.argv[1:]]
    budgets = sorted({budget for _, cells in files for _, budget in cells}, reverse=True)
    # As in the program's own grids: a policy is marked where its interval holds the best one's share.
    best = {(protocol, b): max(share(c) for (p, budget), c in cells.items() if budget == b and p != "full")
            for protocol, cells in files for b in budgets if any(k[1] == b and k[0] != "full" for k in cells)}
    print("| policy | protocol |" + "".join(f" {100 * b:g} % |" for b in budgets))
    print("| --- | --- |" + " --- |" * len(budgets))
    for policy in dict.fromkeys(policy for _, cells in files for policy, _ in cells):
        for protocol, cells in files:
            row = [cell(cells[policy, b], best.get((protocol, b)) if policy != "full" else None)
                   if (policy, b) in cells else "" for b in budgets]
            print(f"| `{policy}` | {protocol} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
