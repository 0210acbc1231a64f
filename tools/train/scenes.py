"""Seeded drawings: coloured shapes, and in the wide world pictograms, texts and bar charts.

All coordinates are fractions of the square frame that the model sees. A wide or tall picture
occupies the middle strip of that frame (`Scene.content`); the rest is the padding colour that
LLaVA's pad-to-square puts there.
"""

from dataclasses import dataclass, field

import numpy as np

import charts
import lettering
import outlines

SHAPES = list(outlines.SHAPES)
PICTOGRAMS = list(outlines.PICTOGRAMS)
TEXTS = ["word", "letter", "number"]
NOUNS = SHAPES + PICTOGRAMS + TEXTS
COLOURS = {
    "red": (215, 30, 35),
    "orange": (250, 135, 15),
    "yellow": (248, 220, 30),
    "green": (35, 150, 50),
    "blue": (30, 70, 205),
    "purple": (125, 40, 165),
    "pink": (250, 130, 185),
    "brown": (115, 65, 25),
    "black": (15, 15, 18),
    "white": (250, 250, 250),
    "gray": (130, 130, 132),
    "cyan": (30, 205, 220),
}
COLOUR_NAMES = list(COLOURS)
SIZES = ["small", "medium", "large"]
# Radii as fractions of the frame; the gaps between the classes keep the question answerable.
RADII = {"small": (0.066, 0.083), "medium": (0.107, 0.125), "large": (0.155, 0.185)}
PLACES = [
    "top left", "top", "top right",
    "left", "center", "right",
    "bottom left", "bottom", "bottom right",
]
BACKGROUNDS = ["plain", "gradient", "striped", "speckled"]
# Combinations that never occur in training, in pictures or in questions.
HELD_OUT = {
    ("purple", "circle"), ("cyan", "square"), ("brown", "triangle"), ("orange", "diamond"),
    ("blue", "star"), ("green", "heart"), ("pink", "cross"), ("yellow", "ring"),
    ("red", "crescent"), ("white", "arrow"),
    ("blue", "house"), ("purple", "tree"), ("green", "car"), ("pink", "fish"), ("orange", "boat"), ("cyan", "cup"),
}
MODEL_SIDE, PATCH = 168, 14
GRID = MODEL_SIDE // PATCH


@dataclass
class Thing:
    shape: str  # One of NOUNS.
    colour: str
    size: str  # One of SIZES; empty for texts.
    x: float
    y: float
    radius: float  # Half the width, for texts.
    angle: float
    rgb: tuple
    place: str = ""
    text: str = ""
    font: str = ""
    mirrored: bool = False

    def extent(self):
        """Half the width and half the height."""
        return (self.radius, self.radius / lettering.aspect(self.text) * 1.2) if self.text else (self.radius, self.radius)


@dataclass
class Scene:
    things: list = field(default_factory=list)  # In reading order: by row of the 3 x 3 grid, then from left to right.
    content: tuple = (0.0, 0.0, 1.0, 1.0)  # x, y, width, height of the picture inside the padded frame.
    background: str = "plain"
    dark: bool = False
    drawing: bool = True  # False: a texture that is no drawing of shapes.
    chart: charts.Chart | None = None
    seed: int = 0

    def texts(self):
        return [t for t in self.things if t.text]

    def noun(self):
        """What its things are called together: shapes, if they are nothing else."""
        return "shape" if all(t.shape in SHAPES for t in self.things) else "thing"


# MARK: Inventing a scene

# The kinds of scenes and how often the training draws them; the first is the core world, the next three the wide one.
WORLD = {"shapes": 0.545, "pictograms": 0.16, "texts": 0.14, "chart": 0.115, "texture": 0.027, "empty": 0.013}

# How many of the further things in a wide scene belong to another world.
COMPANY = {"pictograms": 0.25, "texts": 0.4}


def invent_any(rng, easy=0.0):
    """A scene of any kind; `easy` is the share of easy ones among those of the core world."""
    kind = str(rng.choice(list(WORLD), p=list(WORLD.values())))
    return invent_kind(rng, kind, easy=rng.random() < easy)


def invent_kind(rng, kind, **wishes):
    """A scene of one of the kinds in WORLD."""
    if kind == "texture":
        return Scene(content=_content(rng), drawing=False, seed=int(rng.integers(1 << 31)))
    if kind == "empty":
        scene = Scene(content=_content(rng), seed=int(rng.integers(1 << 31)))
        _choose_background(rng, scene, False)
        return scene
    if kind == "chart":
        return invent_chart(rng)
    return invent(rng, world=kind, **wishes)


def invent(rng, count=None, held_out=False, easy=False, content=None, world="shapes"):
    """A scene of `count` things (1 to 8 at random when None).

    `held_out` puts at least one combination from HELD_OUT (for texts, a word from HELD_OUT_WORDS) into it;
    otherwise none occurs. `easy` means larger things on plain backgrounds, for the beginning of the training.
    `content` fixes the picture's rectangle in the frame. `world`: shapes, pictograms (shapes among them) or texts
    (with at most three of the others).
    """
    while True:
        many = 4 if world == "texts" else 8
        scene = _try_to_invent(rng, count or int(rng.integers(1, many + 1)), held_out, easy, content, world)
        if scene:
            return scene


def invent_chart(rng, content=None):
    scene = Scene(content=content or _content(rng, 0.75), seed=int(rng.integers(1 << 31)))
    scene.background = BACKGROUNDS[rng.choice(4, p=[0.75, 0.15, 0, 0.1])]
    scene.dark = bool(rng.random() < 0.25)
    colours = _visible_colours(scene)
    scene.chart = charts.invent(rng, colours, lambda name: _jittered(rng, name), scene.content)
    return scene


def _content(rng, shortest=0.55):
    if rng.random() < 0.7:
        return (0.0, 0.0, 1.0, 1.0)
    short = float(rng.uniform(shortest, 0.9))
    margin = (1 - short) / 2
    return (0.0, margin, 1.0, short) if rng.random() < 0.65 else (margin, 0.0, short, 1.0)


def _choose_background(rng, scene, easy):
    weights = [0.9, 0.1, 0, 0] if easy else [0.4, 0.2, 0.2, 0.2]
    scene.background = BACKGROUNDS[rng.choice(4, p=weights)]
    scene.dark = bool(rng.random() < 0.3)


def base_colour(scene):
    """The background's main colour: reproducible from the scene's seed."""
    rng = np.random.default_rng(scene.seed)
    value = rng.uniform(20, 75) if scene.dark else rng.uniform(170, 252)
    tint = rng.normal(0, 1, 3)
    tint -= tint.mean()
    strength = rng.choice([0, 8, 25], p=[0.3, 0.4, 0.3])
    return np.clip(value + tint * strength, 0, 255)


def _visible_colours(scene):
    base = base_colour(scene)
    return [c for c in COLOUR_NAMES if np.abs(np.array(COLOURS[c]) - base).max() > 70]


def _jittered(rng, colour):
    jitter = rng.normal(0, 7, 3) + rng.normal(0, 6)
    return tuple(float(v) for v in np.clip(np.array(COLOURS[colour]) + jitter, 0, 255))


def _try_to_invent(rng, count, held_out, easy, content, world):
    scene = Scene(content=content or _content(rng), seed=int(rng.integers(1 << 31)))
    _choose_background(rng, scene, easy)
    colours = _visible_colours(scene)
    nouns = {"shapes": SHAPES, "pictograms": PICTOGRAMS, "texts": TEXTS}[world]
    # Few kinds or few colours make counting questions worth asking.
    habit = rng.random()
    if habit < 0.3 and world != "texts":
        nouns = list(rng.choice(nouns, int(rng.integers(1, 4)), replace=False))
    if 0.2 < habit < 0.45:
        colours = list(rng.choice(colours, min(len(colours), int(rng.integers(1, 4))), replace=False))
    row = rng.random() < 0.12 and count <= 5 and world != "texts"  # Things in a row or column: room for "between".
    for index in range(count):
        special = held_out and index == 0
        among = nouns
        if index > 0 and world in COMPANY and rng.random() < COMPANY[world]:
            among = SHAPES if rng.random() < 0.7 or world == "pictograms" else PICTOGRAMS
        thing = _invent_thing(rng, colours, among, count, easy, special)
        if thing is None or not _find_place(rng, scene, thing, row, index, count):
            return None
        scene.things.append(thing)
    scene.things.sort(key=lambda t: (PLACES.index(t.place) // 3, t.x))
    for a, b in zip(scene.things, scene.things[1:]):
        if PLACES.index(a.place) // 3 == PLACES.index(b.place) // 3 and b.x - a.x < 0.035:
            return None  # The reading order would be a matter of taste.
    return scene


def _invent_thing(rng, colours, nouns, count, easy, special):
    allowed = [(c, s) for c in colours for s in nouns if ((c, s) in HELD_OUT) == (special and nouns is not TEXTS)]
    if special and nouns is not TEXTS and not allowed:
        allowed = [(c, s) for (c, s) in sorted(HELD_OUT) if c in colours and (s in PICTOGRAMS) == (nouns[0] in PICTOGRAMS)]
    if not allowed:
        return None
    colour, shape = allowed[rng.integers(len(allowed))]
    if shape in TEXTS:
        return _invent_text(rng, colour, "word" if special else shape, special)
    crowd = max(0.0, (count - 3) / 5)
    large = (0.4 if easy else 0.33) * (1 - 0.75 * crowd)
    small = (0.1 if easy else 0.33) * (1 + 0.3 * crowd)
    size = SIZES[rng.choice(3, p=[small, 1 - small - large, large])]
    upright = shape in PICTOGRAMS
    turn = {"crescent": np.pi, "arrow": 0.25, "circle": np.pi, "ring": np.pi}.get(shape, 0.12 if upright else 0.25)
    angle = rng.uniform(-turn, turn)
    if shape == "arrow":
        angle += np.pi / 2 * rng.integers(4)
    mirrored = bool(upright and rng.random() < 0.5)
    return Thing(shape, colour, size, 0, 0, float(rng.uniform(*RADII[size])), float(angle), _jittered(rng, colour), mirrored=mirrored)


def _invent_text(rng, colour, kind, held_out):
    text = lettering.invent_text(rng, kind, held_out)
    wide = float(rng.uniform(0.05, 0.085) if len(text) > 1 else rng.uniform(0.07, 0.13))
    font = lettering.FONTS[int(rng.integers(len(lettering.FONTS)))]
    radius = min(0.44, wide * lettering.aspect(text))
    return Thing(kind, colour, "", 0, 0, radius, float(rng.uniform(-0.09, 0.09)), _jittered(rng, colour), text=text, font=font)


def _find_place(rng, scene, thing, row, index, count):
    x0, y0, width, height = scene.content
    across_reach, down_reach = (v * 1.12 for v in thing.extent())
    if width < 2 * across_reach + 0.02 or height < 2 * down_reach + 0.02:
        return False
    for _ in range(30):
        x = rng.uniform(x0 + across_reach, x0 + width - across_reach)
        y = rng.uniform(y0 + down_reach, y0 + height - down_reach)
        if row and width >= height:
            x = x0 + width * (index + 0.5 + rng.uniform(-0.1, 0.1)) / count
            y = y0 + height * (0.5 + rng.uniform(-0.09, 0.09))
        elif row:
            x = x0 + width * (0.5 + rng.uniform(-0.09, 0.09))
            y = y0 + height * (index + 0.5 + rng.uniform(-0.1, 0.1)) / count
        across, down = (x - x0) / width, (y - y0) / height
        if min(abs(v - third) for v in (across, down) for third in (1 / 3, 2 / 3)) < 0.035:
            continue  # Neither "left" nor "center" would be wrong: not a fair question.
        if not (x0 + across_reach <= x <= x0 + width - across_reach and y0 + down_reach <= y <= y0 + height - down_reach):
            continue
        thing.x, thing.y = float(x), float(y)
        if all(_apart(thing, other) for other in scene.things):
            thing.place = PLACES[int(down * 3) * 3 + int(across * 3)]
            return True
    return False


def _apart(a, b):
    if a.text or b.text:
        (aw, ah), (bw, bh) = a.extent(), b.extent()
        return abs(a.x - b.x) > (aw + bw) * 1.08 + 0.012 or abs(a.y - b.y) > (ah + bh) * 1.15 + 0.012
    return np.hypot(a.x - b.x, a.y - b.y) > (a.radius + b.radius) * 1.13 + 0.008
