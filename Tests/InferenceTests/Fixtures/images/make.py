"""How these files were made (Pillow 10.4): WebP pictures, and each picture's pixels as Pillow decodes
them (`NAME.png`). The JPEG files were written with libjpeg, one per colour space and coding."""
import hashlib, json, struct, sys, zlib
from PIL import Image, ImageDraw

picture = Image.new("RGBA", (41, 27))
picture.putdata([(x * 6, y * 9, (x * y) % 256, (x * 40) % 256) for y in range(27) for x in range(41)])
rgb = picture.convert("RGB")
rgb.save("lossy.webp", quality=80)
rgb.save("lossless.webp", lossless=True)
picture.save("alpha.webp", lossless=True, exact=True)
turned = Image.Exif(); turned[0x0112] = 6
rgb.save("exif6.webp", lossless=True, exif=turned.tobytes())
rgb.save("exif8.png", exif=turned.tobytes().replace(b"\x06\0\0\0", b"\x08\0\0\0"))
picture.save("animated.webp", save_all=True, append_images=[rgb.convert("RGBA").rotate(90)])

for name in ["cmyk.jpg", "ycck.jpg", "rgb.jpg", "arithmetic.jpg", "progressive-arithmetic.jpg", "progressive-gray.jpg",
             "lossy.webp", "lossless.webp", "alpha.webp"]:
    try: Image.open(name).convert("RGB").save(name + ".png", optimize=True)
    except OSError as error: print(name, error)

# A comment that unpacks to 32 MiB, in a 1 x 1 picture.
def chunk(kind, body): return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
open("comment-bomb.png", "wb").write(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"zTXt", b"c\0\0" + zlib.compress(bytes(32 << 20), 9)) + chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(32 << 20), 9))
    + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b""))

# Sizes [from, to] and the SHA-256 of Image.resize(to, BICUBIC) of the picture x, y -> f(x, y).
def formula(width, height):
    image = Image.new("RGB", (width, height))
    image.putdata([((x * 37 + y * 11) % 256, (x * x + y * 5) % 256, 255 * ((x // 3 + y // 2) % 2)) for y in range(height) for x in range(width)])
    return image
sizes = [((1, 1), (5, 7)), ((5, 3), (1, 1)), ((2, 2), (33, 17)), ((50, 40), (50, 13)), ((50, 40), (21, 40)), ((640, 480), (336, 336)),
         ((1000, 7), (3, 90)), ((7, 1000), (90, 3)), ((97, 61), (112, 112)), ((100, 100), (100, 100)), ((331, 17), (32, 32))]
json.dump([{"from": a, "to": b, "sha256": hashlib.sha256(formula(*a).resize(b, Image.BICUBIC).tobytes()).hexdigest()} for a, b in sizes],
          open("bicubic.json", "w"), indent=0)

# Both routes on extreme shapes, side 32: LLaVA's expand2square and the processor's resize and centre crop.
routes = []
for width, height in [(1, 600), (600, 1), (3, 200), (333, 100), (100, 333), (31, 32), (33, 32)]:
    image = formula(width, height); side = max(width, height)
    square = Image.new("RGB", (side, side), (122, 116, 104)); square.paste(image, ((side - width) // 2, (side - height) // 2))
    short, long = min(width, height), int(32 * side / min(width, height))
    big = image.resize((32, long) if width <= height else (long, 32), Image.BICUBIC)
    left, top = (big.width - 32) // 2, (big.height - 32) // 2
    routes.append({"from": [width, height], "pad": hashlib.sha256(square.resize((32, 32), Image.BICUBIC).tobytes()).hexdigest(),
                   "crop": hashlib.sha256(big.crop((left, top, left + 32, top + 32)).tobytes()).hexdigest()})
json.dump(routes, open("routes.json", "w"), indent=0)
