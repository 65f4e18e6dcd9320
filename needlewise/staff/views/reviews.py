"""What staff do with conversations: state, tags, comments, and their own saved views."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency as Inject
from litestar.params import URLEncodedBody

from needlewise.conversations.reviews import ReviewService
from needlewise.errors import InvalidInput
from needlewise.knowledge.service import KnowledgeService
from needlewise.staff.console import go
from needlewise.staff.conversation_filters import HERE, Chosen
from needlewise.staff.links import is_number
from needlewise.staff.roles import READ_CLINICAL, READ_CONVERSATIONS, REVIEW_CONVERSATIONS
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.views.conversations import ConversationId

Short = Annotated[str, msgspec.Meta(max_length=1_000)]


class ReviewForm(msgspec.Struct):
    """What to do (`state`, `tags`, `comment`, `remove`, `restore`) and what it needs. `query`: the list's filters."""

    do: str = ""
    state: str = ""
    tags: str = ""
    text: str = ""
    comment: str = ""
    query: Short = ""


class ViewForm(msgspec.Struct):
    """Save (`name`, `query`) or remove (`view`) a view."""

    do: str = ""
    name: str = ""
    view: str = ""
    query: Short = ""


@post(
    "/conversations/{conversation_id:str}", opt={"access": REVIEW_CONVERSATIONS}, status_code=200, sync_to_thread=True
)
def review_conversation(
    conversation_id: ConversationId,
    data: URLEncodedBody[ReviewForm],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    reviews: Inject[ReviewService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Note something about a conversation; every note can be taken back on the page that follows."""
    chosen = _chosen(data.query, viewer, knowledge)
    me = viewer.account_id
    after = {"done": data.do}
    if data.do == "state":
        reviews.set_state(conversation_id, data.state, me)
        staff.audit.record(me, "conversation.reviewed", conversation_id, data.state)
    elif data.do == "tags":
        after |= {"before": ", ".join(reviews.set_tags(conversation_id, data.tags))}
        staff.audit.record(me, "conversation.tagged", conversation_id)
    elif data.do == "comment":
        reviews.comment(conversation_id, me, data.text)
        staff.audit.record(me, "conversation.commented", conversation_id)
    elif data.do in {"remove", "restore"} and is_number(data.comment):
        reviews.remove_comment(conversation_id, me, int(data.comment), back=data.do == "restore")
        staff.audit.record(me, f"conversation.comment_{data.do}d", conversation_id)
        after |= {"comment": data.comment} if data.do == "remove" else {}
    else:
        raise InvalidInput("Please use the buttons on the page.")
    return go(chosen.address(f"{HERE}/{conversation_id}", **after))


@post("/views", opt={"access": READ_CONVERSATIONS}, status_code=200, sync_to_thread=True)
def change_views(
    data: URLEncodedBody[ViewForm],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    reviews: Inject[ReviewService],
    knowledge: Inject[KnowledgeService],
) -> Response[Any]:
    """Save the filters under a name, or remove one of one's own."""
    if data.do == "remove" and is_number(data.view):
        view = reviews.remove_view(viewer.account_id, int(data.view))
        staff.audit.record(viewer.account_id, "view.removed")
        return go(_chosen(view.query, viewer, knowledge).address(removed=view.name))
    if data.do != "save":
        raise InvalidInput("Please use the buttons on the page.")
    chosen = _chosen(data.query, viewer, knowledge)
    if not chosen.query:
        raise InvalidInput("Please choose what to show first, then save it.")
    reviews.save_view(viewer.account_id, data.name, chosen.query)
    staff.audit.record(viewer.account_id, "view.saved")
    return go(chosen.address())


def _chosen(query: str, viewer: Viewer, knowledge: KnowledgeService) -> Chosen:
    topics = {each.id for each in knowledge.topics()}
    return Chosen.read(dict(parse_qsl(query)), topics, clinical=viewer.role in READ_CLINICAL)


handlers = [review_conversation, change_views]
