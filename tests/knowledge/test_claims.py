"""Promises are found; sober sentences are left alone."""

from __future__ import annotations

import pytest

from needlewise.knowledge.claims import absolute_claims


@pytest.mark.parametrize(
    "text",
    [
        "Micro-needling is painless.",
        "It is completely safe.",
        "There are no risks.",
        "There is NO RISK at all.",
        "It has no side effects.",
        "We guarantee smooth skin.",
        "It is a no-risk treatment.",
        "A zero-risk procedure.",
        "It has no side-effects.",
        "There are no known risks.",
        "It comes without any serious side effects.",
        "It never hurts.",
        "There were no complications.",
        "You are not susceptible to infection.",
        "It eliminates scars.",
        "It cures acne.",
        "100% effective",
        "It doesn’t hurt.",
        "You are a good candidate.",
        "It works for everyone.",
        "Es un tratamiento sin dolor.",
        "No hay riesgos.",
        "No tiene ningun riesgo.",
        "No tiene ningún riesgo.",
        "Con garantia de resultados.",
        "Cero riesgos.",
        "Nunca duele.",
        "Sin posibles complicaciones.",
        "No tiene efectos secundarios.",
        "Garantizamos una piel lisa.",
        "Es completamente seguro.",
        "Elimina las cicatrices.",
        "Cura el acné.",
        "Los resultados permanentes le encantarán.",
        "Usted es buena candidata.",
    ],
)
def test_promises_are_found(text: str) -> None:
    assert absolute_claims(text)


@pytest.mark.parametrize(
    "text",
    [
        "Every procedure has some risk.",
        "No procedure is free of risk.",
        "No two risks are alike.",
        "There is no known way to lower every risk.",
        "Side effects are said to be rare and mild.",
        "Nobody can promise a result.",
        "A clinician decides whether you are a candidate.",
        "Be careful with your skin and keep it secure.",
        "Todo procedimiento tiene algún riesgo.",
        "Ningún procedimiento está libre de riesgo.",
        "Nadie puede prometer un resultado.",
        "Un profesional médico decide si usted es candidata.",
        "La curación depende de su piel.",
    ],
)
def test_sober_sentences_are_left_alone(text: str) -> None:
    assert absolute_claims(text) == []
