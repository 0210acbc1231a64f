"""Bar charts with values from 1 to 10: invented, drawn, and labelled patch by patch."""

from dataclasses import dataclass, field

import cv2
import numpy as np

import lettering

HIGHEST = 10


@dataclass
class Bar:
    label: str
    colour: str
    value: int
    rgb: tuple


@dataclass
class Chart:
    bars: list = field(default_factory=list)
    frame: tuple = (0.0, 0.0, 1.0, 1.0)  # left, top, right, bottom of the plotting area in the frame.
    gap: float = 0.3  # Share of a bar's slot that stays free.
    lines: bool = True  # A thin line at every unit, otherwise only ticks.
    written: bool = False  # Whether the value stands above its bar.
    font: str = lettering.FONTS[0]

    def slot(self, index):
        """Left and right edge of a bar."""
        left, _, right, _ = self.frame
        width = (right - left) / len(self.bars)
        return left + width * (index + self.gap / 2), left + width * (index + 1 - self.gap / 2)

    def height(self, value):
        _, top, _, bottom = self.frame
        return bottom - (bottom - top) * value / (HIGHEST + 0.6)


def invent(rng, colours, rgb_of, content):
    """A chart of two to six bars inside the rectangle `content`, in the colours' names given."""
    x, y, width, height = content
    count = int(rng.integers(2, 7))
    same = rng.random() < 0.3
    chosen = [str(rng.choice(colours))] * count if same else [str(c) for c in rng.choice(colours, count, replace=False)]
    first = int(rng.integers(0, 3)) if rng.random() < 0.3 else 0
    labels = [chr(ord("A") + first + i) for i in range(count)]
    if rng.random() < 0.2:
        labels = [str(c) for c in rng.choice(lettering.LETTERS, count, replace=False)]
    values = [int(v) for v in rng.integers(1, HIGHEST + 1, count)]
    bars = [Bar(label, colour, value, rgb_of(colour)) for label, colour, value in zip(labels, chosen, values)]
    frame = (x + width * rng.uniform(0.11, 0.15), y + height * rng.uniform(0.04, 0.09),
             x + width * rng.uniform(0.93, 0.98), y + height * rng.uniform(0.84, 0.88))
    return Chart(bars, frame, float(rng.uniform(0.25, 0.5)), bool(rng.random() < 0.7), bool(rng.random() < 0.3),
                 lettering.FONTS[int(rng.integers(4))])


def draw(chart, canvas, dark):
    """Draws onto `canvas` `[side, side, 3]`."""
    side = canvas.shape[0]
    at = lambda x, y: (int(round(x * side)), int(round(y * side)))
    ink = (235, 235, 235) if dark else (25, 25, 25)
    left, top, right, bottom = chart.frame
    if chart.lines:
        faint = tuple(int(v) for v in canvas[at(left, top)[1], at(left, top)[0]] * 0.75 + np.array(ink) * 0.25)
        for value in range(1, HIGHEST + 1):
            cv2.line(canvas, at(left, chart.height(value)), at(right, chart.height(value)), faint, max(1, side // 336))
    for index, bar in enumerate(chart.bars):
        near, far = chart.slot(index)
        cv2.rectangle(canvas, at(near, chart.height(bar.value)), at(far, bottom), bar.rgb, -1)
        room = min(0.055, (far - near) * 0.9)
        _write(canvas, chart.font, bar.label, (near + far) / 2, bottom + 0.055, room, ink)
        if chart.written:
            _write(canvas, chart.font, str(bar.value), (near + far) / 2, chart.height(bar.value) - 0.035, room * 0.9, ink)
    cv2.line(canvas, at(left, top), at(left, bottom), ink, max(1, side // 168))
    cv2.line(canvas, at(left, bottom), at(right, bottom), ink, max(1, side // 168))
    for value in (0, 5, 10):
        _write(canvas, chart.font, str(value), left - 0.05, chart.height(value), 0.04 * len(str(value)) ** 0.7, ink)
    for value in range(0, HIGHEST + 1, 1 if not chart.lines else 5):
        cv2.line(canvas, at(left - 0.012, chart.height(value)), at(left, chart.height(value)), ink, max(1, side // 168))


def _write(canvas, font, text, x, y, width, ink):
    side = canvas.shape[0]
    mask, _ = lettering.stencil(text, font, width * side)
    row, column = int(y * side - mask.shape[0] / 2), int(x * side - mask.shape[1] / 2)
    row, column = max(0, min(row, side - mask.shape[0])), max(0, min(column, side - mask.shape[1]))
    part = canvas[row:row + mask.shape[0], column:column + mask.shape[1]]
    cover = mask[..., None].astype(np.float32) / 255
    part[:] = (part * (1 - cover) + np.array(ink, np.float32) * cover).astype(np.uint8)
