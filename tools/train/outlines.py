"""The outlines of everything that is drawn in one colour: shapes, and pictograms with lighter and darker parts.

An outline is a list of parts `(tone, rings)`: closed rings of points in a unit frame, x to the right, y down, filled
together by the even-odd rule. `tone` multiplies the thing's colour: below 1 darker, above 1 mixed with white.
"""

import numpy as np


def arc(start, stop, points=40, radius=1.0, x=0.0, y=0.0, squeeze=1.0):
    t = np.linspace(start, stop, points)
    return np.stack([x + radius * np.cos(t), y + radius * squeeze * np.sin(t)], 1)


def disc(x, y, radius, squeeze=1.0):
    return arc(0, 2 * np.pi, 28, radius, x, y, squeeze)


def box(left, top, right, bottom):
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def star(points=5, outer=1.12, inner=0.46):
    angles = -np.pi / 2 + np.arange(2 * points) * np.pi / points
    radii = np.where(np.arange(2 * points) % 2 == 0, outer, inner)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


def heart():
    t = np.linspace(0, 2 * np.pi, 48)
    x = 16 * np.sin(t) ** 3
    y = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t))
    return np.stack([x, y - 2], 1) / 16


def crescent():
    outer = arc(0.25 * np.pi, 1.75 * np.pi)
    return np.concatenate([outer, arc(-0.39 * np.pi, -1.61 * np.pi, radius=0.76, x=0.44)]) + [0.15, 0]


CROSS = np.array([(-0.33, -1), (0.33, -1), (0.33, -0.33), (1, -0.33), (1, 0.33), (0.33, 0.33),
                  (0.33, 1), (-0.33, 1), (-0.33, 0.33), (-1, 0.33), (-1, -0.33), (-0.33, -0.33)])
ARROW = np.array([(1.1, 0), (0.2, 0.85), (0.2, 0.32), (-1.0, 0.32), (-1.0, -0.32), (0.2, -0.32), (0.2, -0.85)])

SHAPES = {
    "circle": [(1, [disc(0, 0, 1)])],
    "square": [(1, [box(-0.86, -0.86, 0.86, 0.86)])],
    "triangle": [(1, [np.array([(0, -1.05), (1.0, 0.8), (-1.0, 0.8)])])],
    "diamond": [(1, [np.array([(0, -1.12), (0.72, 0), (0, 1.12), (-0.72, 0)])])],
    "star": [(1, [star()])],
    "heart": [(1, [heart()])],
    "cross": [(1, [CROSS])],
    "ring": [(1, [disc(0, 0, 1), disc(0, 0, 0.55)])],
    "crescent": [(1, [crescent()])],
    "arrow": [(1, [ARROW])],
}

# Pictograms stand upright; their parts are drawn in order.
PICTOGRAMS = {
    "house": [
        (1, [box(-0.75, -0.15, 0.75, 0.95)]), (0.6, [np.array([(-1.0, -0.1), (0, -1.0), (1.0, -0.1)])]),
        (0.45, [box(-0.2, 0.35, 0.2, 0.95)]), (1.6, [box(-0.6, 0.1, -0.3, 0.4)]), (1.6, [box(0.3, 0.1, 0.6, 0.4)]),
    ],
    "tree": [
        (0.5, [box(-0.16, 0.4, 0.16, 1.0)]), (1, [disc(0, -0.42, 0.58)]), (1, [disc(-0.42, 0.05, 0.45)]), (1, [disc(0.42, 0.05, 0.45)]),
    ],
    "car": [
        (1, [np.array([(-1.05, 0.5), (-1.05, 0.02), (-0.6, -0.02), (-0.38, -0.5), (0.38, -0.5), (0.66, -0.02), (1.05, 0.08), (1.05, 0.5)])]),
        (1.7, [np.array([(-0.44, -0.02), (-0.3, -0.38), (-0.04, -0.38), (-0.04, -0.02)])]),
        (1.7, [np.array([(0.06, -0.02), (0.06, -0.38), (0.3, -0.38), (0.48, -0.02)])]),
        (0.35, [disc(-0.55, 0.5, 0.26)]), (0.35, [disc(0.55, 0.5, 0.26)]), (1.7, [disc(-0.55, 0.5, 0.1)]), (1.7, [disc(0.55, 0.5, 0.1)]),
    ],
    "sun": [(1, [disc(0, 0, 0.55)])] + [
        (1, [np.stack([np.array([0.68, 1.08, 1.08, 0.68]) * np.cos(a) - np.array([-0.07, -0.07, 0.07, 0.07]) * np.sin(a),
                       np.array([0.68, 1.08, 1.08, 0.68]) * np.sin(a) + np.array([-0.07, -0.07, 0.07, 0.07]) * np.cos(a)], 1)])
        for a in np.arange(8) * np.pi / 4],
    "cloud": [
        (1, [disc(-0.5, 0.2, 0.42)]), (1, [disc(0.52, 0.22, 0.4)]), (1, [disc(-0.12, -0.16, 0.5)]), (1, [disc(0.3, -0.06, 0.42)]),
        (1, [box(-0.5, 0.1, 0.52, 0.62)]),
    ],
    "fish": [
        (1, [disc(-0.15, 0, 0.78, 0.6)]), (0.75, [np.array([(0.5, 0), (1.05, -0.48), (1.05, 0.48)])]),
        (0.75, [np.array([(-0.3, -0.42), (0.2, -0.42), (0.1, -0.75)])]), (1.9, [disc(-0.55, -0.12, 0.13)]), (0.2, [disc(-0.57, -0.12, 0.06)]),
    ],
    "boat": [
        (1, [np.array([(-1.0, 0.35), (1.0, 0.35), (0.6, 0.9), (-0.6, 0.9)])]), (0.5, [box(-0.06, -1.0, 0.06, 0.35)]),
        (1.5, [np.array([(0.12, -0.9), (0.12, 0.2), (0.85, 0.2)])]), (1.25, [np.array([(-0.12, -0.6), (-0.12, 0.2), (-0.7, 0.2)])]),
    ],
    "flower": [(0.5, [box(-0.07, 0.2, 0.07, 1.05)]), (0.6, [disc(0.3, 0.72, 0.24, 0.5)])] + [
        (1, [disc(0.36 * np.cos(a), -0.4 + 0.36 * np.sin(a), 0.3)]) for a in np.arange(5) * 2 * np.pi / 5 - np.pi / 2
    ] + [(1.8, [disc(0, -0.4, 0.2)])],
    "cup": [
        (0.8, [disc(0.62, -0.02, 0.4), disc(0.62, -0.02, 0.24)]),
        (1, [np.array([(-0.75, -0.6), (0.62, -0.6), (0.5, 0.7), (-0.63, 0.7)])]), (0.6, [disc(-0.065, -0.6, 0.685, 0.18)]),
    ],
    "umbrella": [
        (0.45, [box(-0.05, -0.1, 0.05, 0.85)]), (0.45, [disc(0.16, 0.82, 0.21), disc(0.16, 0.82, 0.11)]),
        (1, [arc(np.pi, 2 * np.pi, 30, 1.02, 0, 0.05)]), (1.4, [arc(np.pi, 2 * np.pi, 30, 0.34, 0, 0.05, 2.9)]),
    ],
    "rocket": [
        (0.6, [np.array([(-0.3, 0.2), (-0.75, 0.85), (-0.3, 0.7)])]), (0.6, [np.array([(0.3, 0.2), (0.75, 0.85), (0.3, 0.7)])]),
        (1, [np.array([(0, -1.1), (0.24, -0.75), (0.36, -0.3), (0.36, 0.72), (-0.36, 0.72), (-0.36, -0.3), (-0.24, -0.75)])]),
        (1.8, [disc(0, -0.22, 0.18)]), (1.4, [np.array([(-0.2, 0.76), (0.2, 0.76), (0, 1.1)])]),
    ],
    "key": [
        (1, [disc(-0.6, 0, 0.46), disc(-0.6, 0, 0.22)]), (1, [box(-0.18, -0.11, 1.05, 0.11)]),
        (1, [box(0.55, 0.08, 0.71, 0.45)]), (1, [box(0.86, 0.08, 1.02, 0.38)]),
    ],
}

OUTLINES = SHAPES | PICTOGRAMS
