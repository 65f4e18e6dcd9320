"""The spaCy pipeline, loaded once for a process.

Rasa's graph has two nodes of SpacyNLP, one that hands the pipeline on and one that makes the document, and loads 350 MB
for each. The class keeps the name: Rasa finds the provider of a component's model by it.
"""

from __future__ import annotations

from functools import cache

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.utils import spacy_utils

_load_once = cache(spacy_utils.SpacyNLP.load_model)


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MODEL_LOADER, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=False,
    model_from="SpacyNLP",
)
class SpacyNLP(spacy_utils.SpacyNLP):  # type: ignore[misc]
    """Rasa's own, except that every node shares one loaded pipeline."""

    @staticmethod
    def load_model(spacy_model_name: str) -> spacy_utils.SpacyModel:
        """Raises InvalidModelError when there is no such pipeline."""
        return _load_once(spacy_model_name)
