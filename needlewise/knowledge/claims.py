"""Wording that no answer may hold: promises and absolute claims (knowledge rules, "The assistant never")."""

from __future__ import annotations

import re

_CLAIMS = re.compile(
    r"""\b(
        guarantee[sd]? | guaranteed
      | pain[- ]?less(ly)? | (pain|risk)[\s-]free | never\shurts?
      | (does|will|do)\s(not|n['’]t)\shurt | doesn['’]t\shurt | won['’]t\shurt
      | (no|zero|without)[\s-](any\s)?((known|real|serious|possible|further|lasting)[\s-])?
        (risks?|side[\s-]effects?|pain|complications?)
      | (completely|totally|perfectly|absolutely|entirely|100\s?%)\s(safe|effective)
      | (not|n['’]t)\ssusceptible | cannot\s(be\sinfected|scar)
      | permanent(ly)?\s(results?|removes?|cures?|gone) | lasts?\sforever
      | eliminat(e|es|ing|ed) | cures? | miracle | always\sworks | works\sfor\severyone
      | (?<!whether\s)(?<!if\s)you\sare\s(not\s)?an?\s(good\s)?candidate
      # In Spanish.
      | garantiza\w* | garant[íi]a | garantizad[oa]s?
      | indolor[ao]?s? | (no|nunca)\sduele[n]?
      | (sin|ning[úu]n|no\shay|no\stiene|cero)[\s-](ning[úu]n\s)?((posibles?|conocidos?)\s)?
        (riesgos?|dolor|efectos?[\s-]secundarios?|complicaci(ón|on|ones))
      | (completa|total|absoluta|perfecta)mente\s(segur[oa]s?|eficaz|eficaces|efectiv[oa]s?)
      | resultados?\spermanentes? | (dura|para)\ssiempre
      | elimina[rn]?(á|án)? | cura[rn]?(á|án)? | milagros? | milagros[oa]s? | siempre\sfunciona | funciona\spara\stodos
      | (?<!si\s)usted\s(no\s)?es\s(un[a]?\s)?(buen[a]?\s)?candidat[oa]
    )\b | \b100\s?%""",
    re.IGNORECASE | re.VERBOSE,
)


def absolute_claims(text: str) -> list[str]:
    """The words of a text that promise too much, in order; empty when there are none."""
    return [match.group(0) for match in _CLAIMS.finditer(text)]
