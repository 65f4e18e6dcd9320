"""The editor of answers: write, see it as visitors will, read the notes, save or publish."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, URLEncodedBody

from encoder.sentences import EncoderMissing
from needlewise.errors import NeedlewiseError, NotFound
from needlewise.knowledge.advice import REFUSED, WARNING
from needlewise.knowledge.checks import MOST_QUESTIONS, MOST_SOURCES, TEXT_LENGTH
from needlewise.knowledge.errors import AnswerExists, StaleAnswer
from needlewise.knowledge.records import AnswerRecord, AnswerStory
from needlewise.knowledge.service import KnowledgeService
from needlewise.knowledge.topics import TOPICS
from needlewise.staff.console import Console, go
from needlewise.staff.difference import difference
from needlewise.staff.editor import KINDS, NO_SOURCE, Draft
from needlewise.staff.links import is_number
from needlewise.staff.roles import APPROVE_ANSWERS, WRITE_ANSWERS
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.shelf import name, things
from needlewise.staff.words import LANGUAGES
from needlewise.understanding.service import UnderstandingService

# Topics, words of a question, dots between them; letters of any alphabet.
AnswerId = Annotated[str, PathParameter(pattern=r"^[\w.-]{1,120}$")]
# 30 questions of 300 characters and a text; in percent-encoded UTF-8 a character takes up to twelve bytes.
BODY_BYTES = 160 * 1024
PREVIEW = "preview"
NO_ENCODER = (
    "This cannot go live at the moment: the part of the assistant that compares questions is missing on this computer. "
    "Nothing of what you wrote is lost. You can save it as a draft and approve it later. Whoever looks after the "
    "computer can repair it: stopping and starting Needlewise with “make run” builds the part again."
)
PRESS_AGAIN = "Please read the notes below first. If it is right all the same, press the button again."
Form = URLEncodedBody[dict[str, str]]


@get("/answers/new", opt={"access": WRITE_ANSWERS}, sync_to_thread=True)
def new_answer_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
    understanding: Inject[UnderstandingService],
    gap: FromQuery[str] = "",
    topic: FromQuery[str] = "",
) -> Response[Any]:
    """An empty editor, or one that begins with what visitors asked and nobody has answered."""
    draft = Draft(topic=topic if topic in TOPICS else "", sources=(knowledge.publishing.own_source,))
    if gap:
        if not is_number(gap):
            raise NotFound("There is no such question.")
        group = knowledge.gaps.group(int(gap))
        staff.audit.record(viewer.account_id, "gap.opened", gap)
        draft = replace(
            draft,
            topic=group.topic if group.topic in TOPICS else "",
            language=group.language if group.language in LANGUAGES else draft.language,
            questions="\n".join(understanding.without_person(knowledge.wordings(group), group.conversation)),
            gap=group.id,
        )
    return _editor(console, knowledge, draft)


@post(
    "/answers/new",
    opt={"access": WRITE_ANSWERS},
    status_code=200,
    request_max_body_size=BODY_BYTES,
    sync_to_thread=True,
)
def write_answer(
    data: Form,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Show a new answer as visitors will see it, or save it as a draft."""
    return _Desk(console, viewer, staff, knowledge).receive(data, publish=False)


@post(
    "/answers/new/publish",
    opt={"access": APPROVE_ANSWERS},
    status_code=200,
    request_max_body_size=BODY_BYTES,
    sync_to_thread=True,
)
def publish_answer(
    data: Form,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Make a new answer live."""
    return _Desk(console, viewer, staff, knowledge).receive(data, publish=True)


@get("/answers/{answer_id:str}/edit", opt={"access": WRITE_ANSWERS}, sync_to_thread=True)
def edit_answer_page(
    answer_id: AnswerId, console: Inject[Console], knowledge: Inject[KnowledgeService]
) -> Response[Any]:
    """The editor with an answer's newest words."""
    story = knowledge.publishing.story(answer_id)
    return _editor(console, knowledge, Draft.of(story), story)


@post(
    "/answers/{answer_id:str}/edit",
    opt={"access": WRITE_ANSWERS},
    status_code=200,
    request_max_body_size=BODY_BYTES,
    sync_to_thread=True,
)
def revise_answer(
    answer_id: AnswerId,
    data: Form,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Show an answer's next version, or save it as a draft."""
    return _Desk(console, viewer, staff, knowledge).receive(data, publish=False, answer_id=answer_id)


@post(
    "/answers/{answer_id:str}/publish",
    opt={"access": APPROVE_ANSWERS},
    status_code=200,
    request_max_body_size=BODY_BYTES,
    sync_to_thread=True,
)
def publish_revision(
    answer_id: AnswerId,
    data: Form,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Make an answer's next version live."""
    return _Desk(console, viewer, staff, knowledge).receive(data, publish=True, answer_id=answer_id)


class _Desk:
    """One sent form. Whatever goes wrong, the page that comes back holds everything that was typed."""

    def __init__(self, console: Console, viewer: Viewer, staff: StaffService, knowledge: KnowledgeService) -> None:
        self.console = console
        self.viewer = viewer
        self.staff = staff
        self.knowledge = knowledge

    def receive(self, data: dict[str, str], *, publish: bool, answer_id: str = "") -> Response[Any]:
        story = self.knowledge.publishing.story(answer_id) if answer_id else None
        draft = Draft.read(data)
        draft = draft.placed_as(story) if story else draft
        if data.get("do") == PREVIEW:
            return self._again(draft, story)
        try:
            draft.check()
            notes = self.knowledge.advise(draft.written(story))
            warnings = {each.code for each in notes if each.weight == WARNING}
            if not warnings <= draft.warned and not any(each.weight == REFUSED for each in notes):
                return self._again(draft, story, status=422, error=PRESS_AGAIN)
            saved = self._save(draft, story, publish=publish)
        except EncoderMissing:
            return self._again(draft, story, status=503, error=NO_ENCODER)
        except AnswerExists as error:
            return self._again(draft, story, status=error.status, error=error.message, exists=error.answer_id)
        except StaleAnswer as error:
            if story is None:  # approved by a colleague in the very moment after it was saved
                return self._again(draft, story, status=error.status, error=error.message)
            newest = self.knowledge.publishing.story(story.id).newest
            draft = replace(draft, base=newest.version)
            return self._again(draft, story, status=error.status, error=error.message, theirs=newest)
        except NeedlewiseError as error:
            return self._again(draft, story, status=error.status, error=sentence(error.message))
        return go(f"/staff/answers/{quote(saved.id)}?done={'live' if publish else 'saved'}")

    def _save(self, draft: Draft, story: AnswerStory | None, *, publish: bool) -> AnswerRecord:
        publishing, by = self.knowledge.publishing, self.viewer.account_id
        if publish:
            publishing.ensure_readable(draft.lines)
        if story:
            # Only an answer for questions has any; None leaves the others as they are.
            questions = draft.lines or None
            saved = publishing.revise(
                story.id, draft.text, by, sources=draft.sources, questions=questions, base=draft.base
            )
        else:
            entity, value = draft.thing
            saved = publishing.draft(
                draft.topic,
                draft.text,
                by,
                sources=draft.sources,
                language=draft.language,
                about_entity=entity,
                about_value=value,
                questions=draft.lines,
                base=0,
                gap=draft.gap,
            )
        self.staff.audit.record(by, "answer.drafted", saved.id, f"version {saved.version}")
        if publish:
            publishing.approve(saved.id, saved.version, by)
            self.staff.audit.record(by, "answer.approved", saved.id, f"version {saved.version}")
        return saved

    def _again(self, draft: Draft, story: AnswerStory | None, **more: Any) -> Response[Any]:
        return _editor(self.console, self.knowledge, draft, story, sent=True, **more)


def sentence(message: str) -> str:
    """A message of the rules as a sentence."""
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")


def _editor(
    console: Console,
    knowledge: KnowledgeService,
    draft: Draft,
    story: AnswerStory | None = None,
    *,
    sent: bool = False,
    status: int = 200,
    error: str = "",
    exists: str = "",
    theirs: AnswerRecord | None = None,
) -> Response[Any]:
    library = knowledge.catalogue.current()
    written = draft.written(story)
    notes = knowledge.advise(written) if sent else []
    rows = [*draft.sources, NO_SOURCE][:MOST_SOURCES]
    return console.page(
        "answer_editor.html",
        status=status,
        draft=draft,
        story=story,
        name=name(story, library, console.language) if story else "",
        kinds=KINDS,
        topics={each.id: each.title for each in knowledge.topics(console.language)},
        things=things(library, console.language),
        rows=rows,
        preview=knowledge.preview(written) if sent and draft.text.strip() else None,
        notes=notes,
        warned=" ".join(each.code for each in notes if each.weight == WARNING),
        error=error,
        exists=exists,
        theirs=theirs,
        changes=difference(theirs.text, " ".join(draft.text.split())) if theirs else [],
        most_questions=MOST_QUESTIONS,
        text_length=TEXT_LENGTH,
    )


handlers = [
    new_answer_page,
    write_answer,
    publish_answer,
    edit_answer_page,
    revise_answer,
    publish_revision,
]
