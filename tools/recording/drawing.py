"""Screens as an SVG film. Text stays text; blocks and lines are shapes, so that they meet without seams in
every font. Equal pieces are written once, and one animation moves the strip of frames."""
from screen import BLANK

WIDTH, HEIGHT, BASELINE, MARGIN = 8, 16, 12, 10
FOREGROUND, BACKGROUND = (220, 223, 228), (16, 18, 24)
# Which quarters a block is made of: 1 top left, 2 top right, 4 bottom left, 8 bottom right.
QUARTERS = dict(zip("▖▗▘▙▚▛▜▝▞▟▀▄▌▐█", (4, 8, 1, 13, 9, 7, 11, 2, 6, 14, 3, 12, 5, 10, 15)))
# Left, right, up, down: which arms a line has.
LINES = {"─": "lr", "━": "lr", "│": "ud", "┃": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud",
         "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu"}


def shade(color):
    return "#%02x%02x%02x" % color


def inks(style):
    foreground, background = style.foreground or FOREGROUND, style.background or BACKGROUND
    if style.reverse:
        foreground, background = background, foreground
    if style.dim:
        foreground = tuple((6 * a + 4 * b) // 10 for a, b in zip(foreground, background))
    return foreground, background


def rectangles(glyph):
    """What a glyph fills, in pixels of its cell; None where it is text."""
    if glyph in QUARTERS:
        bits = QUARTERS[glyph]
        return [(4 * (i % 2), 8 * (i // 2), 4, 8) for i in range(4) if bits >> i & 1]
    if "▁" <= glyph <= "▇":
        eighths = ord(glyph) - 0x2580
        return [(0, HEIGHT - 2 * eighths, WIDTH, 2 * eighths)]
    if "▉" <= glyph <= "▏":
        return [(0, 0, 0x2590 - ord(glyph), HEIGHT)]
    if "\u2801" <= glyph <= "\u28ff":
        dots = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
        return [(1 + 4 * x, 1 + 4 * y, 2, 2) for bit, (x, y) in enumerate(dots) if ord(glyph) >> bit & 1]
    if glyph in LINES:
        weight = 2 if glyph in "━┃" else 1
        arms = {"l": (0, 8, 5, weight), "r": (4, 8, 4, weight), "u": (4, 0, weight, 9), "d": (4, 8, weight, 8)}
        return [arms[arm] for arm in LINES[glyph]]
    return None


def merged(parts):
    """The same area by fewer rectangles: those that continue each other sideways become one, then those
    that stand on each other."""
    for near, far, across in (((1, 3), 0, 2), ((0, 2), 1, 3)):
        result = []
        for part in sorted(parts, key=lambda p: (p[near[0]], p[near[1]], p[far])):
            last = result[-1] if result else None
            if last and all(last[i] == part[i] for i in near) and last[far] + last[across] == part[far]:
                last[across] += part[across]
            else:
                result.append(list(part))
        parts = result
    return parts


def path(parts):
    return "".join("M%d %dh%dv%dh-%dz" % (x, y, w, h, w) for x, y, w, h in merged(parts))


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


class Film:
    """Builds the document: `add` a screen for each frame, `document` at the end."""

    def __init__(self, columns, rows):
        self.width, self.height = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
        self.names, self.definitions, self.frames = {}, [], []
        self.classes = {}

    def add(self, cells, seconds):
        bands = [cells[first:first + 5] for first in range(0, len(cells), 5)]
        body = "".join(self.use(self.named(self.band(band)), 0, 5 * HEIGHT * index)
                       for index, band in enumerate(bands))
        self.frames.append((body, seconds))

    def named(self, body):
        """The name under which a piece was defined; empty for an empty piece."""
        if body and body not in self.names:
            self.names[body] = "%x" % len(self.names)
            self.definitions.append('<g id="_%s">%s</g>' % (self.names[body], body))
        return self.names.get(body, "")

    @staticmethod
    def use(name, x, y):
        return '<use href="#_%s"%s%s/>' % (name, ' x="%d"' % x if x else "", ' y="%d"' % y if y else "") if name else ""

    def style(self, rules):
        return self.classes.setdefault(rules, "c%x" % len(self.classes))

    def band(self, rows):
        """Five rows: their shapes as one path a colour, and their texts as pieces between wide gaps."""
        grounds, shapes, texts = {}, {}, []
        for y, row in enumerate(rows):
            start = None
            for x, cell in enumerate(list(row) + [BLANK, BLANK]):
                foreground, background = inks(cell.style)
                filled = rectangles(cell.glyph) if cell.glyph.strip() else None
                quarters = QUARTERS.get(cell.glyph)
                for part in range(4) if quarters else []:
                    # Both colours of a block are grounds, because they do not overlap.
                    color = foreground if quarters >> part & 1 else background
                    place = (x * WIDTH + 4 * (part % 2), y * HEIGHT + 8 * (part // 2), 4, 8)
                    grounds.setdefault(color, []).append(place)
                if not quarters:
                    if x < len(row):
                        grounds.setdefault(background, []).append((x * WIDTH, y * HEIGHT, WIDTH, HEIGHT))
                    for left, top, wide, high in filled or []:
                        place = (x * WIDTH + left, y * HEIGHT + top, wide, high)
                        shapes.setdefault(foreground, []).append(place)
                is_text = cell.glyph != " " and filled is None
                if is_text and start is None:
                    start = x
                following = row[x + 1].glyph if x + 1 < len(row) else " "
                is_gap = not is_text and (following == " " or rectangles(following) is not None)
                if start is not None and (is_gap or filled):
                    texts.append(self.use(self.named(self.text(row[start:x])), start * WIDTH, y * HEIGHT))
                    start = None
        grounds.pop(BACKGROUND, None)
        return "".join('<path class="%s" d="%s"/>' % (self.style("fill:" + shade(color)), path(parts))
                       for layer in (grounds, shapes) for color, parts in layer.items()) + "".join(texts)

    def text(self, cells):
        """Text without wide gaps: one element for each style. Its length is given, so that every font keeps
        to the cells."""
        result, x = "", 0
        while x < len(cells):
            end = x + 1
            while end < len(cells) and (cells[end].style == cells[x].style or cells[end].glyph in " "):
                end += 1
            text = "".join(cell.glyph for cell in cells[x:end]).rstrip()
            if text:
                style = cells[x].style
                rules = "fill:" + shade(inks(style)[0]) + (";font-weight:bold" if style.bold else "") + (
                    ";font-style:italic" if style.italic else "") + (
                    ";text-decoration:underline" if style.underline else "")
                length = ' textLength="%d"' % (WIDTH * len(text)) if len(text) > 1 else ""
                place = ' x="%d"' % (x * WIDTH) if x else ""
                result += '<text class="%s"%s y="%d"%s>%s</text>' % (
                    self.style(rules), place, BASELINE, length, escaped(text))
            x = end
        return result

    def document(self, title):
        total = sum(seconds for _, seconds in self.frames)
        keys, strip, passed = "", "", 0.0
        for index, (body, seconds) in enumerate(self.frames):
            keys += "%.3f%%{transform:translateX(%dpx)}" % (100 * passed / total, -index * self.width)
            strip += '<g transform="translate(%d)">%s</g>' % (index * self.width + MARGIN, body)
            passed += seconds
        styles = "".join(".%s{%s}" % (name, rules) for rules, name in self.classes.items())
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"><title>%s</title>'
            '<style>@keyframes f{%s}#f{animation:f %.2fs step-end infinite}'
            "text{font:13px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}"
            'path{shape-rendering:crispEdges}%s</style><rect width="100%%" height="100%%" rx="6" fill="%s"/>'
            '<defs>%s</defs><g transform="translate(0 %d)"><g id="f">%s</g></g></svg>\n' % (
                self.width, self.height, self.width, self.height, escaped(title), keys, total, styles,
                shade(BACKGROUND), "".join(self.definitions), MARGIN, strip))
