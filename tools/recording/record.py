#!/usr/bin/env python3
"""Records a program in a terminal of its own, and draws a recording as an animated SVG. Needs Python alone.

    tools/recording/record.py record FILE.cast PROGRAM [ARGUMENT]...
    tools/recording/record.py draw FILE.cast FILE.svg
    tools/recording/record.py still FILE.cast SECONDS FILE.svg

`record` writes an asciicast (version 2, https://docs.asciinema.org/manual/asciicast/v2/) and ends the program
when it has written nothing for eight seconds. `still` draws one moment, to look at.
"""
import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

from drawing import Film
from screen import Screen

COLUMNS, ROWS = 120, 35
# A program that has written nothing for so long has nothing more to show.
QUIET_SECONDS = 8.0
# The shortest time between two frames of the film, and how long its last one stays.
FRAME_SECONDS, LAST_SECONDS = 0.1, 4.0


def record(path, command):
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LC_ALL="C.UTF-8", COLORFGBG="15;0")
        # The settings, the history and the terminal of whoever records are not in the recording.
        os.environ.update(XDG_CONFIG_HOME="/nonexistent", XDG_STATE_HOME="/nonexistent")
        for name in ("TMUX", "NO_COLOR", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL"):
            os.environ.pop(name, None)
        os.execvp(command[0], command)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    start = time.monotonic()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    events = []
    while select.select([descriptor], [], [], QUIET_SECONDS)[0]:
        try:
            text = decoder.decode(os.read(descriptor, 1 << 16))
        except OSError:
            break
        events.append([round(time.monotonic() - start, 3), "o", text])
    os.kill(child, signal.SIGTERM)
    os.close(descriptor)
    os.waitpid(child, 0)
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": os.path.basename(" ".join(command)),
              "env": {"TERM": "xterm-direct"}}
    with open(path, "w", encoding="utf-8") as file:
        for line in [header] + events:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return lines[0], [(at, text) for at, kind, text in lines[1:] if kind == "o"]


def screens(header, events):
    """The screen at each moment when it changed, at most one in `FRAME_SECONDS`."""
    screen = Screen(header["width"], header["height"])
    shown = screen.snapshot()
    for index, (at, text) in enumerate(events):
        screen.feed(text)
        following = events[index + 1][0] if index + 1 < len(events) else float("inf")
        if int(at / FRAME_SECONDS) == int(min(following, 1e9) / FRAME_SECONDS):
            continue
        now = screen.snapshot()
        if now != shown:
            yield at, now
            shown = now


def draw(path, output):
    header, events = read(path)
    moments = list(screens(header, events))
    film = Film(header["width"], header["height"])
    for index, (at, cells) in enumerate(moments):
        last = index + 1 == len(moments)
        film.add(cells, LAST_SECONDS if last else moments[index + 1][0] - at)
    write(output, film.document(header["title"]))
    print("%s: %d frames, %.1f s, %d bytes" % (
        output, len(moments), moments[-1][0] - moments[0][0] + LAST_SECONDS, os.path.getsize(output)))


def still(path, seconds, output):
    header, events = read(path)
    cells = [cells for at, cells in screens(header, events) if at <= seconds][-1]
    film = Film(header["width"], header["height"])
    film.add(cells, 1)
    write(output, film.document(header["title"]))


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments):
    if len(arguments) >= 3 and arguments[0] == "record":
        record(arguments[1], arguments[2:])
    elif len(arguments) == 3 and arguments[0] == "draw":
        draw(arguments[1], arguments[2])
    elif len(arguments) == 4 and arguments[0] == "still":
        still(arguments[1], float(arguments[2]), arguments[3])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
