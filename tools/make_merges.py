#!/usr/bin/env python3
"""Writes a copy of the tiny Interleave model with a byte-level tokenizer of 200 000 merges, to time its loading.

usage: make_merges.py FOLDER [text]      (text: merges as "left right", as files before 2024 write them)
needs (PyPI): numpy safetensors
"""
import json
import random
import shutil
import sys

import numpy
from safetensors.numpy import load_file, save_file

MERGES = 200_000
SOURCE = "Tests/Fixtures/oracle/family/models/interleave-qwen/hf"

folder = sys.argv[1]
shutil.copytree(SOURCE, folder)
with open(SOURCE + "/tokenizer.json") as file:
    tokenizer = json.load(file)

# The characters that stand for bytes: printable ones for themselves, the rest from U+0100.
printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
pieces = [chr(b) for b in printable] + [chr(0x100 + i) for i in range(256 - len(printable))]
known, merges, chance = set(pieces), [], random.Random(200)
while len(merges) < MERGES:
    # Early pieces are short and frequent, as in trained vocabularies.
    left, right = (pieces[int(len(pieces) * chance.random() ** 3)] for _ in range(2))
    if len(left + right) <= 16 and left + right not in known:
        merges.append([left, right])
        known.add(left + right)
        pieces.append(left + right)
tokenizer["model"]["vocab"] = {piece: i for i, piece in enumerate(pieces)}
tokenizer["model"]["merges"] = [" ".join(m) for m in merges] if "text" in sys.argv[2:] else merges
for i, token in enumerate(tokenizer["added_tokens"]):
    token["id"] = len(pieces) + i
rows = len(pieces) + len(tokenizer["added_tokens"])
with open(folder + "/tokenizer.json", "w") as file:
    json.dump(tokenizer, file, ensure_ascii=False)

with open(SOURCE + "/config.json") as file:
    configuration = json.load(file)
configuration["text_config"]["vocab_size"] = rows
configuration["image_token_index"] = next(t["id"] for t in tokenizer["added_tokens"] if t["content"] == "<image>")
with open(folder + "/config.json", "w") as file:
    json.dump(configuration, file)
with open(folder + "/generation_config.json", "w") as file:
    json.dump({"eos_token_id": next(t["id"] for t in tokenizer["added_tokens"] if t["content"] == "<|im_end|>")}, file)
arrays = load_file(SOURCE + "/model.safetensors")
for name, array in arrays.items():
    if "embed_tokens" in name or "lm_head" in name:
        arrays[name] = numpy.resize(array, (rows, array.shape[1]))
save_file(arrays, folder + "/model.safetensors", metadata={"format": "pt"})
