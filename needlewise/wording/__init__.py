"""Every fixed sentence of the assistant outside approved answers: `data/wording/<language>.yml`, `key: text`."""

from needlewise.wording.wording import FALLBACK_LANGUAGE, PLACEHOLDERS, Wording, WordingError, placeholders

__all__ = ["FALLBACK_LANGUAGE", "PLACEHOLDERS", "Wording", "WordingError", "placeholders"]
