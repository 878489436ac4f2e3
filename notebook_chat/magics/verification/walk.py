"""A walk over a notebook's cells, in order, as when all are run: what each would ask, and whether that is recorded."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence

from ...conversation import Alternative, Draft, Turn
from ...errors import ChatError
from ...messages import Message
from ...store import Cell, NotebookFile, is_chat_cell
from ...text import TEXT_NOTEBOOKS, single_line
from .acts import Act, Ask, Command, Failure, Setting, acts_of
from .assumptions import assumed
from .commands import ASKING, follow, read
from .differences import why_asked
from .questions import Asking, Question
from .records import Found, Records
from .report import Line, beginning
from .static_notebook import StaticNotebook


class Walk:
    """One way through a notebook.

    Args:
        file: The notebook.
        records: The answers from before.
        notebook: The same, as it is when it begins.
        may_fail: The cells, counted from 1, whose failures do not end a run.
    """

    def __init__(
        self,
        file: NotebookFile,
        records: Records,
        notebook: StaticNotebook,
        may_fail: Collection[int] = (),
    ) -> None:
        self._file = file
        self._may_fail = may_fail
        self._records = records
        self._notebook = notebook
        self._waiting: dict[str, int] = {}  # the cells that would ask, by the ids of their turns

    def lines(self) -> Iterator[Line]:
        """A line for each thing that is asked."""
        stored, number = iter(self._file.stored), 0
        is_text = (
            self._file.path.suffix.lower() in TEXT_NOTEBOOKS
        )  # of which only some lines are known to be cells
        for cell in self._file.cells:
            number += not is_text or is_chat_cell(cell.source)
            past = [next(stored).turn for _ in cell.turns]
            if cell.code:
                yield from self._cell(number, cell, past)

    def _cell(self, number: int, cell: Cell, past: list[Turn]) -> Iterator[Line]:
        for act in acts_of(cell.source):
            try:
                yield from self._act(number, act, past)
            except ChatError as error:
                if number not in self._may_fail:
                    yield Line(number, _begins(act, cell), "fails", why=single_line(str(error)))

    def _act(self, number: int, act: Act, past: list[Turn]) -> Iterator[Line]:
        """What becomes of one thing that a cell does."""
        asking: Asking | None = None
        match act:
            case Setting():
                self._notebook.settings.follow(act)
            case Failure(why=why) if number not in self._may_fail:
                yield Line(number, "%%chat", "fails", why=why)
            case Ask():
                asking = Asking.of_cell(act, self._notebook)
            case Command() if (line := read(act)) is not None:
                if line.name in ASKING:
                    asking = Asking.of_command(line.name, line.arguments, self._notebook)
                elif unknown := follow(line, self._notebook, certain=act.certain):
                    yield Line(number, beginning(f"%chat {act.line}"), "unknown", why=unknown)
        if asking is not None and not act.certain:
            self._end(asking, number)
            yield Line(number, beginning(asking.typed), "unknown", why="code decides whether it asks")
        elif asking is not None:
            yield self._asked(number, asking, past.pop(0) if past else None)

    def _asked(self, number: int, asking: Asking, past: Turn | None) -> Line:
        """What becomes of one question, which becomes a turn."""
        conversation, begins = self._notebook.conversation(asking.conversation), beginning(asking.typed)
        if asking.mode in ("off", "refresh"):
            self._end(asking, number)
            return Line(number, begins, "asks", why=f"replay is {asking.mode!r} there")
        blind = self._notebook.blind
        question = asking.question(conversation, past, self._records.model_for)
        found = [self._records.find(key.digest) for key in question.keys]
        if asking.mode == "keep":  # which is about what cells show
            found = [one if one is not None and one.source == "output" else None for one in found]
        surely = all(found) and not question.assumed
        above = [self._waiting[turn.id] for turn in question.draft.context if turn.id in self._waiting]
        if not all(found) and not above and (question.open.fields or blind):
            found = assumed(question, past, self._records, blind=bool(blind))
        whole = [one for one in found if one is not None]
        if len(whole) < len(found):
            self._end(asking, number)
            told = f"cell {above[-1]} would ask, whose answer goes along" if above else ""
            return Line(number, begins, "asks", why=told or why_asked(question, past, self._records))
        draft = conversation.begin(**question.prompt.place)
        conversation.commit(draft, _turn(draft, whole))
        sources = " and ".join(dict.fromkeys(one.source for one in whole))
        if surely:
            return Line(number, begins, "recorded", sources)
        return Line(number, begins, "assumed", sources, _listed(question, blind))

    def _end(self, asking: Asking, number: int) -> None:
        """Puts an answer into the conversation that nobody knows yet."""
        conversation = self._notebook.conversation(asking.conversation)
        draft = conversation.begin(Message("user", asking.typed), fresh=asking.fresh)
        unknown = Message("assistant", f"the answer that will have been {uuid.uuid4().hex}")
        others = tuple(Alternative((unknown,), "complete", model) for model in asking.options.models[1:])
        first = asking.options.models[0] if others else ""
        conversation.commit(draft, draft.turn((unknown,), "complete", model=first, alternatives=others))
        self._waiting[draft.id] = number


def _turn(draft: Draft, found: Sequence[Found]) -> Turn:
    """The turn that answers from before make."""
    answers = [one.record for one in found]
    kept = next((place for place, one in enumerate(answers) if one.exchange), 0)
    own = answers.pop(kept)
    others = tuple(Alternative(one.exchange, one.status, one.model) for one in answers)
    return draft.turn(own.exchange, own.status, model=own.model, alternatives=others, kept=kept)


def _begins(act: Act, cell: Cell) -> str:
    if isinstance(act, Ask):
        return beginning(act.body if act.body.strip() else f"%%chat {act.line}")
    return beginning(f"%chat {act.line}" if isinstance(act, Command) else cell.source)


def _listed(question: Question, blind: str) -> str:
    """What is assumed to be what it was."""
    names = [*dict.fromkeys(question.open.names), *([blind] if blind else [])]
    return f"{', '.join(names)} {'is what it was' if len(names) == 1 else 'are what they were'}"
