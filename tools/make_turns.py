"""Makes assets/eval/turns.json: conversations of six questions about one held-out picture each.

The questions are those of mm-vet.json, in its order, for every picture that has six of them. The first question of
each conversation carries the picture; the reader of `prefixkv eval rouge --protocol turns` takes LLaVA's form.
"""

import json
from pathlib import Path

QUESTIONS = 6
FOLDER = Path(__file__).resolve().parent.parent / "assets" / "eval"


def main():
    asked = {}
    for item in json.loads((FOLDER / "mm-vet.json").read_text()):
        asked.setdefault(item["image"], []).append(item)
    conversations = [conversation(image, items[:QUESTIONS]) for image, items in asked.items()
                     if len(items) >= QUESTIONS]
    text = ",\n ".join(json.dumps(item, ensure_ascii=False) for item in conversations)
    (FOLDER / "turns.json").write_text(f"[\n {text}\n]\n")
    print(f"{len(conversations)} conversations of {QUESTIONS} questions")


def conversation(image, items):
    turns = []
    for index, item in enumerate(items):
        mark = "<image>\n" if index == 0 else ""
        turns += [{"from": "human", "value": mark + item["question"]}, {"from": "gpt", "value": item["answer"]}]
    return {"image": image, "conversations": turns}


if __name__ == "__main__":
    main()
