"""The console in Spanish: nothing of it is left in English, and nothing stands in the file for nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from sqlalchemy import select

from needlewise.chat.models import Conversation
from needlewise.db import utc_now
from needlewise.knowledge.models import Answer
from needlewise.knowledge.topics import TOPICS
from needlewise.leads.drafts import DAYS, PARTS
from needlewise.staff import console, editor, figures, roles, routes, shelf, translation, words
from needlewise.staff.views.answer_editor import sentence
from needlewise.understanding.files import known
from tests.security.product import address
from tests.security.product import routes as routes_of

from . import sentences
from .house import ROOT, Browser, House
from .test_conversations import talk
from .test_training import ready, teach

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
# Whatever they raise may end on a page of the console.
RULES = (
    "staff/**/*.py",
    "leads/[dimos]*.py",
    "knowledge/*.py",
    "conversations/*.py",
    "understanding/*.py",
    "training/*.py",
    "privacy/*.py",
    "clinic/*.py",
    "chat/takeover.py",
)
# Their messages are parts of sentences; the pages make whole ones of them.
PARTS_OF_SENTENCES = {"checks.py", "publishing.py", "versions.py"}
# Answers that are no page: files for programs and people, and what is fetched beside a page.
NO_PAGES = re.compile(r"\.(csv|ics|txt)$|/static/|{table")


def tables() -> Iterator[str]:
    """The words for stored ids, and other lists of sentences that templates show."""
    lists = [each for name, each in vars(words).items() if name.isupper() and isinstance(each, dict)]
    lists += [roles.ROLE_MEANINGS, editor.KINDS, shelf.ANY_TITLES, routes.TITLES, routes.REFUSED]
    for each in lists:
        yield from (title if isinstance(title, str) else title[0] for title in each.values())
    yield from (title for _, title, _ in console.NAVIGATION)
    yield from figures.WEEKDAYS
    yield from (words.label(each) for each in (*DAYS, *PARTS))
    yield from (words.label(each) for each in known(ROOT / "data" / "nlu").intents if each not in TOPICS)
    for path in (ROOT / "data" / "safety").glob("*.yml"):
        yield from map(words.label, re.findall(r"^  - id: (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    yield shelf.GENERAL


def test_every_sentence_has_its_spanish() -> None:
    said = sentences.of_templates() | set(tables())
    assert said - set(translation.spanish()) == set()


def test_templates_say_nothing_past_the_translation() -> None:
    assert list(sentences.bare_texts()) == []
    assert list(sentences.bare_strings()) == []


def test_whatever_the_rules_say_has_its_spanish() -> None:
    told = [(name, sentence(text) if name in PARTS_OF_SENTENCES else text) for name, text in sentences.errors(*RULES)]
    assert len(told) > 100
    assert [each for each in told if translation.retell("es", each[1]) == each[1]] == []


def test_no_spanish_stands_there_for_nothing() -> None:
    code = sentences.of_code() | sentences.all_of_templates()
    code |= {sentence(text) for text in code} | {text[:1].upper() + text[1:] for text in code} | set(tables())
    # Braces of code and of the file have other names, so each stands for anything.
    unused = []
    for english in set(translation.spanish()) - code:
        pattern = re.sub(r"\\{\w*\\}", ".+", re.escape(english.replace("{{", "{").replace("}}", "}")))
        if not any(re.fullmatch(pattern, text) for text in code):
            unused.append(english)
    assert unused == []


def test_the_braces_are_the_same_in_both_languages() -> None:
    for english, spanish in translation.spanish().items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", spanish)), english


def test_every_page_is_spanish(filled: House, owner: Browser) -> None:
    teach(filled)
    ready(filled)
    lead = filled.lead(note="Hablo español.")
    with filled.sessions() as db:
        ids = {
            "conversation_id": db.scalar(select(Conversation.public_id)),
            "answer_id": db.scalar(select(Answer.id)),
            "lead_id": lead,
        }
    other = {english for english, spanish in translation.spanish().items() if english != spanish}
    seen = 0
    for method, path, _ in routes_of(filled.app()):
        if (
            method != "GET"
            or not path.startswith("/staff")
            or NO_PAGES.search(path)
            or "{name" in path
            or "{table" in path
        ):
            continue
        page = owner.get(address(path, {name: value or "" for name, value in ids.items()}), headers=SPANISH)
        if page.status_code in {204, 303}:
            continue
        seen += 1
        assert "<html" not in page.text or '<html lang="es">' in page.text, path
        shown = sentences.Shown(page.text).found
        assert [text for text in shown if text in other] == [], path
    assert seen > 20


def test_what_staff_are_told_is_spanish(owner: Browser) -> None:
    lost = owner.get("/staff/leads/nothing", headers=SPANISH)
    assert lost.status_code == 404
    assert "<h1>No se encontró</h1>" in lost.text
    assert "No existe esa solicitud." in lost.text
    short = owner.client.post(
        "/staff/password", data={"csrf": owner.token, "new": "a", "repeated": "a"}, headers=SPANISH
    )
    assert "Por favor, elija una contraseña de al menos 12 caracteres." in short.text


def test_what_the_framework_refuses_is_said_in_our_words(owner: Browser) -> None:
    page = owner.get("/staff/logout", headers=SPANISH)
    assert page.status_code == 405
    assert "<h1>Aquí no hay nada que mostrar</h1>" in page.text
    assert "use las páginas y sus botones" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    fields = {"csrf": owner.token, "more": "x" * 100_000}
    long = owner.client.post("/staff/logout", data=fields, headers=SPANISH)
    assert long.status_code == 413
    assert "<h1>Demasiado a la vez</h1>" in long.text
    assert "demasiado largo" in long.text


def test_what_was_understood_is_said_in_words(house: House, owner: Browser) -> None:
    house.services["knowledge"].load(ROOT / "data" / "knowledge")
    made = talk(house, predicted="booking")
    unread = talk(house, intent="nlu_fallback", ranking=[{"name": "nlu_fallback", "confidence": 0.9}])
    page = owner.get(f"/staff/conversations/{made}", headers=SPANISH).text
    for words_shown in ("Entendido como Recuperación", "Cuidados después del tratamiento: 2.0 %", "(afección)"):
        assert words_shown in page, words_shown
    for raw in ("stretch_marks", "Stretch marks", "(condition)", "aftercare:"):
        assert raw not in page, raw
    assert "no entendido: 90.0 %" in owner.get(f"/staff/conversations/{unread}", headers=SPANISH).text.lower()


def test_a_message_with_a_value_is_told_with_it() -> None:
    assert translation.retell("es", "A note has at most 2,000 characters.") == (
        "Una nota tiene 2,000 caracteres como máximo."
    )
    waits = "There were too many wrong passwords. Please wait 2 minutes and try again."
    assert "espere 2 minutos e" in translation.retell("es", waits)
    assert translation.retell("en", waits) == waits
    for foreign in ("550 mailbox unavailable", "Try again another time", "Version of this server: 3"):
        assert translation.retell("es", foreign) == foreign


def test_one_is_one_and_the_rest_are_many() -> None:
    template = console._environment().from_string('{{ plural(count, "{count} line", "{count} lines") }}')
    said = [template.render(count=count, language="es") for count in (0, 1, 1234)]
    assert said == ["0 líneas", "1 línea", "1,234 líneas"]


def test_values_in_a_sentence_are_escaped() -> None:
    template = console._environment().from_string('{{ _("Add {name}", name=name) }}')
    assert template.render(name="<b>", language="es") == "Add &lt;b&gt;"


def test_times_are_spanish_too(house: House) -> None:
    at = datetime(2026, 1, 5, 20, 4, tzinfo=utc_now().tzinfo)
    context = {"zone": house.services["analytics"].zone, "language": "es", "day_only": date(2026, 8, 1)}
    template = console._environment().from_string("{{ at | local }} {{ at | day }} {{ day_only | day }}")
    assert template.render(at=at, **context) == "5 ene 2026, 13:04 MST 5 ene 2026 1 ago 2026"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("es", "es"), ("en-US,es;q=0.9", "en"), ("fr,es;q=0.3", "es"), ("es;q=x,en;q=0.1", "en"), ("*", "en")],
)
def test_the_language_that_a_browser_asks_for(accepted: str, language: str) -> None:
    assert translation.language_of(accepted) == language


def test_a_language_that_somebody_chose_stands_above_the_browsers(owner: Browser) -> None:
    sent = owner.send("/staff/account/language", language="es")
    assert sent.status_code == 303
    page = owner.get("/staff/account?done=language").text
    assert '<html lang="es">' in page
    assert "El idioma se guardó en este navegador." in page
    assert '<option value="es" lang="es" selected>Español</option>' in page
    owner.send("/staff/account/language", language="en")
    assert '<html lang="en">' in owner.get("/staff/answers", headers=SPANISH).text
    owner.send("/staff/account/language", language="")
    assert '<html lang="es">' in owner.get("/staff/answers", headers=SPANISH).text
    owner.send("/staff/account/language", language="../x")
    assert "needlewise_language" not in owner.client.cookies


def test_the_choice_also_holds_on_the_page_to_log_in(owner: Browser) -> None:
    owner.send("/staff/account/language", language="es")
    owner.send("/staff/logout")
    assert "Iniciar sesión" in owner.get("/staff/login").text
