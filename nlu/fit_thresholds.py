"""Shows what each threshold of the answer guard costs and saves: `python -m nlu.fit_thresholds` (some minutes).

Every example of data/nlu is judged by a model that saw neither it nor anything close to it; the table says how often a
topic would be answered wrongly, and how often rightly, for each threshold. The chosen values are the defaults of
nlu.guarding.Thresholds. Red flags are not looked for here: in use, most health messages never reach the model.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from encoder.sentences import DIMENSION, SentenceEncoder
from nlu.guarding import CLARIFY, FALLBACK, Thresholds, judge
from nlu.intent_model import Asked, IntentModel
from nlu.intents import FAQ, HEALTH
from nlu.language import entities_of
from nlu.text_features import Mention

FOLDS = 5
CLOSE = 0.7
"""Cosine from which two examples count as near-duplicates and stay in one fold."""
BLOCK = 512
TRIED = {
    "topic": (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9),
    "other": (0.2, 0.3, 0.4, 0.5),
    "together": (0.5, 0.6, 0.7, 0.8, 0.9),
    "lead": (0.0, 0.1, 0.2, 0.3, 0.4),
    "choice": (0.4, 0.5, 0.6, 0.7),
    "health": (0.2, 0.3, 0.4, 0.5, 0.6),
    "alarm": (0.4, 0.5, 0.6, 0.75, 0.9),
}
"""The values of each threshold that the table shows; the others stay at their defaults."""


class RememberingEncoder(SentenceEncoder):
    """Encodes each text once: the folds share most of their texts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def encode_wide(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, super().encode_wide(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True)
class Judged:
    """An example with the probabilities that a model gave it which had not seen it."""

    text: str
    intent: str
    probabilities: Mapping[str, float]


def lines(folder: Path) -> list[tuple[str, str]]:
    """Every training example of the project, and its intent."""
    import yaml

    found: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            texts = block.get("examples", "").splitlines()
            found += [(text[2:].strip(), block["intent"]) for text in texts if text.startswith("- ")]
    return found


def mentioning(texts: Sequence[tuple[str, str]], language: Path) -> list[tuple[Asked, str]]:
    """Texts and intents; with each text what it mentions of data/language."""
    import spacy

    found = []
    for doc, (text, intent) in zip(spacy.load(language).pipe([text for text, _ in texts]), texts, strict=True):
        mentions = (Mention(each["start"], each["end"], each["entity"], each["value"]) for each in entities_of(doc))
        found.append((Asked(text, tuple(mentions)), intent))
    return found


def near_duplicates(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """A group number per unit vector: that of the first vector which is CLOSE to it, or a new one."""
    firsts: list[int] = []
    groups = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), BLOCK):  # one by one would read all the vectors again for each
        block = vectors[start : start + BLOCK]
        likenesses = np.hstack([block @ vectors[firsts].T, block @ block.T])
        of_column = np.concatenate([np.arange(len(firsts)), np.full(len(block), -1)])
        for number, likeness in enumerate(likenesses):
            nearest = int(np.where(of_column >= 0, likeness, -1).argmax())
            if of_column[nearest] >= 0 and likeness[nearest] >= CLOSE:
                groups[start + number] = of_column[nearest]
            else:
                of_column[len(of_column) - len(block) + number] = groups[start + number] = len(firsts)
                firsts.append(start + number)
    return groups


def cross_validated(labelled: Sequence[tuple[Asked, str]], encoder: SentenceEncoder, apart: bool) -> Iterator[Judged]:
    """Judges every example; with `apart`, its near-duplicates are kept from the model too."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    intents = [intent for _, intent in labelled]
    vectors = encoder.encode_wide([asked.text for asked, _ in labelled])[:, :DIMENSION]
    grouped = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    plain = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    folds = grouped.split(vectors, intents, near_duplicates(vectors)) if apart else plain.split(vectors, intents)
    for train, test in folds:
        model = IntentModel.train([labelled[at][0] for at in train], [intents[at] for at in train], encoder)
        for at, ranked in zip(test, model.rank([labelled[at][0] for at in test]), strict=True):
            yield Judged(labelled[at][0].text, intents[at], {each.intent: each.probability for each in ranked})


def shares(judged: Sequence[Judged], thresholds: Thresholds) -> dict[str, float]:
    """What the guard would do: shares of all messages, or of those the name says. Either of two topics is right."""
    acted = [(each.intent, judge(each.probabilities, thresholds)) for each in judged]
    answered = [(intent, verdict) for intent, verdict in acted if verdict.intent in FAQ]
    wrong = sum(intent not in (verdict.intent, verdict.also) for intent, verdict in answered)
    topics = [verdict for intent, verdict in acted if intent in FAQ]
    health = [verdict.intent for intent, verdict in acted if intent in HEALTH]
    others = [verdict.intent for intent, verdict in acted if intent not in HEALTH]
    asked_back = sum(verdict.intent == CLARIFY for verdict in topics)
    unanswered = sum(verdict.intent == FALLBACK for verdict in topics)
    return {
        "wrong": wrong / len(acted),
        "wrong of answered": wrong / max(1, len(answered)),
        "topics right": sum(intent in (verdict.intent, verdict.also) and intent in FAQ for intent, verdict in acted)
        / len(topics),
        "two topics": sum(verdict.also is not None for verdict in topics) / len(topics),
        "asked back": asked_back / len(topics),
        "unanswered": unanswered / len(topics),
        "health to people": sum(after in HEALTH for after in health) / len(health),
        "health answered": sum(after in FAQ for after in health) / len(health),
        "needless care": sum(after in HEALTH for after in others) / len(others),
    }


def best_guess(judged: Sequence[Judged]) -> float:
    """The share of examples whose most probable intent is right."""
    return sum(max(each.probabilities.items(), key=lambda item: item[1])[0] == each.intent for each in judged) / len(
        judged
    )


def table(judged: Sequence[Judged], around: Thresholds) -> Iterator[str]:
    """One line per value of each threshold, the others as in `around`."""
    yield " | ".join(("threshold      ", *shares(judged, around)))
    for name, values in TRIED.items():
        for value in values:
            line = shares(judged, replace(around, **{name: value}))
            cells = (f"{share:{len(title)}.3f}" for title, share in line.items())
            yield " | ".join((f"{name:9} {value:5.2f}", *cells))


def main() -> None:
    parser = argparse.ArgumentParser(description="Cross-validate the answer guard's thresholds on data/nlu.")
    parser.add_argument("--data", type=Path, default=Path("data/nlu"))
    parser.add_argument("--language", type=Path, default=Path("models/language"))
    parser.add_argument("--encoder", type=Path, default=Path("models/encoder"))
    arguments = parser.parse_args()
    encoder = RememberingEncoder(arguments.encoder)
    labelled = mentioning(lines(arguments.data), arguments.language)
    for apart, title in ((True, "near-duplicates kept apart"), (False, "random folds")):
        judged = list(cross_validated(labelled, encoder, apart))
        sys.stdout.write(f"\n{title}: {len(judged)} examples, best guess right {best_guess(judged):.3f}\n")
        sys.stdout.write("\n".join(table(judged, Thresholds())) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
