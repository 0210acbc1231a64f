"""Capital letters, numbers and short words, set in the fonts that matplotlib brings along."""

import functools
import os
import string

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FOLDER = os.path.join(os.path.dirname(matplotlib.__file__), "mpl-data", "fonts", "ttf")
FONTS = ["DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSansMono-Bold", "STIXGeneralBol", "DejaVuSans-Oblique"]
CHARACTERS = string.ascii_uppercase + string.digits
# I and O look like 1 and 0 in some of the fonts: a letter or number that stands alone avoids them.
LETTERS = [c for c in string.ascii_uppercase if c not in "IO"]
WORDS = """CAT DOG SUN CAR BUS BED BOX CUP HAT MAP PEN RED BIG HOT ICE KEY LEG MAN NET OIL PIG RUN SEA TEA TOY VAN WEB YES ZOO ANT
ARM BAG BEE BOY COW DAY EAR EGG EYE FAN FLY FOX FUN GAS JAM JOB LAW LIP MUD NUT OWL PAN RAT SKY TAX TIE WAR WIN BIRD BOAT BOOK
CAKE CITY COAT DESK DOOR DUCK FARM FIRE FISH FOOD FOOT GAME GOLD HAND HILL HOME IDEA KING LAKE LAMP LEAF LION LOVE MILK MOON
NEWS OPEN PARK PLAY RAIN RING ROAD ROCK ROOM ROSE SALT SAND SHIP SHOE SHOP SNOW SONG STAR STOP SWIM TAXI TENT TIME TOWN TREE
WALL WIND WOLF WOOD WORK YEAR ZERO APPLE BEACH BREAD CHAIR CLOUD DANCE EARTH FRUIT GRASS GREEN HELLO HORSE HOTEL HOUSE JUICE
LEMON LIGHT LUNCH MONEY MOUSE MUSIC NIGHT OCEAN PAPER PIANO PLANT RADIO RIVER ROBOT SALAD SHEEP SMILE STONE SUGAR TABLE TIGER
TRAIN TRUCK WATER WHALE WORLD ZEBRA""".split()
# Words that no picture of the training shows: reading them means reading their letters.
HELD_OUT_WORDS = set(WORDS[4::7])


def invent_text(rng, kind, held_out=False):
    if kind == "letter":
        return LETTERS[int(rng.integers(len(LETTERS)))]
    if kind == "number":
        return str(int(rng.integers(2, 1000 if rng.random() < 0.4 else 100)))
    if held_out:
        return str(rng.choice(sorted(HELD_OUT_WORDS)))
    while True:
        made = str(rng.choice(WORDS)) if rng.random() < 0.5 else "".join(rng.choice(list(string.ascii_uppercase), int(rng.integers(2, 6))))
        if made not in HELD_OUT_WORDS:
            return made


@functools.lru_cache(maxsize=256)
def _font(name, size):
    return ImageFont.truetype(os.path.join(FOLDER, f"{name}.ttf"), size)


def aspect(text):
    """About how wide the text is in units of its height."""
    return 0.85 * len(text) + 0.15


@functools.lru_cache(maxsize=20000)
def _natural_width(text, font):
    """The text's width in units of the font's size."""
    left, _, right, _ = _font(font, 100).getbbox(text)
    return (right - left) / 100


def stencil(text, font, width):
    """`[rows, columns]` uint8 coverage of the text, about `width` pixels wide (single characters: high), and each
    character's left and right edge."""
    widest = _natural_width(text, font) if len(text) > 1 else 0.8
    face = _font(font, max(6, int(width / widest)))
    left, top, right, bottom = face.getbbox(text)
    mask = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(mask).text((1 - left, 1 - top), text, 255, font=face)
    edges = [face.getlength(text[:i]) - left + 1 for i in range(len(text) + 1)]
    return np.asarray(mask), edges
