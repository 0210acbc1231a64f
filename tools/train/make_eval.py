"""The held-out set in assets/eval: 500 pictures from seeds that training never uses, and their questions.

`detail_1k.json` holds one description per picture (every fifth a long one), then questions of every kind, all
with the picture before the question; descriptions also have `objects`, the names of everything in
the picture. `mm-vet.json` has the same questions in the other format, which puts the
picture behind the question. `follow-ups.json` are questions that need the turns before them.
"""

import argparse
import os
import re

import numpy as np
from PIL import Image

import dialogues
import drawing
import scenes
import tokenizer
import wording

SEED = 20269999
PICTURES, QUESTIONS = 500, 6
KINDS = [dialogues.count, dialogues.existence, dialogues.colour, dialogues.shape, dialogues.size, dialogues.place,
         dialogues.relation, dialogues.between, dialogues.comparison, dialogues.background]
WEIGHTS = np.array([2, 2, 2, 2, 1, 2, 2, 0.7, 1.7, 0.4])


def scene_of(rng, index):
    """Three in eight pictures are of the wide world; a few are empty or no drawing at all.

    Every eighth picture of the core world holds a combination that training never sees, every second of the texts a
    word that it never sees, and every second of the pictograms such a combination.
    """
    if index % 50 == 49:
        return scenes.invent_kind(rng, "texture")
    if index % 100 == 24:
        return scenes.invent_kind(rng, "empty")
    kind = {1: "pictograms", 4: "texts", 6: "chart"}.get(index % 8, "shapes")
    if kind == "chart":
        return scenes.invent_chart(rng)
    return scenes.invent(rng, held_out=index % 16 in (3, 4, 9), world=kind)


def questions(rng, scene):
    if not scene.drawing:
        return [turn for turn in (dialogues.baffled(rng) for _ in range(3)) if turn[0] == "no drawing"]
    asked = []
    while len(asked) < QUESTIONS:
        kind = KINDS[rng.choice(len(KINDS), p=WEIGHTS / WEIGHTS.sum())]
        if scene.chart or scene.texts() and rng.random() < 0.6:
            kind = dialogues.chart if scene.chart else dialogues.text
            if len(asked) >= 3 and rng.random() < 0.3:  # Some texts allow no more questions than that.
                break
        turn = kind(rng, scene)
        turn = turn and (kind_of(turn, scene), *turn[1:])
        if turn and turn[2] not in [a for _, _, a in asked] and not mentions_held_out(turn):
            asked.append((turn[0], dialogues.carelessly(rng, turn[1]), turn[2]))
    if rng.random() < 0.15:
        asked.append((dialogues.small_talk if rng.random() < 0.5 else dialogues.off_topic)(rng, scene))
    return asked + about_held_out(rng, scene)


def kind_of(turn, scene):
    """Questions about pictograms count as their own kind, and so does every other one about a wide picture."""
    if scene.noun() == "shape" or turn[0] in ("text", "background"):
        return turn[0]
    words = re.findall(r"[a-z]+", f"{turn[1]} {turn[2]}".lower())
    named = {name for p in scenes.PICTOGRAMS for name in (p, wording.plural(p))}
    return "pictogram" if named & set(words) and not scene.texts() else "mixed"


def mentions_held_out(turn):
    return any(f"{colour} {shape}" in turn[2] for colour, shape in scenes.HELD_OUT)


def about_held_out(rng, scene):
    """Colour, shape, existence and place of things in combinations that training never shows."""
    asked = []
    for thing in scene.things:
        if (thing.colour, thing.shape) not in scenes.HELD_OUT or scene.noun() != "shape":
            continue
        name, at = wording.named(thing), scenes.PLACES.index(thing.place)
        turns = [("held-out", wording.ask(rng, dialogues.IS_THERE, x=wording.article(name)), dialogues.yes_there(True, name))]
        if sum(t.shape == thing.shape for t in scene.things) == 1:
            turns.append(("held-out", wording.ask(rng, dialogues.WHAT_COLOUR, x=thing.shape), f"The {thing.shape} is {thing.colour}."))
        if sum(t.colour == thing.colour for t in scene.things) == 1:
            turns.append(("held-out", f"What shape is {thing.colour}?", f"The {thing.colour} shape is {wording.article(thing.shape)}."))
        if sum(t.place == thing.place for t in scene.things) == 1:
            phrase = wording.PLACE_PHRASES[scenes.PLACES[at]]
            text = wording.article(name)
            turns.append(("held-out", f"What is {phrase}?", f"{text[0].upper()}{text[1:]} is {phrase}."))
        asked += turns
        break
    return asked


def render(rng, scene, path):
    """Files of different sizes and kinds, none of the size that the model sees."""
    side = int(rng.integers(220, 400))
    picture = Image.fromarray(drawing.crop(scene, drawing.draw(scene, side)))
    picture.save(path, quality=88) if path.endswith(".jpg") else picture.save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    os.makedirs(f"{folder}/pictures", exist_ok=True)
    single, asked, described, followed = [], [], [], []
    for index in range(PICTURES):
        rng = np.random.default_rng([SEED, index])
        scene = scene_of(rng, index)
        # Speckles and noise make a PNG large; plain pictures are smaller and exact as PNG.
        ending = "png" if index % 3 == 0 and scene.drawing and scene.background == "plain" else "jpg"
        image = f"pictures/{index:03}.{ending}"
        render(rng, scene, f"{folder}/{image}")
        for kind, question, answer in questions(rng, scene):
            single.append({"image": image, "question": question, "answer": answer, "kind": kind})
            asked.append(conversation(image, kind, question, answer))
        described.append(description(rng, scene, image, long=index % 5 == 0))
        turns = dialogues.follow_ups(rng, scene) if scene.things and index % 3 == 0 else None
        if turns and len(turns) > 1:
            *before, (kind, question, answer) = turns
            followed.append({"image": image, "turns": [[q, a] for _, q, a in before], "question": question, "answer": answer, "kind": kind})
    for name, value in (("mm-vet", single), ("detail_1k", described + asked), ("follow-ups", followed)):
        tokenizer.save(folder, f"{name}.json", value, indent=1)
    print(f"{len(single)} questions, {len(described)} descriptions, {len(followed)} follow-ups")


def description(rng, scene, image, long):
    if not scene.drawing:
        kind, question, answer = "no drawing", wording.pick(rng, wording.SHORT), wording.NO_DRAWING
    else:
        kind, question, answer = (dialogues.describe_in_detail if long else dialogues.describe)(rng, scene)
    return {**conversation(image, kind, question, answer), "objects": objects(scene)}


def objects(scene):
    """Everything that the picture shows, each once: what a description may name."""
    things = [wording.named(thing) for thing in scene.things] if scene.drawing else []
    return wording.distinct(things + ["bar chart"] * (scene.chart is not None))


def conversation(image, kind, question, answer):
    return {"image": image, "conversations": [{"value": f"<image>\n{question}"}, {"value": answer}], "kind": kind}


if __name__ == "__main__":
    main()
