"""The questions about every patch of a picture that train the vision tower."""

import cv2
import numpy as np

import charts
import lettering
from drawing import parts_of, placed_text
from scenes import BACKGROUNDS, COLOUR_NAMES, COLOURS, GRID, MODEL_SIDE, NOUNS, PATCH, PLACES, SIZES

IGNORED = -100
# name -> number of classes. `noun` is 0 where nothing is, `character` where no character is.
DENSE_CLASSES = {
    "noun": len(NOUNS) + 2, "colour": len(COLOURS), "size": len(SIZES), "place": 9, "rank": 8, "centre": 2, "background": 9,
    "character": len(lettering.CHARACTERS) + 1, "value": charts.HIGHEST,
}
BAR = len(NOUNS) + 1


def dense_labels(scene):
    """Labels per patch, `[GRID * GRID]` int64 each, and offsets to the centre, `[GRID * GRID, 2]` float32.

    `rank` is the thing's number in reading order, `centre` marks the one patch that holds the thing's centre:
    counting and listing become easy for whoever reads these features. Bars are things too: their centre is their
    upper end, and `value` says how high it is. `character` belongs to the patch of each character's centre and to
    those that it covers for a good part.
    """
    centres, areas = _areas(scene)
    owner = np.zeros((MODEL_SIDE, MODEL_SIDE), np.uint8)
    for index, polygons in enumerate(areas):
        for shift, rings in polygons:
            cv2.fillPoly(owner, rings, index + 1, cv2.LINE_8, shift)
    thing_of = _majority(owner, len(areas))
    centre = np.zeros(GRID * GRID, np.int64)
    for index, (x, y) in enumerate(centres):
        patch = int(y * GRID) * GRID + int(x * GRID)
        thing_of[patch] = index + 1
        centre[patch] = 1
    pick = lambda values: np.array([IGNORED] + values, np.int64)[thing_of]
    things, bars = scene.things, scene.chart.bars if scene.chart else []
    background = 8 if not scene.drawing else BACKGROUNDS.index(scene.background) * 2 + scene.dark
    labels = {
        "noun": np.array([0] + [NOUNS.index(t.shape) + 1 for t in things] + [BAR] * len(bars), np.int64)[thing_of],
        "colour": pick([COLOUR_NAMES.index(t.colour) for t in [*things, *bars]]),
        "size": pick([SIZES.index(t.size) if t.size else IGNORED for t in things] + [IGNORED] * len(bars)),
        "place": pick([PLACES.index(t.place) for t in things] + [IGNORED] * len(bars)),
        "rank": pick(list(range(len(things) + len(bars)))),
        "centre": centre,
        "background": np.full(GRID * GRID, background, np.int64),
        "character": _characters(scene),
        "value": pick([IGNORED] * len(things) + [b.value - 1 for b in bars]),
    }
    rows, columns = np.divmod(np.arange(GRID * GRID), GRID)
    middle = np.stack([columns + 0.5, rows + 0.5], 1)
    at = np.array([(0, 0)] + [(x * GRID, y * GRID) for x, y in centres], np.float32)
    offset = np.where(thing_of[:, None] > 0, (at[thing_of] - middle) / 3, 0).astype(np.float32)
    return labels, offset


def _areas(scene):
    """The centre of every thing and bar, and its polygons as (fractional bits, rings)."""
    centres, areas = [], []
    for thing in scene.things:
        centres.append((thing.x, thing.y))
        if thing.text:
            *_, corners = placed_text(thing, MODEL_SIDE)
            areas.append([(0, [np.round(c).astype(np.int32)]) for c in corners])
        else:
            areas.append([(4, polygons) for _, polygons in parts_of(thing, MODEL_SIDE)])
    if scene.chart:
        bottom = scene.chart.frame[3]
        for index, bar in enumerate(scene.chart.bars):
            (left, right), top = scene.chart.slot(index), scene.chart.height(bar.value)
            centres.append(((left + right) / 2, min(top + 0.01, 0.999)))
            corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
            areas.append([(0, [np.round(corners * MODEL_SIDE).astype(np.int32)])])
    return centres, areas


def _characters(scene):
    owner = np.zeros((MODEL_SIDE, MODEL_SIDE), np.uint8)
    centres = []
    for thing in scene.texts():
        *_, corners = placed_text(thing, MODEL_SIDE)
        for character, box in zip(thing.text, corners):
            label = lettering.CHARACTERS.index(character) + 1
            cv2.fillPoly(owner, [np.round(box).astype(np.int32)], label)
            centres.append((box.mean(0) / PATCH, label))
    labels = _majority(owner, len(lettering.CHARACTERS))
    for (column, row), label in centres:
        labels[min(int(row), GRID - 1) * GRID + min(int(column), GRID - 1)] = label
    return labels


def _majority(owner, count):
    """The owner of most pixels of every patch, 0 where hardly any pixel is owned."""
    tiles = owner.reshape(GRID, PATCH, GRID, PATCH).transpose(0, 2, 1, 3).reshape(GRID * GRID, -1)
    slots = tiles + (np.arange(GRID * GRID) * (count + 1))[:, None]
    covered = np.bincount(slots.ravel(), minlength=GRID * GRID * (count + 1)).reshape(GRID * GRID, count + 1)
    covered[:, 0] = 24  # Fewer pixels than this are not worth an opinion.
    return covered.argmax(1)
