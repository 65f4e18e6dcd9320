"""The assistant goes on in the language that the visitor writes in."""

from __future__ import annotations

from tests.conversations.booking import leads, phone_of
from tests.stack import Stack, Visitor


def test_spanish_on_an_english_page_is_answered_in_spanish(visitor: Visitor) -> None:
    visitor.say("hola")
    assert "Hello" in visitor.said
    turn = visitor.say("cuánto dura la recuperación")
    assert (turn["outcome"], turn["topics"]) == ("answered", ["downtime"])
    assert turn["messages"][0]["answer_id"].startswith("downtime.es@")
    assert turn["messages"][0]["language"] == "es"
    assert visitor.say("¿eres una persona real?")["outcome"] == "smalltalk"
    assert "asistente automático" in visitor.said
    assert visitor.say("does it hurt")["messages"][0]["answer_id"].startswith("fear_of_needles@")


def test_another_language_is_answered_in_both(visitor: Visitor) -> None:
    turn = visitor.say("combien coûte une séance")
    assert turn["outcome"] == "unanswered"
    assert "English" in visitor.said
    assert "español" in visitor.said
    assert [each["title"] for each in visitor.choices] == ["Ask reception to contact me"]


def test_what_no_source_answers_is_said_in_spanish(stack: Stack) -> None:
    visitor = stack.visitor(language="es")
    assert visitor.say("cuanto cuesta la sesion")["outcome"] == "unanswered"
    assert "no tengo una respuesta aprobada" in visitor.said


def test_an_emergency_in_spanish(visitor: Visitor) -> None:
    assert visitor.say("no puedo respirar")["outcome"] == "emergency"
    assert visitor.said.startswith("Llame al 911")


def test_a_booking_in_spanish(stack: Stack) -> None:
    visitor = stack.visitor()
    for text in (
        "quiero hacer una cita",
        "me llamo Rosa Díaz",
        "llámenme",
        phone_of(visitor),
        "el martes por la tarde",
    ):
        assert visitor.say(text)["outcome"] == "booking", text
    for text in ("microagujas", "es mi primera vez", "omitir"):
        assert visitor.say(text)["outcome"] == "booking", text
    assert "martes, Por la tarde" in visitor.said
    visitor.say("sí, es correcto")
    visitor.say("sí")
    assert "Todavía no hay nada reservado" in visitor.said
    (lead,) = leads(stack, "Rosa Díaz")
    assert (lead["day"], lead["part"], lead["language"]) == ("tuesday", "afternoon", "es")
