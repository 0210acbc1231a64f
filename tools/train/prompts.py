"""From turns to token ids: the vicuna_v1 template around pictures and questions."""

import numpy as np

import tokenizer
from scenes import GRID

IGNORED = -100


class Prompter:
    def __init__(self, folder):
        self.pieces = tokenizer.load(folder)

    def encode(self, text):
        return self.pieces.encode(text)

    def opening(self, question, system=tokenizer.SYSTEM, image_first=True):
        """Ids up to the place of the first answer. Every text between special tokens is tokenized on its own."""
        head = [tokenizer.BOS] + self.encode((system + " " if system else "") + "USER: " + ("" if image_first else question + "\n"))
        tail = self.encode(f"\n{question} ASSISTANT:" if image_first else " ASSISTANT:")
        return head + [tokenizer.IMAGE] * GRID * GRID + tail

    def next_turn(self, question):
        return self.encode(f"USER: {question} ASSISTANT:")

    def answer(self, text):
        return self.encode(text) + [tokenizer.EOS]

    def conversation(self, turns, system=tokenizer.SYSTEM, image_first=True, limit=None):
        """Ids and labels; only answers have labels. Turns that do not fit into `limit` are left out."""
        ids, labels = [], []
        for index, (_, question, answer) in enumerate(turns):
            asked = self.opening(question, system, image_first) if index == 0 else self.next_turn(question)
            said = self.answer(answer)
            if limit and index > 0 and len(ids) + len(asked) + len(said) > limit:
                continue
            ids += asked + said
            labels += [IGNORED] * len(asked) + said
        return ids, labels


def padded(conversations, length):
    """Right-padded `[batch, length]` arrays; labels already shifted by one, so that row i predicts what follows it."""
    ids = np.full((len(conversations), length), tokenizer.PAD, np.int64)
    labels = np.full((len(conversations), length), IGNORED, np.int64)
    for row, (tokens, wanted) in enumerate(conversations):
        count = min(len(tokens), length)
        ids[row, :count] = tokens[:count]
        labels[row, :count - 1] = wanted[1:count]
    return ids, labels
