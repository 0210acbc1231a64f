"""Makes the pictures of Tests/InferenceTests/Fixtures/images, and what Pillow reads in them:

  NAME.png        the pixels of Image.open(NAME).convert("RGB"): what `trace` and `eval` must read
  NAME.seen.png   the same picture upright and on white, where that differs: what `ask` and `chat` must read

The JPEG files of unusual coding (cmyk, ycck, rgb, arithmetic, progressive-*) were written with libjpeg's cjpeg and
are kept; only their expected pixels are made anew.

    python3 -m venv v && v/bin/pip install pillow==10.4.0   # the version that the oracle was made with
    v/bin/python tools/make_picture_fixtures.py          # from the project's root
"""
import hashlib, io, json, os, struct, zlib
from PIL import Image, ImageOps

FOLDER = "Tests/InferenceTests/Fixtures/images/"
ORACLE = os.path.abspath("Tests/Fixtures/oracle/images/") + "/"
WIDTH, HEIGHT = 13, 7
CHECKED = []


def write(name, data):
    open(name, "wb").write(data)
    CHECKED.append(name)


def sample(x, y, c, top=255):
    return (x * (37, 91, 19, 60)[c] + y * (11, 50, 30, 17)[c]) * (257 if top > 255 else 1) % (top + 1)


def pixels(width=WIDTH, height=HEIGHT, channels=3):
    return bytes(sample(x, y, c) for y in range(height) for x in range(width) for c in range(channels))


# ---------------------------------------------------------------- PNG

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(depth, colour, extra=b"", is_interlaced=False, value=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    top = (1 << depth) - 1
    value = value or (lambda x, y, c: sample(x, y, 3 if c == channels - 1 and colour & 4 else c, top))
    rows = b""
    for x0, y0, dx, dy in ADAM7 if is_interlaced else [(0, 0, 1, 1)]:
        for y in range(y0, HEIGHT, dy):
            bits = "".join(format(value(x, y, c), f"0{depth}b") for x in range(x0, WIDTH, dx) for c in range(channels))
            rows += b"\0" + bytes(int(bits[i:i + 8].ljust(8, "0"), 2) for i in range(0, len(bits), 8))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, is_interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def make_png():
    palette = chunk(b"PLTE", bytes(sample(i, 0, c) for i in range(16) for c in range(3)))
    clear = chunk(b"tRNS", bytes(range(0, 256, 25)))
    write("rgb16.png", png(16, 2))
    write("rgba8.png", png(8, 6))
    write("rgba16.png", png(16, 6))
    write("grey-alpha8.png", png(8, 4))
    write("grey-alpha16.png", png(16, 4))
    write("palette-alpha.png", png(4, 3, palette + clear, value=lambda x, y, c: (x + y) % 16))
    write("interlaced-alpha.png", png(8, 6, is_interlaced=True))
    write("interlaced-palette.png", png(4, 3, palette + clear, True, value=lambda x, y, c: (x + y) % 16))
    write("grey-key.png", png(8, 0, chunk(b"tRNS", struct.pack(">H", sample(3, 2, 0)))))
    write("rgb-key.png", png(8, 2, chunk(b"tRNS", struct.pack(">HHH", *(sample(3, 2, c) for c in range(3))))))
    write("animated.png", png(8, 6, chunk(b"acTL", struct.pack(">II", 2, 0))))

    # A comment that unpacks to 32 MiB, in a 1 x 1 picture.
    bomb = zlib.compress(bytes(32 << 20), 9)
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    open("comment-bomb.png", "wb").write(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"zTXt", b"c\0\0" + bomb) + chunk(b"iCCP", b"p\0\0" + bomb)
        + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b""))


# ---------------------------------------------------------------- WebP

def riff(kind, body):
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def number24(value):
    return struct.pack("<I", value)[:3]


def make_webp():
    picture = Image.new("RGBA", (41, 27))
    picture.putdata([(x * 6, y * 9, (x * y) % 256, (x * 40) % 256) for y in range(27) for x in range(41)])
    rgb = picture.convert("RGB")
    turned = Image.Exif()
    turned[0x0112] = 6
    rgb.save("lossy.webp", quality=80)
    rgb.save("lossless.webp", lossless=True)
    picture.save("alpha.webp", lossless=True, exact=True)
    rgb.save("exif6.webp", lossless=True, exif=turned.tobytes())
    rgb.save("exif8.png", exif=turned.tobytes().replace(b"\x06\0\0\0", b"\x08\0\0\0"))
    picture.save("animated.webp", save_all=True, append_images=[rgb.convert("RGBA").rotate(90)])
    CHECKED.extend(["lossy.webp", "lossless.webp", "alpha.webp", "exif6.webp", "exif8.png", "animated.webp"])

    # An animation whose first frame covers a part of its canvas.
    still = io.BytesIO()
    picture.crop((0, 0, 12, 8)).save(still, "WEBP", lossless=True, exact=True)
    frame = number24(2) + number24(3) + number24(11) + number24(7) + number24(100) + b"\0" + still.getvalue()[12:]
    body = (riff(b"VP8X", bytes([0x12, 0, 0, 0]) + number24(19) + number24(15)) + riff(b"ANIM", bytes(6))
            + riff(b"ANMF", frame))
    write("animated-part.webp", riff(b"RIFF", b"WEBP" + body))


# ---------------------------------------------------------------- GIF

def lzw(values):
    """Codes of 9 bits, with a clear code before any grows longer."""
    codes = [256]
    for index, value in enumerate(values):
        if index % 200 == 199:
            codes.append(256)
        codes.append(value)
    codes.append(257)
    bits = sum(code << 9 * i for i, code in enumerate(codes))
    data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return b"\x08" + blocks + b"\0"


def gif(screen=(WIDTH, HEIGHT), frame=(0, 0, WIDTH, HEIGHT), colours=256, transparent=None, is_interlaced=False,
        is_local=False, frames=1):
    left, top, width, height = frame
    table = bytes(sample(i, 1, c) for i in range(colours) for c in range(3))
    size = 0x80 | (colours.bit_length() - 2) if colours else 0
    file = b"GIF89a" + struct.pack("<HHBBB", *screen, 0 if is_local else size, 5, 0) + (b"" if is_local else table)
    order = [y for y0, dy in [(0, 8), (4, 8), (2, 4), (1, 2)] for y in range(y0, height, dy)] if is_interlaced else range(height)
    for number in range(frames):
        if transparent is not None or frames > 1:
            file += b"\x21\xf9\x04" + struct.pack("<BHB", transparent is not None, 10, transparent or 0) + b"\0"
        file += b"\x21\xfe\x03abc\0"
        file += b"," + struct.pack("<HHHHB", left, top, width, height, (0x40 if is_interlaced else 0) | (size if is_local else 0))
        file += (table if is_local else b"") + lzw([(x * 3 + y * 7 + number) % (colours or 256) for y in order for x in range(width)])
    return file + b";"


def make_gif():
    write("plain.gif", gif())
    write("local.gif", gif(is_local=True))
    write("interlaced.gif", gif(is_interlaced=True))
    write("clear.gif", gif(transparent=7))
    write("part.gif", gif(frame=(3, 2, 6, 4)))
    write("part-clear.gif", gif(frame=(3, 2, 6, 4), transparent=9))
    write("beyond.gif", gif(screen=(8, 8), frame=(4, 5, 9, 6)))
    write("few-colours.gif", gif(colours=16))
    write("without-colours.gif", gif(colours=0))
    write("animated.gif", gif(transparent=11, frames=3))


# ---------------------------------------------------------------- BMP

def bmp(bits, rows, palette=b"", compression=0, masks=b"", header=40, height=HEIGHT, colours=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, WIDTH, height, 1, bits, compression, len(rows), 2835, 2835, colours, 0)
    info = info + masks if header <= 40 else (info + masks).ljust(header, b"\0")
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + palette + rows


def bmp_rows(row, order=range(HEIGHT - 1, -1, -1)):
    return b"".join(row(y) + bytes(-len(row(y)) % 4) for y in order)


def indices(bits, count):
    def row(y):
        text = "".join(format((x * 3 + y) % count, f"0{bits}b") for x in range(WIDTH))
        return bytes(int(text[i:i + 8].ljust(8, "0"), 2) for i in range(0, len(text), 8))
    return bmp_rows(row)


def make_bmp():
    def colours(count, end):
        return b"".join(bytes([i * 7 % 256, (255 - i) % 256, i * i % 256]) + end for i in range(count))

    def bgr(y, end=lambda x, y: b""):
        return b"".join(bytes(sample(x, y, c) for c in (2, 1, 0)) + end(x, y) for x in range(WIDTH))

    def bgra(y):
        return bgr(y, lambda x, y: bytes([sample(x, y, 3)]))

    def words(top):
        return bmp_rows(lambda y: b"".join(struct.pack("<H", (x * 5531 + y * 977) % (top + 1)) for x in range(WIDTH)))

    for bits in (1, 4, 8):
        write(f"palette{bits}.bmp", bmp(bits, indices(bits, 1 << bits), colours(1 << bits, b"\0")))
    write("os2-palette4.bmp", bmp(4, indices(4, 16), colours(16, b""), header=12))
    write("os2-rgb24.bmp", bmp(24, bmp_rows(bgr), header=12))
    write("ten-colours.bmp", bmp(8, indices(8, 10), colours(10, b"\0"), colours=10))
    write("rgb24.bmp", bmp(24, bmp_rows(bgr)))
    write("top-down.bmp", bmp(24, bmp_rows(bgr, range(HEIGHT)), height=-HEIGHT))
    write("rgb32.bmp", bmp(32, bmp_rows(bgra)))
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    write("rgba32.bmp", bmp(32, bmp_rows(bgra), compression=3, masks=masks, header=108))
    write("masked32.bmp", bmp(32, bmp_rows(bgra), compression=3, masks=masks[:12]))
    write("rgb555.bmp", bmp(16, words(0x7FFF)))
    write("rgb565.bmp", bmp(16, words(0xFFFF), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)))
    runs = b"".join(bytes([5, y * 3 + 1, 0, 5, 9, 8, 7, 6, 5, 0, 3, 77, 0, 0]) for y in range(HEIGHT))[:-2] + b"\0\1"
    write("runs8.bmp", bmp(8, runs, colours(256, b"\0"), compression=1))
    runs = b"".join(bytes([6, 0x12, 0, 4, 0x98, 0x76, 3, 0x7A, 0, 0]) for _ in range(HEIGHT))[:-2] + b"\0\1"
    write("runs4.bmp", bmp(4, runs, colours(16, b"\0"), compression=2))


# ---------------------------------------------------------------- JPEG

def make_jpeg():
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.frombytes("RGB", (WIDTH, HEIGHT), pixels()).save(f"exif{orientation}.jpg", quality=90, exif=exif)
        CHECKED.append(f"exif{orientation}.jpg")
    CHECKED.extend(name + ".jpg" for name in ["cmyk", "ycck", "rgb", "arithmetic", "progressive-arithmetic", "progressive-gray"])

    # SHA-256 of the pixels that libjpeg gives at a fraction of the sides, by the divisor.
    shrunk = {}
    for name in ["landscape.jpg", "progressive.jpg", "gray.jpg", "tiny.jpg"]:
        shrunk[name] = {}
        for divisor in (2, 4, 8):
            image = Image.open(ORACLE + name)
            size = image.width // divisor, image.height // divisor
            image.draft("RGB", size)
            expected = -(-Image.open(ORACLE + name).width // divisor)
            assert image.width == expected, (name, divisor, image.size)
            shrunk[name][str(divisor)] = hashlib.sha256(image.convert("RGB").tobytes()).hexdigest()
    json.dump(shrunk, open("shrunk.json", "w"), indent=0)


# ---------------------------------------------------------------- resizing

def formula(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata([((x * 37 + y * 11) % 256, (x * x + y * 5) % 256, 255 * ((x // 3 + y // 2) % 2))
                   for y in range(height) for x in range(width)])
    return image


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def make_resizing():
    """Sizes [from, to] and the SHA-256 of Image.resize(to, BICUBIC) of the picture x, y -> f(x, y)."""
    sizes = [((1, 1), (5, 7)), ((5, 3), (1, 1)), ((2, 2), (33, 17)), ((50, 40), (50, 13)), ((50, 40), (21, 40)),
             ((640, 480), (336, 336)), ((1000, 7), (3, 90)), ((7, 1000), (90, 3)), ((97, 61), (112, 112)),
             ((100, 100), (100, 100)), ((331, 17), (32, 32))]
    json.dump([{"from": a, "to": b, "sha256": digest(formula(*a).resize(b, Image.BICUBIC))} for a, b in sizes],
              open("bicubic.json", "w"), indent=0)

    # Both routes on extreme shapes, side 32: LLaVA's expand2square and the processor's resize and centre crop.
    routes = []
    for width, height in [(1, 600), (600, 1), (3, 200), (333, 100), (100, 333), (31, 32), (33, 32)]:
        image, side = formula(width, height), max(width, height)
        square = Image.new("RGB", (side, side), (122, 116, 104))
        square.paste(image, ((side - width) // 2, (side - height) // 2))
        long = int(32 * side / min(width, height))
        big = image.resize((32, long) if width <= height else (long, 32), Image.BICUBIC)
        left, top = (big.width - 32) // 2, (big.height - 32) // 2
        routes.append({"from": [width, height], "pad": digest(square.resize((32, 32), Image.BICUBIC)),
                       "crop": digest(big.crop((left, top, left + 32, top + 32)))})
    json.dump(routes, open("routes.json", "w"), indent=0)


def expect(name):
    """Writes what Pillow reads in a picture, as the reference does and as a viewer shows it."""
    reference = Image.open(name).convert("RGB")
    reference.save(name + ".png", optimize=True)
    image = Image.open(name)
    is_clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
    if is_clear:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    seen = ImageOps.exif_transpose(image).convert("RGB")
    if is_clear or seen.size != reference.size or seen.tobytes() != reference.tobytes():
        seen.save(name + ".seen.png", optimize=True, exif=b"")


if __name__ == "__main__":
    os.chdir(FOLDER)
    make_png()
    make_webp()
    make_gif()
    make_bmp()
    make_jpeg()
    make_resizing()
    for name in CHECKED:
        try:
            expect(name)
        except OSError as error:
            print(f"{name}: {error}")
