"""Slips that people make when they type on a phone, for training: a noisy copy teaches the model to see past them."""

from __future__ import annotations

import random
import re

SHORT = {
    "you": "u", "are": "r", "your": "ur", "you're": "ur", "and": "n", "with": "w", "without": "w/o", "to": "2",
    "for": "4", "before": "b4", "because": "bc", "please": "pls", "people": "ppl", "about": "abt", "should": "shd",
    "thanks": "thx", "what": "wat", "really": "rly", "weeks": "wks", "week": "wk", "days": "dys", "appointment": "appt",
    "treatment": "tx", "going to": "gonna", "want to": "wanna", "do not": "dont", "i am": "im", "is it": "isit",
}  # fmt: skip
SHORTENED = 0.35
"""Share of the words with a short form that get it."""
SLIPS_PER_LETTERS = 25
"""One slip in about so many letters."""
SHORTEST_SLIP = 4
"""Letters of the shortest word that gets a slip: shorter ones turn into other words."""

_NEIGHBOURS = {
    letter: row[max(0, at - 1) : at] + row[at + 1 : at + 2]
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for at, letter in enumerate(row)
}
_SHORT = re.compile(r"(?<![\w'])(" + "|".join(sorted(map(re.escape, SHORT), key=len, reverse=True)) + r")(?![\w'])")


def noisy(text: str, rng: random.Random) -> str:
    """A copy of `text` in lower case with short forms, lost apostrophes and a slip or two; may be equal."""
    text = _SHORT.sub(lambda found: SHORT[found[0]] if rng.random() < SHORTENED else found[0], text.lower())
    if rng.random() < 0.7:
        text = text.replace("'", "").replace("’", "")
    if rng.random() < 0.5:
        text = text.rstrip("?!. ") or text
    words = text.split(" ")
    letters = sum(map(len, words))
    slips = int(letters / SLIPS_PER_LETTERS + rng.random())
    able = [at for at, word in enumerate(words) if len(word) >= SHORTEST_SLIP and word.isalpha()]
    for at in rng.sample(able, min(slips, len(able))):
        words[at] = _slip(words[at], rng)
    return " ".join(words)


def _slip(word: str, rng: random.Random) -> str:
    """One slip inside the word; the first letter stays, as it does when people type."""
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    kind = rng.choice(("swap", "drop", "double", "neighbour"))
    if kind == "swap":
        return before + after[0] + letter + after[1:]
    if kind == "drop":
        return before + after
    if kind == "double":
        return before + letter * 2 + after
    return before + rng.choice(_NEIGHBOURS.get(letter, letter)) + after
