"""A threshold from training lines alone: what would the model make of intents that it has never heard of?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from encoder.sentences import SentenceEncoder
from nlu.benchmark.measures import Answer
from nlu.benchmark.public_sets import OUT_OF_SCOPE, Example
from nlu.fit_thresholds import mentioning
from nlu.intent_model import IntentModel

ROUNDS = 5


def judged_without(examples: Sequence[Example], language: Path, encoder: SentenceEncoder) -> list[Answer]:
    """Every example twice: judged by a model that knows its intent from others, and by one that does not know it.

    In each round a fifth of the intents is left out, and of the others a fifth of their examples.
    """
    from sklearn.model_selection import StratifiedKFold

    labelled = mentioning(examples, language)
    intents = [intent for _, intent in examples]
    names = sorted(set(intents))
    answers: list[Answer] = []
    folds = StratifiedKFold(ROUNDS, shuffle=True, random_state=0).split(intents, intents)
    for number, (_, tested) in enumerate(folds):
        strange = set(names[number::ROUNDS])
        held = set(tested)
        known = [at for at, intent in enumerate(intents) if intent not in strange and at not in held]
        taught = {intents[at] for at in known}
        asked = [at for at, intent in enumerate(intents) if intent in strange or (at in held and intent in taught)]
        model = IntentModel.train([labelled[at][0] for at in known], [intents[at] for at in known], encoder)
        for at, ranked in zip(asked, model.rank([labelled[at][0] for at in asked]), strict=True):
            wanted = OUT_OF_SCOPE if intents[at] in strange else intents[at]
            answers.append(Answer(labelled[at][0].text, wanted, ranked[0].intent, ranked[0].probability))
    return answers
