"""Texts that have broken other chats: made for this project, each with the reason why it is here."""

from __future__ import annotations

NAUGHTY = [
    "\x00", "a\x00b",  # PostgreSQL refuses NUL in text
    "\ud800", "half an emoji \ud83d", "\udc00\ud800",  # lone surrogates end Rasa's process when they reach a sender id
    "\u202eevil", "\u2066x\u2069", "\u200ehidden",  # bidi controls turn text around
    "\ufeff/restart", "\u200b/restart", "\u200d/restart", "\u2060 /restart", "\u00ad/x",  # hidden before a slash
    "/restart", "//restart", "/ /restart", " / / /restart", "\u2003/x", "\x1c/x", "\t/x", "\n/x", "/\u200d/x",
    '/inform{"name":"<img src=x onerror=alert(1)>"}', "/session_start", "/back", "/x@0.1", "EXTERNAL: greet",
    "/" * 50, " ", "\n\n", "\u3000", "\u2028", "\u200b\u200c\u200d", "",
    "<script>alert(1)</script>", "'; DROP TABLE messages; --", "{{7*7}}", "${7*7}", "%s%n%d", "../../etc/passwd",
    "=HYPERLINK(\"http://x\")", "@SUM(1)", "-1+1", "+1", "\\", "\\u0000", "\"", "null", "undefined", "NaN", "0",
    "\u0065\u0301 e\u0301", "\u1e9b\u0323", "Z\u0351\u036b\u0343", "\U0001f469\u200d\U0001f4bb", "\U0001f1fa\U0001f1f8",
    "\ufdd0", "\uffff", "\U0001fffe", "\U000e0041", "\u0378", "\ue000",  # noncharacters, tags, unassigned, private use
    "ﷺ" * 300, "a" * 1_000, "a" * 1_001, "\U0001f600" * 1_000, "a\u0300" * 600,  # the limit, counted after NFC
    "مرحبا", "שלום", "こんにちは", "¿Duele?", "ıİſK",  # scripts, and letters whose case changes the length
    "line one\r\nline two", "tab\tbetween", "form\x0cfeed", "next\x85line",
]  # fmt: skip
