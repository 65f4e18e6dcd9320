"""Words that staff read for the stored ids: states, outcomes, topics and so on."""

from __future__ import annotations

import phonenumbers

from needlewise.conversations.listing import UNSURE as UNSURE

ROLES = {
    "owner": "Owner",
    "clinician": "Clinician",
    "reviewer": "Reviewer",
    "reception": "Reception",
    "readonly": "Read only",
}
OUTCOMES = {
    "answered": "Answered",
    "clarify": "Asked which topic",
    "unanswered": "Unanswered",
    "staff": "Left to staff",
    "urgent": "Urgent",
    "emergency": "Emergency",
    "booking": "Booking",
    "handoff": "Asked for a person",
    "smalltalk": "Small talk",
    "declined": "Declined",
    "error": "Failed",
}
REVIEW_STATES = {"unreviewed": "Not reviewed", "later": "Later", "reviewed": "Reviewed"}
STATES = {
    "new": "New",
    "delivered": "Delivered",
    "acknowledged": "Seen",
    "contacting": "Contacting",
    "booked": "Booked",
    "not_booked": "Not booked",
    "unreachable": "Could not be reached",
    "duplicate": "Duplicate",
    "withdrawn": "Withdrawn",
    "spam": "Spam",
}
# What the button that leads there says.
MOVES = {
    "delivered": "Mark as delivered",
    "acknowledged": "Take it up again",
    "contacting": "I am contacting them",
    "booked": "Booked",
    "not_booked": "Not booked",
    "unreachable": "Could not be reached",
    "duplicate": "It is a duplicate",
    "withdrawn": "They withdrew",
    "spam": "It is spam",
}
# Why a lead was not booked: the usual reasons, to be counted.
REASONS = {
    "price": "The price",
    "time": "No time that suits",
    "distance": "Too far away",
    "elsewhere": "Went somewhere else",
    "later": "Not now, perhaps later",
    "not_offered": "We do not offer it",
    "not_suitable": "Not suitable (a clinician decided)",
    "no_answer": "Stopped answering",
    "other": "Something else (please write what)",
}
# What is counted of conversations (analytics/facts.py); these are the names that filters and pictures show.
FACTS = {
    "ended-answered": "Ended with an answer",
    "ended-handed-off": "Handed to people",
    "ended-unanswered": "Ended without an answer",
    "ended-other": "No question asked",
    "helped-confirmed": "Visitor said that it helped",
    "helped-assumed": "Left with an answer, said nothing",
    "helped-denied": "Visitor said that it did not help",
    "thumb-up": "Thumbs up",
    "thumb-down": "Thumbs down",
    "answer-checked": "Answers in reviewed conversations",
    "answer-wrong": "Marked as wrong",
    "booking-started": "Began a request",
    "booking-sent": "Sent the request",
    "wait-250": "Up to 0.25 s",
    "wait-500": "Up to 0.5 s",
    "wait-1000": "Up to 1 s",
    "wait-2000": "Up to 2 s",
    "wait-5000": "Up to 5 s",
    "wait-10000": "Up to 10 s",
    "wait-slower": "Longer than 10 s",
}
# What a receipt of an erasure counts, and what is forgotten in time.
ERASED = {
    "by_phone": "Asked for by phone number",
    "by_email": "Asked for by e-mail address",
    "by_conversation": "Asked for by conversation",
    "conversations": "Conversations",
    "messages": "Messages in them",
    "turns": "Turns, with what was understood",
    "records": "Red flags, reviews, comments, unanswered questions and figures of them",
    "leads": "Leads, with their messages and history",
    "comments": "Comments elsewhere that named the person",
    "gaps": "Unanswered questions that named the person",
    "lead_notes": "Notes on other leads that named the person",
    "messages_out": "Messages to reception that named the person",
    "delivery_log": "Lines of the delivery log that named the person",
    "examples": "Training examples that named the person",
    "drafts": "Answers and drafts that named the person",
    "views": "Saved views that named the person",
    "rasa_removed": "Conversations removed from Rasa's own record",
    "rasa_soon": "Conversations that Rasa still holds: removed within 80 minutes",
}
KEPT = {
    "conversations": "Anonymous conversations: emptied",
    "lead_conversations": "Conversations with a lead: words removed",
    "rasa": "Rasa's own record of forgotten conversations: removed once idle",
    "leads": "Leads: deleted",
    "alerts": "Alerts to reception: deleted",
    "consents": "Consent ledger (hashed): deleted",
}
# The booking's questions.
STEPS = {
    "name": "Name",
    "method": "Way of contact",
    "contact": "Number or address",
    "day": "Day",
    "part": "Time of day",
    "interest": "What it is about",
    "visit": "First visit or not",
    "note": "Note",
    "confirm": "Is it all right?",
    "consent": "Consent",
}
WITHDRAWN_BY = {
    "call": "On the phone",
    "text": "By text message (STOP)",
    "email": "By e-mail",
    "chat": "In the chat",
    "person": "In person",
    "other": "In another way",
}
# The board's columns: title and the states in them.
BOARD = {
    "new": ("New", ("new", "delivered")),
    "seen": ("Seen", ("acknowledged",)),
    "contacting": ("Contacting", ("contacting",)),
}
SHOWN_LEADS = {"open": "Open", "closed": "Closed", "all": "All"} | STATES
MESSAGE_STATES = {
    "due": "Waiting to be sent",
    "sent": "Sent",
    "dead": "Failed for good",
    "skipped": "Not sent: no receiver is set up",
    "cancelled": "Cancelled",
}
TRY_RESULTS = {
    "sent": "Sent",
    "retry": "Failed, will be tried again",
    "dead": "Failed",
    "skipped": "Not sent",
    "wait": "Too early, waits",
    "bounced": "Came back",
}
MESSAGE_KINDS = {
    "lead.created": "New lead",
    "lead.repeated": "Repeated request",
    "lead.overdue": "Overdue lead",
    "visitor.confirm": "Confirmation to the visitor",
    "digest.daily": "Daily digest",
    "digest.weekly": "Weekly summary",
    "test": "Test",
    "alert.emergency": "Emergency alert",
    "alert.urgent": "Urgent alert",
}
CHANNELS = {
    "email": "E-mail",
    "webhook": "Webhook",
    "chat": "Team chat",
    "call": "Phone call",
    "text": "Text message",
    "escalation": "E-mail to those named for overdue leads",
    "summary": "E-mail to those named for the summary",
    "visitor": "E-mail to the visitor",
}
METHODS = {"call": "Phone call", "text": "Text message", "email": "E-mail"}
VISITS = {"first": "First visit", "returning": "Has been here before (their words)"}
SOURCES = {"chat": "Chat", "form": "Call-back form"}
GAP_REASONS = {
    "no_answer": "No approved answer yet",
    "not_covered": "More specific than the answer",
    "not_named": "The documents do not name it",
    "not_understood": "Not understood",
    "follow_up": "Wanted to know more",
    "no_translation": "Not in this language",
}
GAP_STATES = {"open": "Open", "closed": "Answered since", "unneeded": "Not needed"}
LANGUAGES = {"en": "English", "es": "Spanish"}
ANSWER_STATES = {"live": "Live", "draft": "Draft waiting", "retired": "Retired", "declined": "Turned down"}
VERSION_STATES = {"draft": "Draft", "approved": "Approved", "declined": "Turned down"}
ENTITIES = {"condition": "Conditions", "treatment": "Treatments", "body_area": "Body areas"}
NAMED = {
    "condition": "Condition",
    "treatment": "Treatment",
    "body_area": "Body area",
    "skin_tone": "Skin tone",
    "medicine": "Medicine",
    "symptom": "Symptom",
    "product": "Product",
    "activity": "Activity",
    "detail": "Detail",
    "topic": "Topic",
    "choice": "Choice",
}
ANSWER_DONE = {
    "saved": "The draft is saved. It goes live when the owner or a clinician approves it.",
    "live": "This is live now: the next visitor who asks gets it.",
    "declined": "The draft was turned down. What visitors get has not changed.",
    "retired": "Visitors do not get this answer any more.",
    "returned": "Visitors get this answer again.",
    "review": "The date is saved.",
}
EVENTS = {
    "created": "Lead came in",
    "repeated": "Asked again",
    "state": "Changed",
    "note": "Note",
    "consent": "Consent",
    "resend": "Sent again",
    "erased": "Erased",
    "owner": "Owner",
    "step": "Next step",
    "merged": "Merged",
    "unmerged": "Separated again",
    "reply": "Wrote to the visitor in the chat",
}
GUARD_REASONS = {
    "sure": "Sure enough",
    "low_confidence": "Not sure enough",
    "small_margin": "Two meanings were close",
    "two_topics": "Two meanings were as likely",
    "one_level_up": "In doubt, one level up",
    "red_flag": "A safety pattern decided",
    "stood_back": "A safety pattern stood back: surely another question",
    "payload": "The visitor pressed a button",
}
TRAINING_STATES = {
    "queued": "Begins in a moment",
    "training": "Learning",
    "scoring": "Being compared",
    "ready": "Waits for a decision",
    "publishing": "Taking over",
    "published": "Published",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
TRAINING_REASONS = {
    "disk_full": "The disk is full. Free about 1 GB on the server and train again.",
    "no_memory": "The server ran out of memory (about 2 GB must be free). Close other programs there and train again.",
    "broken": "The training stopped with an error. The reason stands in log/training.log of the server's home folder.",
    "interrupted": "It was interrupted three times. Look at log/worker.log and log/training.log on the server.",
    "too_long": "It took more than two hours and was stopped. Is the server very busy?",
    "no_model": "A trained model is missing, or is not the one that was trained. Run: make train",
    "no_supervisor": (
        "The second assistant could not be started: this server was not started with “make run”. Restart it so, or run "
        "“make train” there."
    ),
    "not_answering": "The new model did not answer the trial questions rightly, so it was not used.",
}
GATES = {
    "emergency": "Emergency signs that are seen",
    "urgent": "Urgent signs that are seen",
    "candidacy": "Personal health left to people",
    "health": "Held-out questions about health left to people",
    "false_alarms": "False alarms (fewer is better)",
    "answerable": "Held-out questions understood",
    "wrong": "Held-out questions misunderstood (fewer is better)",
}
EFFECTS = {"worse": "Worse", "other": "Different", "better": "Better"}
LINE_KINDS = {
    "question": "held-out question",
    "taught": "you taught this",
    "fires": "red flag",
    "silent": "no red flag",
}
NOT_UNDERSTOOD = {"nlu_fallback": "not understood", "clarify": "asks which topic"}
ACTIONS = {
    "sign_in": "Logged in",
    "sign_in.failed": "Log-in failed",
    "sign_in.held_up": "Held up after too many tries",
    "sign_out": "Logged out",
    "sign_out.everywhere": "Logged out everywhere",
    "sign_out.other": "Logged another browser out",
    "sign_in.second_step": "Entered a code",
    "sign_in.second_step_failed": "Entered a wrong code",
    "second_step.on": "Set up the second step",
    "second_step.off": "Took the second step away",
    "second_step.codes_renewed": "Made new recovery codes",
    "second_step.recovery_used": "Used a recovery code",
    "second_step.failed": "Typed a wrong code to change the second step",
    "account.rescued": "New one-time password from the server",
    "password.changed": "Changed the password",
    "password.failed": "Typed a wrong current password",
    "account.created": "Account made",
    "account.role_changed": "Gave a colleague another role",
    "account.disabled": "Account closed",
    "account.password_renewed": "New one-time password",
    "conversation.viewed": "Read a conversation",
    "conversation.reviewed": "Said how far a conversation is reviewed",
    "conversation.tagged": "Tagged a conversation",
    "conversation.commented": "Commented on a conversation",
    "conversation.comment_removed": "Took a comment out",
    "conversation.comment_restored": "Put a comment back",
    "understanding.listed": "Looked at what was not understood",
    "example.made": "Made an example",
    "example.discarded": "Discarded a line",
    "example.undone": "Took a decision about lines back",
    "example.confirmed": "Confirmed a clinical example",
    "turn.misread": "Marked a reading as wrong",
    "turn.unmarked": "Took the mark from a reading",
    "training.started": "Started a training",
    "training.cancelled": "Cancelled a training",
    "training.restored": "Took a dropped model back",
    "model.published": "Published a trained model",
    "model.returned": "Went back to the model before",
    "view.saved": "Saved a view",
    "view.removed": "Removed a view",
    "conversations.listed": "Looked at the conversations",
    "lead.viewed": "Opened a lead",
    "leads.listed": "Looked at the leads",
    "gaps.listed": "Looked at the unanswered questions",
    "lead.moved": "Changed a lead",
    "lead.noted": "Wrote a note on a lead",
    "lead.owned": "Gave a lead an owner",
    "lead.planned": "Planned a lead's next step",
    "lead.merged": "Merged two leads",
    "lead.unmerged": "Separated merged leads",
    "lead.withdrawn": "Recorded that a person withdrew",
    "lead.replied": "Wrote to a visitor in the chat",
    "lead.handed_back": "Let the assistant answer again",
    "lead.copied": "Copied a lead's details",
    "lead.calendar": "Took a lead's calendar file",
    "leads.exported": "Exported leads",
    "figures.exported": "Exported figures",
    "person.looked": "Looked what is kept of a person",
    "person.erased": "Erased a person",
    "clinic.edited": "Edited the clinic's profile",
    "clinic.rolled_back": "Went back to an older profile",
    "message.resent": "Sent a message again",
    "gap.opened": "Opened an unanswered question",
    "gap.unneeded": "Marked a question as not needing an answer",
    "gap.reopened": "Opened a question again",
    "answer.drafted": "Wrote a draft of an answer",
    "answer.approved": "Approved an answer",
    "answer.declined": "Turned a draft down",
    "answer.rolled_back": "Went back to an older text",
    "answer.retired": "Retired an answer",
    "answer.returned": "Brought an answer back",
    "answer.review_set": "Set when to read an answer again",
    "channel.tested": "Sent a test message",
    "delivery.listed": "Looked at the delivery log",
    "backup.made": "Made a backup on the server",
    "backup.restored": "Restored a backup on the server",
    "retention.run": "Forgot what was due, on the server",
    "examples.written": "Wrote examples into the training files",
    "demo.filled": "Made up data to try the console",
    "demo.removed": "Took the made-up data away",
}


def label(value: str | None, names: dict[str, str] | None = None) -> str:
    """The words for a stored id; an id without words is shown with blanks instead of underscores."""
    text = value or ""
    return (names or {}).get(text) or text.replace("_", " ").replace(".", " ").capitalize()


def fact(name: str) -> str:
    """What a filter from the figures means."""
    if name in FACTS:
        return FACTS[name]
    kind, _, step = name.removeprefix("booking-").partition("-")
    if step in STEPS and kind in {"asked", "left"}:
        return f"Came to the question: {STEPS[step]}" if kind == "asked" else f"Stopped at the question: {STEPS[step]}"
    return "Leads of this hour and weekday" if name.startswith("lead-") else ""


def phone(number: str | None) -> str:
    """An E.164 number as people read it."""
    try:
        parsed = phonenumbers.parse(number or "")
    except phonenumbers.NumberParseException:
        return number or ""
    styles = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, styles.NATIONAL if parsed.country_code == 1 else styles.INTERNATIONAL)


def minutes(count: int) -> str:
    """A number of minutes in words: `45 min`, `3 h 20 min`."""
    hours, rest = divmod(count, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"
