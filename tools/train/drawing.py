"""Draws a scene: background, things, and the mild damage that files and screens do."""

import cv2
import numpy as np

import charts
import lettering
from outlines import OUTLINES
from scenes import MODEL_SIDE, base_colour

cv2.setNumThreads(1)  # Drawing runs beside training; it must not take its threads.

PADDING = (122, 116, 104)


def parts_of(thing, side, dx=0.0, dy=0.0):
    """The thing's parts as (tone, outlines in 1/16 pixels of a frame of `side` pixels)."""
    c, s = np.cos(thing.angle), np.sin(thing.angle)
    turn = np.array([[c, s], [-s, c]])
    if thing.mirrored:
        turn = np.diag([-1.0, 1.0]) @ turn
    at = np.array([thing.x + dx, thing.y + dy])
    place = lambda ring: np.round(((ring @ turn) * thing.radius + at) * side * 16 - 8).astype(np.int32)
    return [(tone, [place(ring) for ring in rings]) for tone, rings in OUTLINES[thing.shape]]


def toned(rgb, tone):
    return tuple(v * tone if tone <= 1 else v + (255 - v) * min(1.0, tone - 1) for v in rgb)


def placed_text(thing, side):
    """The text's stencil, the affine map that brings it to its place in a frame of `side` pixels, and there each
    character's corners `[characters, 4, 2]`."""
    mask, edges = lettering.stencil(thing.text, thing.font, 2 * thing.radius * side)
    height, width = mask.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -np.degrees(thing.angle), 1.0)
    turn[:, 2] += (thing.x * side - width / 2, thing.y * side - height / 2)
    corners = [np.array([(a, 0, 1), (b, 0, 1), (b, height, 1), (a, height, 1)]) @ turn.T for a, b in zip(edges, edges[1:])]
    return mask, turn, np.stack(corners)


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
    if scene.chart:
        charts.draw(scene.chart, canvas, scene.dark)
    for thing in scene.things:
        if thing.text:
            _write(canvas, thing)
            continue
        for tone, polygons in parts_of(thing, work):
            cv2.fillPoly(canvas, polygons, toned(thing.rgb, tone), cv2.LINE_AA, 4)
            if outlined:
                cv2.polylines(canvas, polygons, True, toned(thing.rgb, 0.6 * min(tone, 1)), max(1, work // 150), cv2.LINE_AA, 4)
    image = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    if photo:
        image = _uneven_light(rng, image)
    if degrade:
        image = _degrade(rng, image)
    return _pad(scene, image)


def _write(canvas, thing):
    stencil, turn, corners = placed_text(thing, canvas.shape[0])
    cover = cv2.warpAffine(stencil, turn, canvas.shape[:2], flags=cv2.INTER_LINEAR)
    left, top = np.clip(corners.min((0, 1)) - 2, 0, None).astype(int)
    right, bottom = corners.max((0, 1)).astype(int) + 3
    part, mask = canvas[top:bottom, left:right], cover[top:bottom, left:right, None].astype(np.float32) / 255
    part[:] = (part * (1 - mask) + np.array(thing.rgb, np.float32) * mask).astype(np.uint8)


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
        for _, polygons in parts_of(thing, work, dx, dy) if not thing.text else []:
            cv2.fillPoly(mask, polygons, 255, cv2.LINE_AA, 4)
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


