"""Greedy answers with PyTorch and the share that is right, per kind of question, to steer the training.

The shipped numbers come from `prefixkv eval`; this reads the same files and follows the same prompt.
"""

import argparse
import json
import re
from collections import defaultdict

import numpy as np
import torch
from PIL import Image

import tokenizer
from export import load
from model import TEXT
from prompts import Prompter
from run import WORK
from drawing import PADDING
from scenes import MODEL_SIDE
from vision import normalised


def normalise(text):
    return " ".join(re.sub(r"[^a-z0-9 ]", " ", text.lower()).split())


def open_square(path):
    """Pads to a square and resizes as LLaVA does: `[side, side, 3]` uint8."""
    picture = Image.open(path).convert("RGB")
    side = max(picture.size)
    square = Image.new("RGB", (side, side), PADDING)
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return np.asarray(square.resize((MODEL_SIDE, MODEL_SIDE), Image.BICUBIC))


@torch.no_grad()
def answers(model, prompts, pictures, longest=220):
    """Greedy token ids for prompts of one length; `pictures` `[batch, side, side, 3]`."""
    language = model.language_model
    ids = torch.tensor(prompts)
    count = ids.shape[1]
    caches = [[] for _ in range(TEXT["num_hidden_layers"])]
    rows = model.embed(model.see(normalised(torch.from_numpy(pictures))), ids, tokenizer.IMAGE)
    said, done = [], torch.zeros(len(prompts), dtype=torch.bool)
    hidden = language(rows, torch.arange(count), caches)
    for step in range(longest):
        token = language.lm_head(hidden[:, -1]).argmax(-1)
        said.append(token)
        done |= token == tokenizer.EOS
        if done.all():
            break
        hidden = language(language.model.embed_tokens(token)[:, None], torch.tensor([count + step]), caches)
    texts = []
    for row in torch.stack(said, 1).tolist():
        texts.append(row[:row.index(tokenizer.EOS)] if tokenizer.EOS in row else row)
    return texts


def things_named(text):
    """The multiset of (colour, shape) in the sentences of a description, its closing counts left out."""
    return sorted(re.findall(r"(\w+ \w+(?: [A-Z0-9]+)?)(?=[.,]| and)", re.split(" By (?:shape|kind)", text)[0].split("background.")[-1]))


def evaluate(model, prompter, items, batch=32):
    """items: dicts with picture, turns, kind, answer. Adds `said` to each."""
    groups = defaultdict(list)
    for item in items:
        prompt = prompter.opening(item["turns"][0][0], image_first=item["image_first"])
        for (_, answer), (question, _) in zip(item["turns"], item["turns"][1:]):
            prompt += prompter.answer(answer) + prompter.next_turn(question)
        groups[len(prompt)].append((item, prompt))
    for group in groups.values():
        for start in range(0, len(group), batch):
            part = group[start:start + batch]
            said = answers(model, [p for _, p in part], np.stack([i["picture"] for i, _ in part]))
            for (item, _), ids in zip(part, said):
                item["said"] = prompter.pieces.decode(ids)
    return report(items)


def report(items):
    right, asked = defaultdict(int), defaultdict(int)
    for item in items:
        kind = item["kind"]
        asked[kind] += 1
        right[kind] += normalise(item["said"]) == normalise(item["answer"])
        if kind == "detailed":
            asked["detailed: all named"] += 1
            right["detailed: all named"] += things_named(item["said"]) == things_named(item["answer"])
    return {kind: (right[kind], asked[kind]) for kind in sorted(asked)}


def read_items(folder, names):
    """The files' questions as items. MM-Vet puts the picture behind the question, the others before it."""
    items, pictures = [], {}
    for name in names:
        for entry in json.load(open(f"{folder}/{name}")):
            path = f"{folder}/{entry['image']}"
            if path not in pictures:
                pictures[path] = open_square(path)
            if "conversations" in entry:
                question, answer = (part["value"] for part in entry["conversations"][:2])
                entry |= {"question": question.replace("<image>\n", ""), "answer": answer}
            turns = entry.get("turns", []) + [[entry["question"], entry["answer"]]]
            items.append({"picture": pictures[path], "turns": turns, "kind": entry["kind"], "answer": entry["answer"],
                          "image_first": name != "mm-vet.json"})
    return items


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", default=f"{WORK}/dialogue.pt")
    parser.add_argument("--model", default="assets/model", help="the folder with the tokenizer")
    parser.add_argument("--data", default="assets/eval")
    parser.add_argument("--files", nargs="+", default=["detail_1k.json", "follow-ups.json"])
    parser.add_argument("--every", type=int, default=1, help="take only every n-th question")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--wrong", type=int, default=0, help="show this many wrong answers per kind")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    items = read_items(options.data, options.files)[:: options.every]
    for kind, (right, asked) in evaluate(load(options.checkpoint), Prompter(options.model), items).items():
        print(f"{kind:22} {100 * right / asked:6.1f} %  {right} of {asked}")
        shown = [i for i in items if i["kind"] == kind and normalise(i["said"]) != normalise(i["answer"])][: options.wrong]
        for item in shown:
            print(f"    {item['turns'][-1][0]}\n      want {item['answer']}\n      said {item['said']}")
