#!/usr/bin/env python3
"""Prints what scripts/compare.sh measured, as a table of tokens a second: table.py TITLE < LINES

A line: instruction set, engine, layers, seconds of 640 tokens and of one token, perhaps their bounds.
Medians over the turns. Of two depths, the difference gives a layer's time, and so that of 32 layers.
"""

import statistics
import sys

LAYERS, PROMPT = 32, 640
measured = {}
for line in sys.stdin:
    isa, engine, layers, *seconds = line.split()
    measured.setdefault((isa, engine), {}).setdefault(int(layers), []).append([float(s) for s in seconds])


def whole(depths, column):
    """Seconds of 32 layers; None where they were not measured."""
    median = {n: statistics.median(turn[column] for turn in turns) for n, turns in depths.items() if len(turns[0]) > column}
    if not median:
        return None
    few, more = min(median), max(median)
    if few == more:
        return median[few]
    return median[few] + (median[more] - median[few]) / (more - few) * (LAYERS - few)


def rate(seconds, tokens):
    return f"{tokens / seconds:.3g}" if seconds else ""


print(f"\n{sys.argv[1]}\n")
print("| | engine | prefill, 640 tokens | of bound | decode, empty cache | of bound |")
print("| --- | --- | --- | --- | --- | --- |")
for (isa, engine), depths in measured.items():
    prefill, token, prefill_bound, token_bound = (whole(depths, column) for column in range(4))
    shares = [f"{100 * bound / taken:.0f} %" if bound else "" for bound, taken in ((prefill_bound, prefill), (token_bound, token))]
    print(f"| `{isa}` | {engine} | {rate(prefill, PROMPT)} tok/s | {shares[0]} | {rate(token, 1)} tok/s | {shares[1]} |")
