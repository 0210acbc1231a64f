"""Questions and answers about a scene, as turns `(kind, question, answer)`.

Questions vary in wording, case and care; an answer has exactly one wording, so that comparing texts
is a fair test. A question is only asked when the drawing decides it: nothing on a boundary.
"""

from collections import Counter

import numpy as np

from reading import chart, describe_chart, text
from scenes import COLOUR_NAMES, HELD_OUT, PICTOGRAMS, PLACES, SHAPES, SIZES, TEXTS
from smalltalk import carelessly, off_topic, small_talk
from wording import (
    DETAILED, NO_DRAWING, NUMBERS, PLACE_PHRASES, SHORT, article, ask, asked_as, colloquial, distinct, joined, named, on_background, pick,
    plural, there_are, told, unique_things)

# MARK: Descriptions


def describe(rng, scene):
    if not scene.things and not scene.chart:
        return "short", pick(rng, SHORT), f"The picture is empty, with nothing {on_background(scene)}."
    if scene.chart:
        return describe_chart(rng, scene, detailed=False)
    items = [article(told(t)) for t in scene.things]
    return "short", pick(rng, SHORT), f"The picture shows {joined(items)}."


def describe_in_detail(rng, scene):
    if scene.chart:
        return describe_chart(rng, scene, detailed=True)
    if not scene.things:
        return "detailed", pick(rng, DETAILED), f"The picture is empty, with nothing {on_background(scene)}."
    count = len(scene.things)
    parts = [f"The picture shows {NUMBERS[count]} {scene.noun() if count == 1 else plural(scene.noun())} {on_background(scene)}."]
    for t in scene.things:
        at = PLACE_PHRASES[t.place]
        parts.append(f"{at[0].upper()}{at[1:]} there is {article(f'{t.size} {told(t)}'.strip())}.")
    if count > 1:
        tally = [f"{NUMBERS[n]} {s if n == 1 else plural(s)}" for s, n in Counter(t.shape for t in scene.things).items()]
        parts.append(f"By {'shape' if scene.noun() == 'shape' else 'kind'}, I count {joined(tally)}.")
        for title, words in (("color", [t.colour for t in scene.things]), ("size", [t.size for t in scene.things])):
            tally = [f"{NUMBERS[n]} {word}" for word, n in Counter(words).items() if word]
            if tally:
                parts.append(f"By {title}, I count {joined(tally)}.")
    return "detailed", pick(rng, DETAILED), " ".join(parts)


def background(rng, scene):
    question = pick(rng, ["What does the background look like?", "What is the background like?", "How is the background?",
                          "Describe the background.", "What kind of background is it?"])
    return "background", question, f"The background is {'dark' if scene.dark else 'light'} and {scene.background}."


# MARK: Counting and existence

HOW_MANY = ["How many {x} are there?", "How many {x} do you see?", "Count the {x}.", "How many {x} are in the picture?",
            "What is the number of {x}?", "How many {x}?", "Can you count the {x}?", "How many {x} can you find?"]


def count(rng, scene):
    style = rng.random()
    if style < 0.3:
        if scene.noun() == "thing" and rng.random() < 0.3:
            return "count", ask(rng, HOW_MANY, x="shapes"), there_are(sum(t.shape in SHAPES for t in scene.things), "shape")
        word = pick(rng, ["shapes", "shapes", "things", "objects", "figures"] if scene.noun() == "shape" else ["things", "objects"])
        return "count", ask(rng, HOW_MANY, x=word), there_are(len(scene.things), scene.noun())
    present = rng.random() < 0.8 and scene.things
    thing = pick(rng, scene.things) if present else None
    if style < 0.65:
        shape = thing.shape if thing else some_noun(rng, scene)
        number = sum(t.shape == shape for t in scene.things)
        return "count", ask(rng, HOW_MANY, x=plural(colloquial(rng, shape))), there_are(number, shape)
    if style < 0.92:
        colour = thing.colour if thing else pick(rng, COLOUR_NAMES)
        number = sum(t.colour == colour for t in scene.things)
        word = pick(rng, ["shapes", "shapes", "things", "objects"] if scene.noun() == "shape" else ["things", "objects"])
        return "count", ask(rng, HOW_MANY, x=f"{colloquial(rng, colour)} {word}"), there_are(number, f"{colour} {scene.noun()}")
    colour, shape = (thing.colour, thing.shape) if thing else allowed_pair(rng, scene)
    number = sum((t.colour, t.shape) == (colour, shape) for t in scene.things)
    return "count", ask(rng, HOW_MANY, x=f"{colour} {plural(shape)}"), there_are(number, f"{colour} {shape}")


def some_noun(rng, scene):
    """Something that one might look for: mostly of the scene's own world."""
    style = rng.random()
    if style < 0.06 and not (scene and scene.chart):
        return pick(rng, TEXTS)
    wide = style < 0.65 if scene and scene.noun() == "thing" else style < 0.18
    return pick(rng, PICTOGRAMS if wide else SHAPES)


def allowed_pair(rng, scene):
    while True:
        pair = pick(rng, COLOUR_NAMES), some_noun(rng, scene)
        if pair not in HELD_OUT:
            return pair


IS_THERE = ["Is there {x}?", "Do you see {x}?", "Is there {x} in the picture?", "Can you see {x}?", "Does the image contain {x}?",
            "Is {x} present?", "Does the picture show {x}?", "Any chance there is {x}?"]


def existence(rng, scene):
    style = rng.random()
    thing = pick(rng, scene.things) if scene.things and rng.random() < 0.5 else None
    if style < 0.35:
        shape = thing.shape if thing else some_noun(rng, scene)
        found = any(t.shape == shape for t in scene.things)
        return "existence", ask(rng, IS_THERE, x=article(colloquial(rng, shape))), yes_there(found, shape)
    if style < 0.6:
        colour = thing.colour if thing else pick(rng, COLOUR_NAMES)
        found = any(t.colour == colour for t in scene.things)
        asked = pick(rng, ["anything {}", "something {}", f"a {{}} {scene.noun()}"]).format(colour)
        return "existence", ask(rng, IS_THERE, x=asked.replace("a orange", "an orange")), yes_there(found, f"{colour} {scene.noun()}")
    colour, shape = (thing.colour, thing.shape) if thing else near_miss(rng, scene)
    found = any((t.colour, t.shape) == (colour, shape) for t in scene.things)
    return "existence", ask(rng, IS_THERE, x=article(asked_as(rng, f"{colour} {shape}"))), yes_there(found, f"{colour} {shape}")


def near_miss(rng, scene):
    """Often a colour and a shape that both occur, only not together."""
    if len(scene.things) > 1 and rng.random() < 0.7:
        pair = pick(rng, scene.things).colour, pick(rng, scene.things).shape
        if pair not in HELD_OUT:
            return pair
    return allowed_pair(rng, scene)


def yes_there(found, noun):
    return f"Yes, there is {article(noun)}." if found else f"No, there is no {noun}."


# MARK: One thing's colour, shape, size and place

WHAT_COLOUR = ["What color is the {x}?", "What is the color of the {x}?", "Which color does the {x} have?", "What colour is the {x}?",
               "The {x} is which color?", "Tell me the color of the {x}.", "{x} color?", "Can you tell me what color the {x} is?"]
HOW_BIG = ["How big is the {x}?", "What size is the {x}?", "How large is the {x}?", "Is the {x} small, medium or large?",
           "What is the size of the {x}?", "Tell me the size of the {x}."]
WHERE = ["Where is the {x}?", "Where can I find the {x}?", "Where in the picture is the {x}?", "In which part of the image is the {x}?",
         "What is the position of the {x}?", "Locate the {x}.", "Where do you see the {x}?"]


def missing_thing(rng, scene, kind, templates):
    shape = some_noun(rng, scene)
    if any(t.shape == shape for t in scene.things):
        return None
    return kind, ask(rng, templates, x=asked_as(rng, shape)), f"There is no {shape} in the picture."


def colour(rng, scene):
    if not scene.things or rng.random() < 0.08:
        return missing_thing(rng, scene, "colour", WHAT_COLOUR)
    thing = pick(rng, scene.things)
    alike = [t for t in scene.things if t.shape == thing.shape]
    if len(alike) > 1:
        if len(alike) > 4:
            return None
        question = ask(rng, ["What color are the {x}?", "Which colors do the {x} have?", "What colors are the {x}?",
                             "What are the colors of the {x}?"], x=plural(colloquial(rng, thing.shape)))
        return "colour", question, f"The {plural(thing.shape)} are {joined(distinct(t.colour for t in alike))}."
    there = [t for t in scene.things if t.place == thing.place]
    if len(there) == 1 and rng.random() < 0.3:
        question = ask(rng, ["What color is the {n} {at}?", "What is the color of the {n} {at}?", "Which color is {at}?"],
                       n=scene.noun(), at=PLACE_PHRASES[thing.place])
        return "colour", question, f"The {scene.noun()} {PLACE_PHRASES[thing.place]} is {thing.colour}."
    return "colour", ask(rng, WHAT_COLOUR, x=colloquial(rng, thing.shape)), f"The {thing.shape} is {thing.colour}."


def shape(rng, scene):
    if rng.random() < 0.5 or not scene.things:
        place = pick(rng, scene.things).place if scene.things and rng.random() < 0.85 else pick(rng, PLACES)
        there = [t for t in scene.things if t.place == place]
        if len(there) > 2:
            return None
        at = PLACE_PHRASES[place]
        shaped = ["Which shape is {at}?", "What shape is {at}?"] if scene.noun() == "shape" else ["Which thing is {at}?"]
        question = ask(rng, ["What is {at}?", "What do you see {at}?", "What can be found {at}?", "What's {at}?"] + shaped, at=at)
        if not there:
            return "shape", question, f"There is nothing {at}."
        verb = "is" if len(there) == 1 else "are"
        found = joined([article(told(t)) for t in there])
        return "shape", question, f"{found[0].upper()}{found[1:]} {verb} {at}."
    wanted = pick(rng, scene.things).colour
    alike = [t for t in scene.things if t.colour == wanted]
    asked = colloquial(rng, wanted)
    if len(alike) > 3:
        return None
    noun, names = scene.noun(), [f"{t.shape} {t.text}".strip() for t in alike]
    if len(alike) == 1:
        shaped = ["What shape is {x}?", "Which shape is {x}?", "What shape does the {x} object have?", "The {x} thing is what shape?"]
        question = ask(rng, ["What is the {x} {n}?", "What is the {x} thing?", "What is {x}?"] + (shaped if noun == "shape" else []), x=asked, n=noun)
        return "shape", question, f"The {wanted} {noun} is {article(names[0])}."
    question = ask(rng, ["Which {n} are {x}?", "What are the {x} {n}?", "What {n} are {x}?", "List the {x} {n}."], x=asked, n=plural(noun))
    return "shape", question, f"The {wanted} {plural(noun)} are {joined([article(n) for n in names])}."


def size(rng, scene):
    if not scene.things or rng.random() < 0.06:
        return missing_thing(rng, scene, "size", HOW_BIG)
    choices = unique_things(rng, scene)
    choices = [(t, r) for t, r in choices if t.size and not r.startswith(t.size)]
    if not choices:
        return None
    thing, name = pick(rng, choices)
    return "size", ask(rng, HOW_BIG, x=asked_as(rng, name)), f"The {name} is {thing.size}."


def place(rng, scene):
    if not scene.things or rng.random() < 0.06:
        return missing_thing(rng, scene, "place", WHERE)
    if rng.random() < 0.2:
        wanted = pick(rng, scene.things).shape
        alike = [t for t in scene.things if t.shape == wanted]
        if 2 <= len(alike) <= 3:
            question = ask(rng, ["Where are the {x}?", "Where can I find the {x}?", "Where do you see the {x}?"], x=plural(wanted))
            return "place", question, f"The {plural(wanted)} are {joined(distinct(PLACE_PHRASES[t.place] for t in alike))}."
    choices = unique_things(rng, scene)
    if not choices:
        return None
    thing, name = pick(rng, choices)
    return "place", ask(rng, WHERE, x=asked_as(rng, name)), f"The {name} is {PLACE_PHRASES[thing.place]}."


# MARK: Relations and comparisons

DIRECTIONS = {
    "left of": (-1, 0, ["left of", "to the left of"]), "right of": (1, 0, ["right of", "to the right of"]),
    "above": (0, -1, ["above", "over"]), "below": (0, 1, ["below", "under", "beneath"]),
}


def relation(rng, scene):
    choices = unique_things(rng, scene)
    if not choices:
        return None
    word = pick(rng, list(DIRECTIONS))
    dx, dy, wordings = DIRECTIONS[word]
    wording = pick(rng, wordings)
    thing, name = pick(rng, choices)
    ahead = lambda t: (t.x - thing.x) * dx + (t.y - thing.y) * dy
    if rng.random() < 0.5:
        others = [(t, r) for t, r in choices if t is not thing and abs(ahead(t)) > 0.06]
        if not others:
            return None
        other, other_name = pick(rng, others)
        question = ask(rng, ["Is the {a} {w} the {b}?", "Is the {a} {w} the {b} in this picture?", "Do you see the {a} {w} the {b}?"],
                       a=asked_as(rng, other_name), w=wording, b=asked_as(rng, name))
        if ahead(other) > 0:
            return "relation", question, f"Yes, the {other_name} is {word} the {name}."
        return "relation", question, f"No, the {other_name} is not {word} the {name}."
    others = [t for t in scene.things if t is not thing]
    if any(0.015 < abs(ahead(t)) < 0.05 or 0 < ahead(t) <= 0.015 for t in others):
        return None
    there = [t for t in others if ahead(t) > 0]
    if len(there) > 3:
        return None
    question = ask(rng, ["What is {w} the {x}?", "What do you see {w} the {x}?", "Which {n} are {w} the {x}?", "What's {w} the {x}?",
                         "What lies {w} the {x}?", "Is there anything {w} the {x}?"], w=wording, x=asked_as(rng, name), n=plural(scene.noun()))
    if not there:
        return "relation", question, f"Nothing is {word} the {name}."
    found = joined([article(told(t)) for t in there])
    return "relation", question, f"{found[0].upper()}{found[1:]} {'is' if len(there) == 1 else 'are'} {word} the {name}."


def between(rng, scene):
    choices = unique_things(rng, scene)
    if len(choices) < 2 or len(scene.things) < 3:
        return None
    for _ in range(6):
        (a, a_name), (b, b_name) = (choices[i] for i in rng.choice(len(choices), 2, replace=False))
        inside, doubtful = [], False
        length = np.hypot(b.x - a.x, b.y - a.y)
        for t in scene.things:
            if t is a or t is b:
                continue
            along = ((t.x - a.x) * (b.x - a.x) + (t.y - a.y) * (b.y - a.y)) / length ** 2
            across = abs((t.x - a.x) * (b.y - a.y) - (t.y - a.y) * (b.x - a.x)) / length
            if 0.15 < along < 0.85 and across < 0.05:
                inside.append(t)
            elif 0 < along < 1 and across < 0.13:
                doubtful = True
        if doubtful or len(inside) > 1 or (not inside and rng.random() < 0.8):
            continue
        question = ask(rng, ["What is between the {a} and the {b}?", "What lies between the {a} and the {b}?",
                             "Which {n} is between the {a} and the {b}?", "Is there anything between the {a} and the {b}?"],
                       a=asked_as(rng, a_name), b=asked_as(rng, b_name), n=scene.noun())
        if not inside:
            return "between", question, "Nothing is between them."
        found = article(told(inside[0]))
        return "between", question, f"{found[0].upper()}{found[1:]} is between them."
    return None


def comparison(rng, scene):
    style = rng.random()
    if style < 0.5:
        return compare_sizes(rng, scene)
    if style < 0.9:
        return compare_numbers(rng, scene)
    largest = []
    for wanted in ("large", "medium") if all(t.size for t in scene.things) else ():
        largest = [t for t in scene.things if t.size == wanted]
        if largest:
            break
    if len(largest) != 1 or len(scene.things) < 2:
        return None
    question = ask(rng, ["What is the largest {n}?", "Which {n} is the largest?", "What's the biggest {n}?", "Which one is the biggest?"], n=scene.noun())
    return "comparison", question, f"The largest {scene.noun()} is the {named(largest[0])}."


def compare_sizes(rng, scene):
    choices = [(t, r) for t, r in unique_things(rng, scene) if t.size and not r.startswith(t.size)]
    if len(choices) < 2:
        return None
    (a, a_name), (b, b_name) = (choices[i] for i in rng.choice(len(choices), 2, replace=False))
    words = {"a": asked_as(rng, a_name), "b": asked_as(rng, b_name)}
    difference = SIZES.index(a.size) - SIZES.index(b.size)
    if rng.random() < 0.5:
        question = ask(rng, ["Which is larger, the {a} or the {b}?", "Which is bigger: the {a} or the {b}?", "Is the {a} or the {b} larger?",
                             "What is larger, the {a} or the {b}?"], **words)
        if difference == 0:
            return "comparison", question, "They are about the same size."
        return "comparison", question, f"The {a_name if difference > 0 else b_name} is larger."
    bigger = rng.random() < 0.6
    word = pick(rng, ["larger", "bigger"]) if bigger else "smaller"
    question = ask(rng, ["Is the {a} {w} than the {b}?", "Is the {a} {w} than the {b} here?"], w=word, **words)
    canonical = "larger" if bigger else "smaller"
    if difference * (1 if bigger else -1) > 0:
        return "comparison", question, f"Yes, the {a_name} is {canonical}."
    return "comparison", question, f"No, the {a_name} is not {canonical}."


def compare_numbers(rng, scene):
    by_shape = rng.random() < 0.6
    key = (lambda t: t.shape) if by_shape else (lambda t: t.colour)
    present = distinct(key(t) for t in scene.things)
    if not present:
        return None
    a = pick(rng, present)
    b = pick(rng, present) if rng.random() < 0.8 else (some_noun(rng, scene) if by_shape else pick(rng, COLOUR_NAMES))
    if a == b:
        return None
    if rng.random() < 0.5:
        a, b = b, a
    noun = (lambda w: plural(w)) if by_shape else (lambda w: f"{w} {plural(scene.noun())}")
    numbers = [sum(key(t) == w for t in scene.things) for w in (a, b)]
    if rng.random() < 0.5:
        question = ask(rng, ["Are there more {a} than {b}?", "Do you see more {a} than {b}?", "Are there more {a} than {b} in the picture?"],
                       a=noun(a), b=noun(b))
        if numbers[0] > numbers[1]:
            return "comparison", question, f"Yes, there are more {noun(a)}."
        return "comparison", question, f"No, there are not more {noun(a)}."
    question = ask(rng, ["Are there more {a} or more {b}?", "Which are there more of, {a} or {b}?", "What is there more of, {a} or {b}?"],
                   a=noun(a), b=noun(b))
    if numbers[0] == numbers[1]:
        return "comparison", question, "There are equally many."
    return "comparison", question, f"There are more {noun(a if numbers[0] > numbers[1] else b)}."


# MARK: Follow-up questions


def follow_ups(rng, scene):
    """Two or three turns of which the later ones only make sense after the first."""
    choices = unique_things(rng, scene)
    if not choices:
        return None
    thing, name = pick(rng, choices)
    facts = {
        "colour": (["What color is it?", "And its color?", "Which color does it have?", "What about its color?"], f"It is {thing.colour}."),
        "size": (["How big is it?", "And its size?", "What size is it?", "Is it large?" if thing.size == "large" else "How large is it?"],
                 f"It is {thing.size}."),
        "place": (["Where is it?", "And where is it?", "Where exactly?", "Where can I find it?"], f"It is {PLACE_PHRASES[thing.place]}."),
    }
    if thing.colour in name:
        del facts["colour"]
    if not thing.size or thing.size in name:
        del facts["size"]
    opening = pick(rng, [existing_thing, known_place, known_size])(rng, thing, name)
    asked = [k for k in facts if k != opening[0]]
    turns = [opening]
    for kind in rng.permutation(asked)[: int(rng.integers(1, 3))]:
        questions, answer = facts[str(kind)]
        turns.append(("follow-up", pick(rng, questions), answer))
    others = [(t, r) for t, r in choices if t is not thing and t.place != thing.place]
    if opening[0] == "place" and others and rng.random() < 0.5:
        other, other_name = pick(rng, others)
        question = ask(rng, ["And the {x}?", "What about the {x}?", "And where is the {x}?"], x=asked_as(rng, other_name))
        turns[1:] = [("follow-up", question, f"The {other_name} is {PLACE_PHRASES[other.place]}.")]
    return turns


def existing_thing(rng, thing, name):
    return "existence", ask(rng, IS_THERE, x=article(asked_as(rng, name))), yes_there(True, name)


def known_place(rng, thing, name):
    return "place", ask(rng, WHERE, x=asked_as(rng, name)), f"The {name} is {PLACE_PHRASES[thing.place]}."


def known_size(rng, thing, name):
    if not thing.size or thing.size in name:
        return existing_thing(rng, thing, name)
    return "size", ask(rng, HOW_BIG, x=asked_as(rng, name)), f"The {name} is {thing.size}."


# MARK: Whole conversations

# How often each kind is asked.
KINDS = [
    (count, 0.15), (existence, 0.10), (colour, 0.13), (shape, 0.11), (size, 0.04), (place, 0.10), (relation, 0.22),
    (between, 0.06), (comparison, 0.14), (background, 0.04), (small_talk, 0.02), (off_topic, 0.02), (follow_ups, 0.05),
    (text, 0.012), (chart, 0.012),
]


def kinds_for(scene):
    """Kinds of questions and how often each is asked about this scene: what a picture has is what one asks about."""
    often = dict(KINDS)
    if scene.chart:
        often = {chart: 0.8, count: 0.03, existence: 0.04, background: 0.03, small_talk: 0.03, off_topic: 0.03, text: 0.02}
    elif scene.texts():
        often[text] = 0.55
    weights = np.array([often.get(kind, 0.0) for kind, _ in KINDS])
    return [kind for kind, _ in KINDS], weights / weights.sum()


def converse(rng, scene, room, describing=0.35):
    """Turns that fill about `room` words; a share `describing` of conversations begins or ends with a description."""
    turns, words, last = [], 0, None
    if not scene.drawing:
        return [baffled(rng) for _ in range(int(rng.integers(1, 5)))]
    if rng.random() < describing:
        last = (describe if rng.random() < 0.4 else describe_in_detail)(rng, scene)
        last = (last[0], carelessly(rng, last[1]), last[2])
        words += cost(last)
        if rng.random() < 0.5:
            turns, last = [last], None
    kinds, weights = kinds_for(scene)
    while words < room:
        made = kinds[rng.choice(len(kinds), p=weights)](rng, scene)
        for kind, question, answer in [made] if isinstance(made, tuple) else made or []:
            turn = (kind, carelessly(rng, question), answer)
            words += cost(turn)
            turns.append(turn)
    return turns + ([last] if last else [])


def cost(turn):
    """About the number of tokens of a turn, its frame included."""
    return len(turn[1].split()) + len(turn[2].split()) + 10


def baffled(rng):
    kind = rng.random()
    if kind < 0.15:
        return small_talk(rng, None)
    question = pick(rng, SHORT + DETAILED) if kind < 0.5 else ask(
        rng, pick(rng, [WHAT_COLOUR, WHERE, HOW_BIG]), x=some_noun(rng, None)) if kind < 0.75 else ask(
        rng, HOW_MANY, x=plural(pick(rng, SHAPES + ["shape", "object", "word", "bar"])))
    return "no drawing", carelessly(rng, question), NO_DRAWING
