"""Seeded drawings of coloured shapes, and the labels that describe them.

All coordinates are fractions of the square frame that the model sees. A wide or tall picture
occupies the middle strip of that frame (`Scene.content`); the rest is the padding colour that
LLaVA's pad-to-square puts there.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

cv2.setNumThreads(1)  # Drawing runs beside training; it must not take its threads.

SHAPES = ["circle", "square", "triangle", "diamond", "star", "heart", "cross", "ring", "crescent", "arrow"]
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
# Combinations of colour and shape that never occur in training, in pictures or in questions.
HELD_OUT = {
    ("purple", "circle"), ("cyan", "square"), ("brown", "triangle"), ("orange", "diamond"),
    ("blue", "star"), ("green", "heart"), ("pink", "cross"), ("yellow", "ring"),
    ("red", "crescent"), ("white", "arrow"),
}
PADDING = (122, 116, 104)
MODEL_SIDE, PATCH = 168, 14
GRID = MODEL_SIDE // PATCH


@dataclass
class Thing:
    shape: str
    colour: str
    size: str
    x: float
    y: float
    radius: float
    angle: float
    rgb: tuple
    place: str = ""


@dataclass
class Scene:
    things: list = field(default_factory=list)  # In reading order: by row of the 3 x 3 grid, then from left to right.
    content: tuple = (0.0, 0.0, 1.0, 1.0)  # x, y, width, height of the picture inside the padded frame.
    background: str = "plain"
    dark: bool = False
    drawing: bool = True  # False: a texture that is no drawing of shapes.
    seed: int = 0


# MARK: Inventing a scene


def invent(rng, count=None, held_out=False, easy=False, content=None):
    """A scene of `count` things (1 to 8 at random when None).

    `held_out` puts at least one combination from HELD_OUT into it; otherwise none occurs.
    `easy` means larger things on plain backgrounds, for the beginning of the training. `content` fixes the
    picture's rectangle in the frame.
    """
    while True:
        scene = _try_to_invent(rng, count or int(rng.integers(1, 9)), held_out, easy, content)
        if scene:
            return scene


def empty(rng):
    """A background without any thing on it."""
    scene = Scene(content=_content(rng), seed=int(rng.integers(1 << 31)))
    _choose_background(rng, scene, False)
    return scene


def texture(rng):
    """Something that is no simple drawing, for honest refusals."""
    return Scene(content=_content(rng), drawing=False, seed=int(rng.integers(1 << 31)))


def _content(rng):
    if rng.random() < 0.7:
        return (0.0, 0.0, 1.0, 1.0)
    short = float(rng.uniform(0.55, 0.9))
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


def _try_to_invent(rng, count, held_out, easy, content):
    scene = Scene(content=content or _content(rng), seed=int(rng.integers(1 << 31)))
    _choose_background(rng, scene, easy)
    base = base_colour(scene)
    colours = [c for c in COLOUR_NAMES if np.abs(np.array(COLOURS[c]) - base).max() > 70]
    shapes = SHAPES
    # Few kinds or few colours make counting questions worth asking.
    habit = rng.random()
    if habit < 0.3:
        shapes = list(rng.choice(SHAPES, int(rng.integers(1, 4)), replace=False))
    if 0.2 < habit < 0.45:
        colours = list(rng.choice(colours, min(len(colours), int(rng.integers(1, 4))), replace=False))
    row = rng.random() < 0.12 and count <= 5  # Things in a row or column: room for "between".
    for index in range(count):
        want_held_out = held_out and index == 0
        thing = _invent_thing(rng, colours, shapes, count, easy, want_held_out)
        if thing is None or not _find_place(rng, scene, thing, row, index, count):
            return None
        scene.things.append(thing)
    scene.things.sort(key=lambda t: (PLACES.index(t.place) // 3, t.x))
    for a, b in zip(scene.things, scene.things[1:]):
        if PLACES.index(a.place) // 3 == PLACES.index(b.place) // 3 and b.x - a.x < 0.035:
            return None  # The reading order would be a matter of taste.
    return scene


def _invent_thing(rng, colours, shapes, count, easy, want_held_out):
    allowed = [(c, s) for c in colours for s in shapes if ((c, s) in HELD_OUT) == want_held_out]
    if want_held_out and not allowed:
        allowed = [(c, s) for (c, s) in sorted(HELD_OUT) if c in colours]
    if not allowed:
        return None
    colour, shape = allowed[rng.integers(len(allowed))]
    crowd = max(0.0, (count - 3) / 5)
    large = (0.4 if easy else 0.33) * (1 - 0.75 * crowd)
    small = (0.1 if easy else 0.33) * (1 + 0.3 * crowd)
    size = SIZES[rng.choice(3, p=[small, 1 - small - large, large])]
    turn = {"crescent": np.pi, "arrow": 0.25, "circle": np.pi, "ring": np.pi}.get(shape, 0.25)
    angle = rng.uniform(-turn, turn)
    if shape == "arrow":
        angle += np.pi / 2 * rng.integers(4)
    jitter = rng.normal(0, 7, 3) + rng.normal(0, 6)
    rgb = tuple(float(v) for v in np.clip(np.array(COLOURS[colour]) + jitter, 0, 255))
    return Thing(shape, colour, size, 0, 0, float(rng.uniform(*RADII[size])), float(angle), rgb)


def _find_place(rng, scene, thing, row, index, count):
    x0, y0, width, height = scene.content
    reach = thing.radius * 1.12
    if width < 2 * reach + 0.02 or height < 2 * reach + 0.02:
        return False
    for _ in range(30):
        x = rng.uniform(x0 + reach, x0 + width - reach)
        y = rng.uniform(y0 + reach, y0 + height - reach)
        if row and width >= height:
            x = x0 + width * (index + 0.5 + rng.uniform(-0.1, 0.1)) / count
            y = y0 + height * (0.5 + rng.uniform(-0.09, 0.09))
        elif row:
            x = x0 + width * (0.5 + rng.uniform(-0.09, 0.09))
            y = y0 + height * (index + 0.5 + rng.uniform(-0.1, 0.1)) / count
        across, down = (x - x0) / width, (y - y0) / height
        if min(abs(v - third) for v in (across, down) for third in (1 / 3, 2 / 3)) < 0.035:
            continue  # Neither "left" nor "center" would be wrong: not a fair question.
        if not (x0 + reach <= x <= x0 + width - reach and y0 + reach <= y <= y0 + height - reach):
            continue
        if all(np.hypot(x - t.x, y - t.y) > (thing.radius + t.radius) * 1.13 + 0.008 for t in scene.things):
            thing.x, thing.y = float(x), float(y)
            thing.place = PLACES[int(down * 3) * 3 + int(across * 3)]
            return True
    return False


# MARK: Drawing


def _arc(start, stop, points=40, radius=1.0, x=0.0, y=0.0):
    t = np.linspace(start, stop, points)
    return np.stack([x + radius * np.cos(t), y + radius * np.sin(t)], 1)


def _star():
    angles = -np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, 1.12, 0.46)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


def _heart():
    t = np.linspace(0, 2 * np.pi, 48)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y - 2], 1) / 16


def _crescent():
    outer = _arc(0.25 * np.pi, 1.75 * np.pi)
    return np.concatenate([outer, _arc(-0.39 * np.pi, -1.61 * np.pi, radius=0.76, x=0.44)]) + [0.15, 0]


OUTLINES = {
    "circle": [_arc(0, 2 * np.pi)],
    "square": [np.array([(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)])],
    "triangle": [np.array([(0, -1.05), (1.0, 0.8), (-1.0, 0.8)])],
    "diamond": [np.array([(0, -1.12), (0.72, 0), (0, 1.12), (-0.72, 0)])],
    "star": [_star()],
    "heart": [_heart()],
    "cross": [np.array([(-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
                        (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33)])],
    "ring": [_arc(0, 2 * np.pi), _arc(0, 2 * np.pi, radius=0.55)],
    "crescent": [_crescent()],
    "arrow": [np.array([(1.1, 0), (0.2, 0.85), (0.2, 0.32), (-1.0, 0.32), (-1.0, -0.32), (0.2, -0.32), (0.2, -0.85)])],
}


def _polygons(thing, side, dx=0.0, dy=0.0):
    """The thing's outlines in 1/16 pixels of a frame of `side` pixels."""
    c, s = np.cos(thing.angle), np.sin(thing.angle)
    turn = np.array([[c, s], [-s, c]])
    at = np.array([thing.x + dx, thing.y + dy])
    return [np.round(((o @ turn) * thing.radius + at) * side * 16 - 8).astype(np.int32) for o in OUTLINES[thing.shape]]


def draw(scene, side=MODEL_SIDE, degrade=True, photo=None):
    """The frame as `[side, side, 3]` uint8 RGB, padding included.

    `photo` adds soft shadows and uneven light; by default one scene in seven has them.
    """
    rng = np.random.default_rng(scene.seed + 1)
    work = max(2 * side, 336)
    canvas = _texture(rng, work) if not scene.drawing else _background(rng, scene, work)
    photo = rng.random() < 0.14 if photo is None else photo
    if photo:
        _shadows(rng, scene, canvas, work)
    outlined = rng.random() < 0.12
    for thing in scene.things:
        polygons = _polygons(thing, work)
        cv2.fillPoly(canvas, polygons, thing.rgb, cv2.LINE_AA, 4)
        if outlined:
            edge = tuple(v * 0.6 for v in thing.rgb)
            cv2.polylines(canvas, polygons, True, edge, max(1, work // 150), cv2.LINE_AA, 4)
    image = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    if photo:
        image = _uneven_light(rng, image)
    if degrade:
        image = _degrade(rng, image)
    return _pad(scene, image)


def crop(scene, image):
    """The picture without its padding, as it would lie in a file."""
    side = image.shape[0]
    x, y, w, h = (int(round(v * side)) for v in scene.content)
    return image[y:y + h, x:x + w]


def _pad(scene, image):
    if scene.content == (0.0, 0.0, 1.0, 1.0):
        return image
    framed = np.empty_like(image)
    framed[:] = PADDING
    side = image.shape[0]
    x, y, w, h = (int(round(v * side)) for v in scene.content)
    framed[y:y + h, x:x + w] = image[y:y + h, x:x + w]
    return framed


def _background(rng, scene, work):
    base = base_colour(scene)
    canvas = np.empty((work, work, 3), np.uint8)
    canvas[:] = np.round(base)
    other = np.clip(base + rng.choice([-1, 1]) * rng.uniform(14, 34) + rng.normal(0, 5, 3), 0, 255)
    if scene.background == "gradient":
        ramp = _ramp(rng, work)[..., None]
        base = base.astype(np.float32)
        far = np.clip(base + np.float32(rng.choice([-1, 1]) * rng.uniform(25, 55)), 0, 255)
        canvas = (base * (1 - ramp) + far * ramp).astype(np.uint8)
    elif scene.background == "striped":
        angle, period = rng.uniform(0, np.pi), rng.uniform(0.05, 0.14)
        wave = (_slope(work, angle) / period) % 1 < 0.5
        canvas[wave] = np.round(other)
    elif scene.background == "speckled":
        grain = rng.normal(0, 1, (work // 4, work // 4, 1)) * rng.uniform(8, 18)
        grain = np.clip(base + grain, 0, 255).astype(np.uint8)
        canvas = cv2.resize(grain, (work, work))
    return canvas


def _slope(side, angle):
    """How far every pixel lies in the direction of `angle`; 0 in the middle, 1 is the frame's side."""
    along = np.arange(side, dtype=np.float32) / side - 0.5
    return along[None, :] * np.float32(np.cos(angle)) + along[:, None] * np.float32(np.sin(angle))


def _ramp(rng, side):
    return np.clip(0.5 + _slope(side, rng.uniform(0, 2 * np.pi)) * 0.8, 0, 1)


def _shadows(rng, scene, canvas, work):
    mask = np.zeros((work, work), np.uint8)
    dx, dy = rng.uniform(-0.02, 0.02), rng.uniform(0.008, 0.025)
    for thing in scene.things:
        cv2.fillPoly(mask, _polygons(thing, work, dx, dy), 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), work * 0.012).astype(np.float32)[..., None] / 255
    canvas[:] = (canvas * (1 - 0.45 * soft)).astype(np.uint8)


def _uneven_light(rng, image):
    light = 1 + rng.uniform(0.05, 0.16) * (2 * _ramp(rng, image.shape[0]) - 1)
    return np.clip(image * light[..., None], 0, 255).astype(np.uint8)


def _degrade(rng, image):
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 0.8) * image.shape[0] / MODEL_SIDE)
    if rng.random() < 0.35:
        light = rng.uniform(0.9, 1.08, 3) * rng.uniform(0.92, 1.05)
        image = np.clip(image * light + rng.uniform(-6, 6), 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        noise = rng.integers(-128, 128, image.shape, dtype=np.int16).astype(np.float32)
        image = np.clip(image + noise * rng.uniform(0.02, 0.09), 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 95))])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    return np.ascontiguousarray(image)


def _texture(rng, work):
    """Clouds, static, tangled lines or smeared blobs: what a stray photo looks like to this model."""
    kind = rng.integers(4)
    canvas = np.zeros((work, work, 3), np.float32) + rng.uniform(60, 190, 3)
    for level in (3, 6, 12, 24, 48, 96):
        if kind == 1 and level < 48:
            continue
        field = rng.normal(0, 1, (level, level, 3)) * (0.35 + 0.65 * rng.random(3))
        strength = 75 / level ** 0.5 if kind != 1 else 60
        canvas += cv2.resize(field.astype(np.float32), (work, work), interpolation=cv2.INTER_CUBIC) * strength
    canvas = np.clip(canvas, 0, 255).astype(np.uint8)
    if kind >= 2:
        for _ in range(int(rng.integers(25, 70))):
            colour = tuple(float(v) for v in rng.uniform(0, 255, 3))
            points = np.cumsum(rng.normal(0, work * 0.1, (5, 2)), 0) + rng.uniform(0, work, 2)
            if kind == 2:
                cv2.polylines(canvas, [points.astype(np.int32)], False, colour, int(rng.integers(1, 6)), cv2.LINE_AA)
            else:
                cv2.fillPoly(canvas, [points.astype(np.int32)], colour, cv2.LINE_AA)
        if rng.random() < 0.6:
            canvas = cv2.GaussianBlur(canvas, (0, 0), work * rng.uniform(0.003, 0.012))
    return canvas


# MARK: Dense labels

# What every patch is asked during the vision tower's own training: name -> number of classes.
DENSE_CLASSES = {"shape": len(SHAPES) + 1, "colour": len(COLOURS), "size": len(SIZES), "place": 9, "rank": 8, "centre": 2, "background": 9}
IGNORED = -100


def dense_labels(scene):
    """Labels per patch, `[GRID * GRID]` int64 each, and offsets to the centre, `[GRID * GRID, 2]` float32.

    `rank` is the thing's number in reading order, `centre` marks the one patch that holds the thing's centre:
    counting and listing become easy for whoever reads these features.
    """
    owner = np.zeros((MODEL_SIDE, MODEL_SIDE), np.uint8)
    for index, thing in enumerate(scene.things):
        cv2.fillPoly(owner, _polygons(thing, MODEL_SIDE), index + 1, cv2.LINE_8, 4)
    tiles = owner.reshape(GRID, PATCH, GRID, PATCH).transpose(0, 2, 1, 3).reshape(GRID * GRID, -1)
    covered = np.stack([(tiles == i).sum(1) for i in range(len(scene.things) + 1)], 1)
    covered[:, 0] = 24  # Fewer pixels than this are not worth an opinion.
    thing_of = covered.argmax(1)
    centre = np.zeros(GRID * GRID, np.int64)
    for index, thing in enumerate(scene.things):
        patch = int(thing.y * GRID) * GRID + int(thing.x * GRID)
        thing_of[patch] = index + 1
        centre[patch] = 1
    pick = lambda values: np.array([IGNORED] + values, np.int64)[thing_of]
    background = 8 if not scene.drawing else BACKGROUNDS.index(scene.background) * 2 + scene.dark
    labels = {
        "shape": np.array([0] + [SHAPES.index(t.shape) + 1 for t in scene.things], np.int64)[thing_of],
        "colour": pick([COLOUR_NAMES.index(t.colour) for t in scene.things]),
        "size": pick([SIZES.index(t.size) for t in scene.things]),
        "place": pick([PLACES.index(t.place) for t in scene.things]),
        "rank": pick(list(range(len(scene.things)))),
        "centre": centre,
        "background": np.full(GRID * GRID, background, np.int64),
    }
    rows, columns = np.divmod(np.arange(GRID * GRID), GRID)
    middle = np.stack([columns + 0.5, rows + 0.5], 1)
    centres = np.array([(0, 0)] + [(t.x * GRID, t.y * GRID) for t in scene.things], np.float32)
    offset = np.where(thing_of[:, None] > 0, (centres[thing_of] - middle) / 3, 0).astype(np.float32)
    return labels, offset
