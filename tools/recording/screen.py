"""A terminal's screen as a grid of cells: as much of xterm as curses writes with the entry xterm-direct."""
import re
import unicodedata
from collections import namedtuple

# `foreground`, `background`: (red, green, blue) or None for the terminal's own.
Style = namedtuple("Style", "foreground background bold dim italic underline reverse")
# `glyph` is empty in the second cell of a wide glyph.
Cell = namedtuple("Cell", "glyph style")

PLAIN = Style(None, None, False, False, False, False, False)
BLANK = Cell(" ", PLAIN)
ANSI = [(0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16), (36, 114, 200), (188, 63, 188),
        (17, 168, 205), (204, 204, 204), (102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67),
        (59, 142, 234), (214, 112, 214), (41, 184, 219), (255, 255, 255)]
# Control sequences, strings (OSC, DCS, APC), choices of a character set, and everything else of two bytes.
SEQUENCE = re.compile(
    r"\x1b(?:\[([<-?]?)([0-9;:]*)[ -/]*([@-~])|[\]P_^][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/][0-~]|[0-OQ-WYZ`-~=>])")

# What changes no cell: strings, character sets and keypads; modes and reports.
UNSEEN_STARTS, UNSEEN_FINALS = "]P_^(=>", "hlt"


def indexed(index):
    """A colour of xterm's palette of 256."""
    if index < 16:
        return ANSI[index]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    levels = (0, 95, 135, 175, 215, 255)
    index -= 16
    return levels[index // 36], levels[index // 6 % 6], levels[index % 6]


class Screen:
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[BLANK] * columns for _ in range(rows)]
        self.x = self.y = 0
        # The rows that scroll.
        self.top, self.bottom = 0, rows - 1
        self.style = PLAIN
        self.last = " "
        self.pending = ""

    def snapshot(self):
        return tuple(tuple(row) for row in self.cells)

    def feed(self, text):
        """Takes output in; a sequence that is cut off waits for the rest."""
        text, self.pending = self.pending + text, ""
        place = 0
        while place < len(text):
            character = text[place]
            if character == "\x1b":
                found = SEQUENCE.match(text, place)
                if not found:
                    self.pending = text[place:]
                    return
                if found[3] and not found[1]:
                    self.control(found[3], found[2])
                elif found[0] == "\x1bM":
                    self.reverse_feed()
                elif not found[3] and found[0][1] not in UNSEEN_STARTS:
                    raise ValueError(f"unknown sequence {found[0]!r}")
                place = found.end()
                continue
            place += 1
            if character == "\r":
                self.x = 0
            elif character == "\n":
                self.feed_line()
            elif character == "\b":
                self.x = max(0, self.x - 1)
            elif character >= " ":
                self.put(character)

    def put(self, character):
        if unicodedata.combining(character):
            before = self.cells[self.y][max(0, self.x - 1)]
            self.cells[self.y][max(0, self.x - 1)] = before._replace(glyph=before.glyph + character)
            return
        width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if self.x + width > self.columns:
            self.x = 0
            self.feed_line()
        self.cells[self.y][self.x] = Cell(character, self.style)
        if width == 2:
            self.cells[self.y][self.x + 1] = Cell("", self.style)
        self.x += width
        self.last = character

    def feed_line(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.rows - 1, self.y + 1)

    def reverse_feed(self):
        if self.y == self.top:
            self.scroll(self.top, -1)
        else:
            self.y = max(0, self.y - 1)

    def scroll(self, top, count):
        """Moves the rows from `top` to the bottom of those that scroll up by `count`, or down."""
        for _ in range(min(abs(count), self.rows)):
            gone, new = (top, self.bottom) if count > 0 else (self.bottom, top)
            self.cells.pop(gone)
            self.cells.insert(new, [BLANK] * self.columns)

    def erase(self, row, first, end):
        blank = Cell(" ", PLAIN._replace(background=self.style.background))
        for column in range(max(0, first), min(end, self.columns)):
            self.cells[row][column] = blank

    def control(self, final, parameters):
        if final == "m":
            return self.select(parameters)
        numbers = [int(part) if part.isdigit() else 0 for part in parameters.split(";")]
        first = numbers[0]
        count = max(1, first)
        x = min(self.x, self.columns - 1)
        row = self.cells[self.y]
        if final in "Hf":
            self.y = min(self.rows, count) - 1
            self.x = min(self.columns, max(1, numbers[1] if len(numbers) > 1 else 1)) - 1
        elif final == "A":
            self.y = max(0, self.y - count)
        elif final == "B":
            self.y = min(self.rows - 1, self.y + count)
        elif final == "C":
            self.x = min(self.columns - 1, x + count)
        elif final == "D":
            self.x = max(0, x - count)
        elif final in "G`":
            self.x = min(self.columns, count) - 1
        elif final == "d":
            self.y = min(self.rows, count) - 1
        elif final == "K":
            self.erase(self.y, x if first == 0 else 0, x + 1 if first == 1 else self.columns)
        elif final == "J":
            self.erase(self.y, x if first == 0 else 0, x + 1 if first == 1 else self.columns)
            others = {0: range(self.y + 1, self.rows), 1: range(self.y)}.get(first, range(self.rows))
            for other in others:
                self.erase(other, 0, self.columns)
        elif final == "X":
            self.erase(self.y, x, x + count)
        elif final == "P":
            row[x:] = row[x + count:] + [BLANK] * min(count, self.columns - x)
        elif final == "@":
            row[x:] = ([BLANK] * count + row[x:])[:self.columns - x]
        elif final in "LMST":
            self.scroll(self.y if final in "LM" else self.top, -count if final in "LT" else count)
        elif final == "r":
            last = numbers[1] if len(numbers) > 1 and numbers[1] else self.rows
            self.x, self.y, self.top, self.bottom = 0, 0, count - 1, min(last, self.rows) - 1
        elif final == "b":
            for _ in range(count):
                self.put(self.last)
        elif final not in UNSEEN_FINALS:
            raise ValueError(f"unknown control sequence {parameters!r} {final!r}")

    def select(self, parameters):
        """Select graphic rendition; colours come as 38:2::R:G:B, 38;2;R;G;B or 38;5;N."""
        numbers = [int(part) if part.isdigit() else 0
                   for part in re.sub(r"([34]8):2:[0-9]*:", r"\1;2;", parameters).replace(":", ";").split(";")]
        style = self.style
        place = 0
        switches = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
        while place < len(numbers):
            number = numbers[place]
            place += 1
            if number == 0:
                style = PLAIN
            elif number in switches:
                style = style._replace(**{switches[number]: True})
            elif number == 22:
                style = style._replace(bold=False, dim=False)
            elif number in (23, 24, 27):
                style = style._replace(**{switches[number - 20]: False})
            elif number in (38, 48):
                field = "foreground" if number == 38 else "background"
                if numbers[place] == 2:
                    style = style._replace(**{field: tuple(numbers[place + 1:place + 4])})
                    place += 4
                else:
                    style = style._replace(**{field: indexed(numbers[place + 1])})
                    place += 2
            elif 30 <= number <= 37 or 90 <= number <= 97:
                style = style._replace(foreground=ANSI[number % 10 + (8 if number >= 90 else 0)])
            elif 40 <= number <= 47 or 100 <= number <= 107:
                style = style._replace(background=ANSI[number % 10 + (8 if number >= 100 else 0)])
            elif number == 39:
                style = style._replace(foreground=None)
            elif number == 49:
                style = style._replace(background=None)
        self.style = style
