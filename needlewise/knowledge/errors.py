"""What can be wrong with knowledge files and with an answer that staff publish."""

from needlewise.errors import Conflict, InvalidInput, NeedlewiseError, NotFound


class KnowledgeFileError(NeedlewiseError):
    """A file of `data/knowledge` cannot be used; the message names the file and the key. Stops the start."""

    code = "knowledge_file"


class UnacceptableAnswer(InvalidInput):
    """An answer that may not be published; the message says what to change."""

    code = "unacceptable_answer"


class AnswerNotFound(NotFound):
    code = "answer_not_found"


class AnswerNotDraft(Conflict):
    """Only a draft can be approved."""

    code = "answer_not_draft"


class StaleAnswer(Conflict):
    """Somebody else changed the answer after the page was opened."""

    code = "stale_answer"


class AnswerExists(StaleAnswer):
    """A new answer for a place that has one already; `answer_id` names it."""

    code = "answer_exists"

    def __init__(self, answer_id: str) -> None:
        super().__init__("There is an answer for exactly this already. Please open that one and change it there.")
        self.answer_id = answer_id


class GapNotFound(NotFound):
    code = "gap_not_found"
