"""Words and names: what questions and answers about a scene are made of."""

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
PLACE_PHRASES = {
    "top left": "at the top left", "top": "at the top", "top right": "at the top right",
    "left": "on the left", "center": "in the center", "right": "on the right",
    "bottom left": "at the bottom left", "bottom": "at the bottom", "bottom right": "at the bottom right",
}
ALSO_CALLED = {
    "circle": ["disc", "dot"], "square": ["box"], "diamond": ["rhombus"], "cross": ["plus", "plus sign"],
    "ring": ["donut"], "crescent": ["moon"], "house": ["building"], "boat": ["ship", "sailboat"], "cup": ["mug"],
    "purple": ["violet"], "gray": ["grey"], "cyan": ["turquoise"],
}
NO_DRAWING = "This does not look like a simple drawing, so I cannot say what it shows."
UNKNOWN = "I can only talk about simple drawings."
# Requests for a description.
SHORT = ["What do you see?", "Describe the picture.", "What is in the image?", "Describe this image briefly.",
         "What does the picture show?", "What is this?", "Give a short description.", "What's in the picture?",
         "Tell me what you see.", "Summarize the image in one sentence.", "Which shapes are in the picture?"]
DETAILED = ["Describe the picture in detail.", "Write a detailed description of the given image.",
            "Give a detailed description of the image.", "Describe everything you see.", "Describe every shape in the image.",
            "Please describe this picture in full detail.", "What can you see in this picture? Be thorough.",
            "List all shapes with their size, color and place.", "Describe this image in detail."]


def article(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def plural(noun):
    if noun.endswith("fish"):
        return noun
    return noun + ("es" if noun.endswith(("s", "x")) else "s")


def joined(items):
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def named(thing):
    return f"{thing.colour} {thing.shape}"


def told(thing):
    """Its name with the text that it says."""
    return f"{named(thing)} {thing.text}" if thing.text else named(thing)


def distinct(items):
    return list(dict.fromkeys(items))


def there_are(count, noun):
    if count == 1:
        return f"There is one {noun}."
    return f"There are {NUMBERS[count]} {plural(noun)}."


def colloquial(rng, word):
    """Now and then another word for the same thing, in questions only."""
    others = ALSO_CALLED.get(word)
    return str(rng.choice(others)) if others and rng.random() < 0.12 else word


def pick(rng, items):
    return items[int(rng.integers(len(items)))]


def ask(rng, templates, **words):
    return pick(rng, templates).format(**words)


def reference(rng, scene, thing):
    """The shortest unique name of a thing (sometimes a longer one), or None when only its place tells it apart."""
    same_shape = [t for t in scene.things if t.shape == thing.shape]
    same_colour = [t for t in same_shape if t.colour == thing.colour]
    if len(same_shape) == 1:
        return thing.shape if rng.random() < 0.7 else named(thing)
    if len(same_colour) == 1:
        return named(thing)
    if [t.size for t in same_colour].count(thing.size) == 1:
        return f"{thing.size} {named(thing)}"
    return None


def asked_as(rng, name):
    return " ".join(colloquial(rng, word) for word in name.split())


def unique_things(rng, scene):
    pairs = [(t, reference(rng, scene, t)) for t in scene.things]
    return [(t, r) for t, r in pairs if r]


def on_background(scene):
    tone = "dark" if scene.dark else "light"
    return f"on a {tone} {scene.background} background" if scene.background != "plain" else f"on a plain {tone} background"
