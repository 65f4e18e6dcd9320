"""The answers: from a visitor's question to a live answer, who may do what, and nothing typed is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from needlewise.db import utc_now
from needlewise.knowledge.search import QuestionSearch
from needlewise.knowledge.service import KnowledgeService
from needlewise.staff.difference import difference
from needlewise.turn import Intent, Source, Turn
from tests.shipped import CLINIC, WORDING

from .house import Browser, House
from .test_pages import HOSTILE, unsafe

ASKED = "Do you validate parking?"
ALIKE = "do you validate the parking"
PARKING = "Parking behind the house is free for visitors."
OWN = {"title_1": "Answer approved by the clinic", "publisher_1": CLINIC.name}
NEW = {"topic": "contact", "kind": "questions", "questions": ASKED, "text": PARKING, "base": "0", **OWN}
HISTORY = "/staff/answers/price"


def knowledge_of(house: House) -> KnowledgeService:
    service: KnowledgeService = house.services["knowledge"]
    return service


def turn(text: str) -> Turn:
    return Turn("c" * 22, turn="t", text=text, intent=Intent("nlu_fallback", 0.3))


def gap_of(house: House, text: str) -> int:
    """A visitor asks; returns the gap's id."""
    knowledge = knowledge_of(house)
    assert knowledge.unanswered(turn(text)).outcome == "unanswered"
    return knowledge.list_gaps()[0].id


def as_someone(house: House, browser: Browser, role: str, name: str = "someone") -> Browser:
    house.account(name, role)
    assert browser.log_in(name).status_code == 303
    browser.get("/staff/account")
    return browser


def value(page: str, name: str) -> str:
    """What a form's field holds."""
    area = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    field = re.search(rf'name="{name}" value="([^"]*)"', page)
    found = area or field
    assert found, f"no field {name}"
    return found.group(1)


def chosen(page: str, name: str) -> str:
    select = page.split(f'<select id="{name}"')[1].split("</select>")[0]
    found = re.search(r'value="([^"]*)" selected', select)
    return found.group(1) if found else ""


def actions(house: House) -> list[str]:
    return [each.action for each in house.staff.audit.activity() if each.action.split(".")[0] in {"answer", "gap"}]


def decide(browser: Browser, path: str, do: str, **more: str) -> Any:
    """Press a button of the answer's page as it stands now."""
    page = browser.get(path).text
    return browser.send(f"{path}/decide", do=do, **({"seen": value(page, "seen")} | more))


# From a gap to an answer


def test_a_gap_becomes_an_answer_that_other_words_find(house: House, owner: Browser) -> None:
    gap_of(house, ALIKE)
    gap = gap_of(house, ASKED)
    assert f'href="/staff/answers/new?gap={gap}"' in owner.get("/staff/gaps").text
    page = owner.get(f"/staff/answers/new?gap={gap}").text
    assert value(page, "questions").splitlines() == [ASKED, ALIKE]
    assert value(page, "text") == ""
    assert chosen(page, "topic") == ""
    answer = owner.send(
        "/staff/answers/new/publish", **NEW | {"questions": value(page, "questions"), "gap": value(page, "gap")}
    )
    assert answer.status_code == 303, answer.text
    assert "live now" in owner.get(answer.headers["location"]).text
    assert knowledge_of(house).unanswered(turn("do you validate my parking?")).bubbles[0].text == PARKING
    assert knowledge_of(house).list_gaps() == []
    closed = owner.get("/staff/gaps?show=closed").text
    assert ASKED in closed
    assert "/staff/answers/contact.do-you-validate-parking" in closed
    assert actions(house) == ["answer.approved", "answer.drafted", "gap.opened"]


def test_a_known_topic_is_chosen_already(house: House, owner: Browser) -> None:
    gaps = knowledge_of(house).gaps
    gaps.record(Turn("c" * 22, language="es"), "Cuanto cuesta", "no_answer", "price")
    page = owner.get(f"/staff/answers/new?gap={gaps.grouped()[0].id}").text
    assert (chosen(page, "topic"), chosen(page, "language")) == ("price", "es")
    assert chosen(owner.get("/staff/answers/new?topic=price").text, "topic") == "price"
    assert chosen(owner.get("/staff/answers/new?topic=<b>").text, "topic") == ""


def test_a_draft_leaves_the_gap_open_and_is_shown_there(house: House, owner: Browser) -> None:
    gap = gap_of(house, ASKED)
    owner.get("/staff/gaps")
    assert owner.send("/staff/answers/new", do="save", gap=str(gap), **NEW).status_code == 303
    assert len(knowledge_of(house).list_gaps()) == 1
    page = owner.get("/staff/gaps").text
    assert "A draft is waiting" in page
    assert "Write an answer" not in page
    gap_of(house, ASKED)  # asked once more before it is approved
    assert decide(owner, "/staff/answers/contact.do-you-validate-parking", "approve", version="1").status_code == 303
    assert knowledge_of(house).list_gaps() == []


def test_a_question_that_needs_no_answer_is_closed_and_opened_again(house: House, owner: Browser) -> None:
    gap = gap_of(house, ASKED)
    owner.get("/staff/gaps")
    answer = owner.send(f"/staff/gaps/{gap}", do="unneeded")
    page = owner.get(answer.headers["location"]).text
    assert "Marked as not needed" in page
    assert knowledge_of(house).list_gaps() == []
    assert ASKED in owner.get("/staff/gaps?show=unneeded").text
    assert owner.send(f"/staff/gaps/{gap}", do="reopen").status_code == 303
    assert [each.id for each in knowledge_of(house).list_gaps()] == [gap]
    assert actions(house) == ["gap.reopened", "gap.unneeded"]


def test_wrong_gaps_get_a_page(house: House, owner: Browser) -> None:
    owner.get("/staff/gaps")
    for path in ("/staff/answers/new?gap=999", "/staff/answers/new?gap=x"):
        assert owner.get(path).status_code == 404
    for undo in ("999", "x", "9" * 40, ""):
        assert owner.get(f"/staff/gaps?undo={undo}&show=zz").status_code == 200
    assert owner.send("/staff/gaps/999", do="unneeded").status_code == 404
    assert owner.send("/staff/gaps/1", do="nothing").status_code == 422


# The editor


def test_the_preview_is_what_the_visitor_will_read(house: House, owner: Browser) -> None:
    owner.get("/staff/answers/new")
    page = owner.send("/staff/answers/new", do="preview", **NEW | {"text": " Call\n\n{clinic}  at {phone}. "}).text
    assert '<p class="text">Call Xage Medical Spa at (801) 373-3376.</p>' in page
    shown = page.split('class="sources-shown">')[1].split("</div>")[0]
    assert f"<li>Answer approved by the clinic, {CLINIC.name}</li>" in shown
    assert "There is no Spanish version" in page
    assert value(page, "text") == " Call\n\n{clinic}  at {phone}. "
    assert value(page, "title_2") == ""
    assert knowledge_of(house).publishing.stories() == []


def test_promises_are_refused_and_the_form_comes_back(house: House, owner: Browser) -> None:
    owner.get("/staff/answers/new")
    page = owner.send("/staff/answers/new/publish", **NEW | {"text": "It is painless."})
    assert page.status_code == 422
    assert "promises too much: “painless”" in page.text
    assert value(page.text, "text") == "It is painless."
    assert value(page.text, "questions") == ASKED
    assert chosen(page.text, "topic") == "contact"
    assert knowledge_of(house).publishing.stories() == []


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title_1": "", "publisher_1": ""}, "No source is named"),
        ({"text": "Yes. " * 91}, "The text has 91 words"),
        ({"text": "word " * 31}, "A sentence has 31 words"),
        ({"text": ("word " * 20 + "word. ") * 2}, "21 words on average"),
    ],
)
def test_a_warning_is_shown_once_and_then_left_to_the_writer(
    house: House, owner: Browser, fields: dict[str, str], named: str
) -> None:
    owner.get("/staff/answers/new")
    page = owner.send("/staff/answers/new", do="save", **NEW | fields)
    assert page.status_code == 422
    assert named in page.text
    assert "press the button again" in page.text
    again = owner.send("/staff/answers/new", do="save", warned=value(page.text, "warned"), **NEW | fields)
    assert again.status_code == 303


def test_a_live_answer_to_the_same_question_is_pointed_out(house: House, owner: Browser) -> None:
    knowledge_of(house).publishing.publish("contact", PARKING, "ann", questions=[ASKED])
    owner.get("/staff/answers/new")
    page = owner.send("/staff/answers/new", do="save", **NEW | {"questions": ALIKE, "topic": "price"})
    assert page.status_code == 422
    assert "which is the same question" in page.text
    assert 'href="/staff/answers/contact.do-you-validate-parking"' in page.text


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"topic": ""}, "choose a topic"),
        ({"questions": " \n "}, "at least one question"),
        ({"kind": "about", "about": ""}, "choose which condition"),
        ({"kind": "about", "about": "weather:rain"}, "about one of"),
        ({"text": " "}, "text is empty"),
        ({"text": "Ask {visitor}."}, "may not stand in braces: visitor"),
        ({"text": "x" * 1_201, "warned": "long hard"}, "1 to 1200 characters"),
        ({"title_1": "Leaflet", "publisher_1": ""}, "title and who published it"),
        ({"title_1": "x" * 201}, "200 characters"),
        ({"questions": "x" * 301}, "300 characters"),
    ],
)
def test_what_is_missing_is_said_in_plain_words(
    house: House, owner: Browser, fields: dict[str, str], named: str
) -> None:
    owner.get("/staff/answers/new")
    page = owner.send("/staff/answers/new", do="save", **NEW | fields)
    assert page.status_code == 422
    assert named in page.text
    assert knowledge_of(house).publishing.stories() == []


def test_answers_about_a_thing_and_in_general(house: House, owner: Browser) -> None:
    knowledge_of(house).load(Path("data/knowledge"))
    page = owner.get("/staff/answers/new").text
    assert '<option value="condition:melasma">melasma</option>' in page
    about = NEW | {"topic": "price", "kind": "about", "about": "condition:melasma", "text": "Ask us about {phone}."}
    assert owner.send("/staff/answers/new/publish", **about).headers["location"].startswith(f"{HISTORY}.melasma?")
    general = NEW | {"topic": "price", "kind": "general", "text": "It is 250 dollars."}
    assert owner.send("/staff/answers/new/publish", **general).headers["location"].startswith(f"{HISTORY}?")
    library = knowledge_of(house).catalogue.current()
    assert library.answered("price")
    assert "About melasma" in owner.get(f"{HISTORY}.melasma").text


def test_an_answer_is_changed_with_all_its_sources(house: House, owner: Browser) -> None:
    knowledge_of(house).load(Path("data/knowledge"))
    page = owner.get("/staff/answers/downtime/edit").text
    fields = {
        f"{part}_{n}": value(page, f"{part}_{n}").replace("&#34;", '"').replace("&#39;", "'")
        for n in (1, 2)
        for part in ("title", "publisher", "section", "published")
    }
    before = knowledge_of(house).publishing.story("downtime").newest
    answer = owner.send(
        "/staff/answers/downtime/publish", base=value(page, "base"), text="Plan four days.", topic="price", **fields
    )
    assert answer.status_code == 303, answer.text
    after = knowledge_of(house).publishing.story("downtime")
    assert after.topic == "downtime"
    assert (after.newest.version, after.newest.text, after.newest.live) == (2, "Plan four days.", True)
    assert after.newest.sources == before.sources


def test_without_the_encoder_nothing_typed_is_lost(house: House, owner: Browser, tmp_path: Path) -> None:
    broken = KnowledgeService(house.sessions, CLINIC, WORDING, QuestionSearch(tmp_path))
    whole = house.services["knowledge"]
    house.services["knowledge"] = broken
    house.app()
    gap = gap_of(house, ASKED)
    page = owner.get(f"/staff/answers/new?gap={gap}")
    assert value(page.text, "questions") == ASKED
    page = owner.send("/staff/answers/new/publish", gap=str(gap), **NEW)
    assert page.status_code == 503
    assert "cannot go live at the moment" in page.text
    assert (value(page.text, "text"), value(page.text, "questions")) == (PARKING, ASKED)
    assert value(page.text, "gap") == str(gap)
    assert chosen(page.text, "topic") == "contact"
    assert broken.publishing.stories() == []
    # As a draft it is kept, and approved once the encoder is back.
    assert owner.send("/staff/answers/new", do="save", gap=str(gap), **NEW).status_code == 303
    path = "/staff/answers/contact.do-you-validate-parking"
    refused = decide(owner, path, "approve", version="1")
    assert refused.status_code == 503
    assert "The draft is kept" in refused.text
    house.services["knowledge"] = whole
    house.app()
    assert decide(owner, path, "approve", version="1").status_code == 303
    assert knowledge_of(house).unanswered(turn(ALIKE)).bubbles[0].text == PARKING


# Who approves, and two colleagues at once


def test_a_reviewers_text_waits_for_approval(house: House, browser: Browser) -> None:
    as_someone(house, browser, "reviewer", "rita")
    browser.get("/staff/answers/new")
    assert "Approve and publish" not in browser.get("/staff/answers/new").text
    assert browser.send("/staff/answers/new/publish", **NEW).status_code == 403
    answer = browser.send("/staff/answers/new", do="save", **NEW)
    path = answer.headers["location"].split("?")[0]
    page = browser.get(path).text
    assert "Draft that waits" in page
    assert 'value="approve"' not in page
    assert browser.send(f"{path}/decide", do="approve", version="1", seen="1-draft-in_use").status_code == 403
    assert "drafts wait" not in browser.get("/staff").text
    assert knowledge_of(house).unanswered(turn(ASKED)).outcome == "unanswered"
    browser.send("/staff/logout")
    as_someone(house, browser, "clinician", "carla")
    overview = browser.get("/staff").text
    assert "<strong>1</strong> draft waits for approval" in overview
    assert ASKED in overview
    assert decide(browser, path, "approve", version="1").status_code == 303
    page = browser.get(path).text
    assert "approved by carla" in page
    assert "by rita" in page
    assert "<strong>0</strong> drafts wait" in browser.get("/staff").text


@pytest.mark.parametrize("role", ["reception", "readonly"])
def test_others_read_answers_and_change_nothing(house: House, browser: Browser, role: str) -> None:
    knowledge_of(house).publishing.publish("price", "It is 250 dollars.", "ann")
    as_someone(house, browser, role)
    page = browser.get(HISTORY).text
    assert "It is 250 dollars." in page
    assert "/decide" not in page
    assert "/edit" not in page
    assert "New answer" not in browser.get("/staff/answers").text


def test_a_draft_is_turned_down(house: House, owner: Browser) -> None:
    knowledge_of(house).publishing.publish("price", "It is 250 dollars.", "ann")
    knowledge_of(house).publishing.draft("price", "It is 300 dollars.", "ann")
    assert "<ins>" in owner.get(HISTORY).text
    assert decide(owner, HISTORY, "decline", version="2").status_code == 303
    story = knowledge_of(house).publishing.story("price")
    assert (story.states, story.live and story.live.version) == (("live",), 1)
    assert decide(owner, HISTORY, "approve", version="2").status_code == 409
    assert "answer.declined" in actions(house)


def test_only_the_version_that_was_shown_is_approved(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.draft("price", "It is 250 dollars.", "ann")
    seen = value(owner.get(HISTORY).text, "seen")
    publishing.draft("price", "It is 25 dollars.", "bob")
    answer = owner.send(f"{HISTORY}/decide", do="approve", version="1", seen=seen)
    assert answer.status_code == 409
    assert "Version 2 was written meanwhile" in answer.text
    assert publishing.story("price").live is None
    assert owner.send(f"{HISTORY}/decide", do="approve", version="2", seen=seen).status_code == 409
    assert owner.send(f"{HISTORY}/decide", do="approve", version="2").status_code == 409
    assert decide(owner, HISTORY, "approve", version="2").status_code == 303


def test_what_was_decided_on_an_old_page_is_refused(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.publish("price", "It is 250 dollars.", "ann")
    publishing.draft("price", "It is 300 dollars.", "ann")
    seen = value(owner.get(HISTORY).text, "seen")
    publishing.retire("price", "bob")
    for do in ("approve", "decline", "retire", "return"):
        answer = owner.send(f"{HISTORY}/decide", do=do, version="2", seen=seen)
        assert answer.status_code == 409, do
        assert "A colleague changed this answer" in answer.text
    assert owner.send(f"{HISTORY}/back", version="1", seen=seen).status_code == 409
    assert publishing.story("price").states == ("retired", "draft")


def test_two_colleagues_who_edit_at_once_lose_nothing(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.publish("price", "It is 250 dollars.", "ann")
    page = owner.get(f"{HISTORY}/edit").text
    publishing.revise("price", "It is 260 dollars.", "bob")
    fields = {"base": value(page, "base"), "text": "It is 270 dollars.", **OWN}
    answer = owner.send(f"{HISTORY}/publish", **fields)
    assert answer.status_code == 409
    assert "A colleague saved version 2 while you were writing" in answer.text
    assert ">260 </del>" in re.sub(r"<span.*?</span>", "", answer.text)
    assert value(answer.text, "text") == "It is 270 dollars."
    assert publishing.story("price").newest.version == 2
    again = owner.send(f"{HISTORY}/publish", **fields | {"base": value(answer.text, "base")})
    assert again.status_code == 303
    assert publishing.story("price").newest.text == "It is 270 dollars."


def test_two_colleagues_who_answer_the_same_question_are_told(house: House, owner: Browser) -> None:
    owner.get("/staff/answers/new")
    knowledge_of(house).publishing.draft("contact", "Park on the street.", "bob", questions=[ASKED])
    answer = owner.send("/staff/answers/new", do="save", **NEW)
    assert answer.status_code == 409
    assert "There is an answer for exactly this already" in answer.text
    assert 'href="/staff/answers/contact.do-you-validate-parking"' in answer.text
    assert value(answer.text, "text") == PARKING
    assert [each.version for each in knowledge_of(house).publishing.answers()] == [1]


# History, retiring, reading again


def test_an_older_text_comes_back_as_a_new_version(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    path = "/staff/answers/contact.do-you-validate-parking"
    sources = [Source("Leaflet", "The house")]
    publishing.publish("contact", PARKING, "ann", questions=[ASKED, "Where can I park?"], sources=sources)
    publishing.publish("contact", "Park on the street.", "ann", questions=[ASKED])
    page = owner.get(path).text
    assert "<del>" in page
    assert "Go back to this text" in page
    assert owner.send(f"{path}/back", version="1", seen=value(page, "seen")).status_code == 303
    newest = publishing.story("contact.do-you-validate-parking").newest
    assert (newest.version, newest.live, newest.text) == (3, True, PARKING)
    assert (newest.questions, newest.sources) == ((ASKED, "Where can I park?"), tuple(sources))
    assert len(knowledge_of(house).catalogue.current().questions) == 2
    assert actions(house)[:2] == ["answer.approved", "answer.rolled_back"]
    for wrong in ("9", "x", ""):
        assert owner.send(f"{path}/back", version=wrong, seen="3-approved-in_use").status_code == 404


def test_a_reviewer_goes_back_by_a_draft(house: House, browser: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.publish("price", "It is 250 dollars.", "ann")
    publishing.publish("price", "It is 300 dollars.", "ann")
    as_someone(house, browser, "reviewer")
    seen = value(browser.get(HISTORY).text, "seen")
    assert browser.send(f"{HISTORY}/back", version="1", seen=seen).status_code == 303
    story = publishing.story("price")
    assert story.live and story.draft
    assert (story.live.version, story.draft.version, story.draft.text) == (2, 3, "It is 250 dollars.")


def test_an_answer_is_retired_and_brought_back(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.publish("price", "It is 250 dollars.", "ann")
    assert decide(owner, HISTORY, "retire").status_code == 303
    assert not knowledge_of(house).catalogue.current().answered("price")
    assert "Retired by owner" in owner.get(HISTORY).text
    assert decide(owner, HISTORY, "return").status_code == 303
    assert knowledge_of(house).catalogue.current().answered("price")
    assert actions(house) == ["answer.returned", "answer.retired"]
    assert decide(owner, HISTORY, "dance").status_code == 422
    assert owner.send("/staff/answers/none/decide", do="retire").status_code == 404


def test_answers_to_read_again_stand_on_the_overview(house: House, owner: Browser) -> None:
    knowledge_of(house).publishing.publish("price", "It is 250 dollars.", "ann")
    assert decide(owner, HISTORY, "review", review_by="2999-01-01").status_code == 303
    assert "Answers to read again" not in owner.get("/staff").text
    yesterday = utc_now().date().replace(year=utc_now().year - 1, day=1)
    assert decide(owner, HISTORY, "review", review_by=yesterday.isoformat()).status_code == 303
    assert f"due {yesterday:%b} 1, {yesterday.year}" in owner.get("/staff").text
    assert "Read again" in owner.get("/staff/answers").text
    assert decide(owner, HISTORY, "review", review_by="soon").status_code == 422
    assert decide(owner, HISTORY, "review", review_by="").status_code == 303
    assert knowledge_of(house).publishing.story("price").review_by is None


# The list


def test_the_list_is_narrowed_by_topic_state_and_words(house: House, owner: Browser) -> None:
    publishing = knowledge_of(house).publishing
    publishing.publish("price", "It is 250 dollars.", "ann")
    publishing.publish("contact", PARKING, "ann", questions=[ASKED])
    publishing.draft("sessions", "Three to five.", "ann")
    publishing.retire("price", "ann")

    def listed(**wanted: str) -> set[str]:
        page = owner.get("/staff/answers", params=wanted).text
        return set(re.findall(r'href="/staff/answers/([^"?]+)"', page)) - {"new"}

    parking = "contact.do-you-validate-parking"
    assert listed() == {"price", parking, "sessions"}
    assert listed(topic="price") == {"price"}
    assert listed(show="live") == {parking}
    assert listed(show="draft") == {"sessions"}
    assert listed(show="retired") == {"price"}
    assert listed(search="PARKING free") == {parking}
    assert listed(search="250") == {"price"}
    assert listed(topic="zz", show="zz") == {"price", parking, "sessions"}
    for words in ("%", "\x00", "'; --", "😀", "no such words"):
        assert owner.get("/staff/answers", params={"search": words}).status_code == 200
    assert "No answer fits" in owner.get("/staff/answers?search=zzzz").text


def test_hostile_answers_are_shown_as_text(house: House, owner: Browser) -> None:
    text = HOSTILE.replace("{{ 7*7 }}", "")
    knowledge = knowledge_of(house)
    saved = knowledge.publishing.draft(
        "contact", text, text[:22], sources=[Source(text, text, text)], questions=[text, "x"]
    )
    knowledge.gaps.record(Turn("c" * 22), HOSTILE, "no_answer")
    gap = knowledge.list_gaps()[0].id
    for path in (f"/{saved.id}", f"/{saved.id}/edit", "", f"/new?gap={gap}"):
        page = owner.get(f"/staff/answers{path}")
        assert page.status_code == 200
        assert not unsafe(page.text), path
    page = owner.send("/staff/answers/new", do="preview", **NEW | {"text": HOSTILE, "questions": HOSTILE})
    assert not unsafe(page.text)


def test_an_answer_that_was_never_approved_has_a_page(house: House, owner: Browser) -> None:
    knowledge_of(house).publishing.draft("price", "It is 250 dollars.", "ann")
    assert decide(owner, HISTORY, "decline", version="1").status_code == 303
    page = owner.get(HISTORY).text
    assert "What was written" in page
    assert "Turned down" in page
    assert "Bring it back" not in page
    assert "Turned down" in owner.get("/staff/answers").text


@pytest.mark.parametrize("path", ["/answers/none", "/answers/a%00b", "/answers/none/edit", "/answers/" + "x" * 130])
def test_unknown_answers_get_a_page(owner: Browser, path: str) -> None:
    page = owner.get("/staff" + path)
    assert page.status_code in {400, 404}
    assert "<h1>" in page.text


def test_long_forms_are_read(house: House, client: TestClient[Litestar], owner: Browser) -> None:
    questions = "\n".join(f"{'中' * 290} {n}" for n in range(30))
    page = owner.get("/staff/answers/new")
    assert page.status_code == 200
    page = owner.send("/staff/answers/new", do="preview", **NEW | {"questions": questions})
    assert page.status_code == 200
    assert value(page.text, "questions") == questions


def test_differences_are_found_word_by_word() -> None:
    pieces = difference("It is 250 dollars.", "It is about 250 dollars now.")
    assert "".join(text for kind, text in pieces if kind != "removed") == "It is about 250 dollars now."
    assert "".join(text for kind, text in pieces if kind != "added") == "It is 250 dollars."
    assert difference("", "") == []
    assert difference("same", "same") == [("same", "same")]
