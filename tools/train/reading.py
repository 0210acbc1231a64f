"""Questions that are read off the picture: texts and bar charts."""

from wording import DETAILED, NUMBERS, PLACE_PHRASES, SHORT, ask, joined, on_background, pick

# MARK: Texts

READ = ["What does the text say?", "Read the text.", "What is written in the picture?", "What does it say?", "Can you read the text?",
        "Which text do you see?", "Read what is written.", "What is written here?", "Please read the text.", "What text is in the image?"]
NO_TEXT = "There is no text in the picture."


def says(thing):
    return "is" if thing.shape == "letter" or thing.shape == "number" else "says"


def text(rng, scene):
    texts = scene.texts()
    if not texts:
        question = ask(rng, READ + ["What does the {k} say?", "Which {k} is it?"], k=pick(rng, ["word", "letter", "number"]))
        return "text", question, NO_TEXT
    style = rng.random()
    thing = pick(rng, texts)
    alike = [t for t in texts if t.shape == thing.shape]
    if style < 0.4:
        said = joined([t.text for t in texts])
        return "text", ask(rng, READ), f"The text says {said}." if len(texts) == 1 else f"The texts say {said}."
    if style < 0.65 and len(alike) == 1:
        question = ask(rng, ["What does the {k} say?", "What is the {k}?", "Which {k} is in the picture?", "What {k} do you see?", "Which {k} is it?",
                             "Read the {k}.", "Tell me the {k}."], k=thing.shape)
        return "text", question, f"The {thing.shape} {says(thing)} {thing.text}."
    if style < 0.85 and sum(t.place == thing.place for t in texts) == 1:
        at = PLACE_PHRASES[thing.place]
        question = ask(rng, ["What is written {at}?", "Read the text {at}.", "What does the text {at} say?", "Which text is {at}?"], at=at)
        return "text", question, f"The text {at} says {thing.text}."
    if style < 0.95 and sum(t.colour == thing.colour for t in texts) == 1:
        question = ask(rng, ["What does the {c} text say?", "Read the {c} text.", "What is written in {c}?"], c=thing.colour)
        return "text", question, f"The {thing.colour} text says {thing.text}."
    if thing.shape == "word" and len(alike) == 1:
        question = ask(rng, ["How many letters does the word have?", "How many letters are in the word?", "How long is the word?"])
        return "text", question, f"The word has {NUMBERS[len(thing.text)]} letters."
    return None


# MARK: Charts

NO_CHART = "There is no chart in the picture."
HOW_HIGH = ["What is the value of {x}?", "How high is {x}?", "What value does {x} have?", "Which value does {x} show?", "Read the value of {x}.",
            "What's the value of {x}?", "How tall is {x}?"]
HIGHEST = ["Which bar is the {w}?", "What is the {w} bar?", "Which is the {w} bar?", "Tell me the {w} bar.", "Name the {w} bar."]
ALL_VALUES = ["What are the values?", "Read the chart.", "List the values.", "What does the chart show?", "What are the values of the bars?",
              "Read all the values.", "Give me all values in the chart."]


def chart(rng, scene):
    if not scene.chart:
        question = ask(rng, HIGHEST + ALL_VALUES + ["How many bars are there?", "How many bars does the chart have?"], w=pick(rng, ["highest", "lowest"]))
        return "chart", question, NO_CHART
    bars, style = scene.chart.bars, rng.random()
    values = [b.value for b in bars]
    coloured = len({b.colour for b in bars}) == len(bars)
    if style < 0.12:
        question = ask(rng, ["How many bars are there?", "How many bars does the chart have?", "Count the bars.", "How many bars do you see?",
                             "What is the number of bars?"])
        return "chart", question, f"The chart has {NUMBERS[len(bars)]} bars."
    if style < 0.34:
        highest = rng.random() < 0.6
        value = max(values) if highest else min(values)
        if values.count(value) > 1:
            return None
        bar, word = bars[values.index(value)], "highest" if highest else "lowest"
        wording = pick(rng, ["highest", "tallest", "largest"] if highest else ["lowest", "shortest", "smallest"])
        if coloured and rng.random() < 0.3:
            question = ask(rng, ["What color is the {w} bar?", "What is the color of the {w} bar?", "Which color does the {w} bar have?"], w=wording)
            return "chart", question, f"The {word} bar is {bar.colour}."
        if rng.random() < 0.25:
            question = ask(rng, ["What is the {w} value?", "What is the value of the {w} bar?", "How high is the {w} bar?"], w=wording)
            return "chart", question, f"The {word} value is {value}."
        return "chart", ask(rng, HIGHEST, w=wording), f"The {word} bar is {bar.label}."
    bar = pick(rng, bars)
    if style < 0.62:
        if coloured and rng.random() < 0.3:
            name = f"the {bar.colour} bar"
            return "chart", ask(rng, HOW_HIGH, x=name), f"The value of {name} is {bar.value}."
        return "chart", ask(rng, HOW_HIGH, x=pick(rng, ["{}", "bar {}"]).format(bar.label)), f"The value of {bar.label} is {bar.value}."
    if style < 0.67:
        question = ask(rng, ["What color is bar {x}?", "What is the color of {x}?", "Which color does bar {x} have?"], x=bar.label)
        return "chart", question, f"Bar {bar.label} is {bar.colour}."
    if style < 0.85:
        return compare_bars(rng, bar, pick(rng, [b for b in bars if b is not bar]))
    if style < 0.92:
        listed = joined([f"{b.label} {b.value}" for b in bars])
        return "chart", ask(rng, ALL_VALUES), f"The values are {listed}."
    limit = int(rng.integers(2, 9))
    number = sum(v > limit for v in values)
    question = ask(rng, ["How many bars are higher than {n}?", "How many values are above {n}?", "How many bars are above {n}?"], n=limit)
    if number == 1:
        return "chart", question, f"One bar is higher than {limit}."
    return "chart", question, f"{NUMBERS[number].capitalize()} bars are higher than {limit}."


def compare_bars(rng, a, b):
    if rng.random() < 0.5:
        question = ask(rng, ["Is {a} higher than {b}?", "Is bar {a} higher than bar {b}?", "Is the value of {a} higher than {b}?"], a=a.label, b=b.label)
        if a.value > b.value:
            return "chart", question, f"Yes, {a.label} is higher than {b.label}."
        return "chart", question, f"No, {a.label} is not higher than {b.label}."
    question = ask(rng, ["Which is higher, {a} or {b}?", "Which bar is higher, {a} or {b}?", "What is higher: {a} or {b}?"], a=a.label, b=b.label)
    if a.value == b.value:
        return "chart", question, "They are equally high."
    return "chart", question, f"{a.label if a.value > b.value else b.label} is higher."


def describe_chart(rng, scene, detailed):
    bars = scene.chart.bars
    opening = f"The picture shows a bar chart with {NUMBERS[len(bars)]} bars"
    if not detailed:
        return "short", pick(rng, SHORT), f"{opening}."
    parts = [f"{opening} {on_background(scene)}."]
    parts += [f"Bar {b.label} is {b.colour} and has the value {b.value}." for b in bars]
    values = [b.value for b in bars]
    for word, value in (("highest", max(values)), ("lowest", min(values))):
        if values.count(value) == 1:
            parts.append(f"The {word} bar is {bars[values.index(value)].label}.")
    return "detailed", pick(rng, DETAILED), " ".join(parts)
