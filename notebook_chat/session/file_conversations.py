"""Conversations that come from files: what is taken over of them, under which names, and what stays of those before."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import HistoryError
from .guests import base_name, guest_name
from .named_conversations import DEFAULT, NamedConversations
from .resumed import Resumed

if TYPE_CHECKING:
    from ..conversation import Conversation, Turn, Withheld


class FileConversations(NamedConversations):
    """Named conversations that can be taken over from files, which anybody may have written. No file speaks for the
    user, and none takes away what was said before."""

    def _restored(self, path: Path, *, own: Path | None, whole: bool) -> Resumed:
        """Goes on with what a notebook's outputs hold, in place of the conversations of those names.

        Args:
            path: The notebook's file.
            own: The notebook that goes on with it; ``None`` where it is not known.
            whole: Whether the user has said yes to all that the file holds.

        Raises:
            HistoryError: The file cannot be read, or holds no conversation.
        """
        from ..conversation import admit
        from ..store import read_notebook
        from .recognition import taken_over

        file = read_notebook(path)
        if not file.stored:
            raise HistoryError(f"there is no conversation in the outputs of {path.name}")
        known = {DEFAULT, *self._conversations}
        restored: list[Conversation] = []
        withheld: list[Withheld] = []
        aside: list[Conversation] = []
        copies = file.conversations()
        for copy in copies:
            name = copy.name if copy.name in known else guest_name(copy.name, {*known, *self._conversations})
            conversation = self.conversation(name)
            admission = admit(self._with_files(copy.turns), copy.system, own=conversation.system, whole=whole)
            withheld += admission.withheld
            if admission.turns:
                if not _has_all(admission.turns, conversation.turns):
                    aside.append(self._set_aside(conversation, {copy.name for copy in copies}))
                turns = _completed(admission.turns, conversation.turns)
                conversation.replace(taken_over(turns, path, own))
                restored.append(conversation)
        damaged = tuple(f"cell {number} of {path.name}" for number in file.damaged)
        return Resumed(
            tuple(restored), file.broken, withheld=tuple(withheld), damaged=damaged, aside=tuple(aside)
        )

    def take_from_file(
        self, read: Conversation, *, whole: bool = False
    ) -> tuple[Conversation | None, tuple[Withheld, ...]]:
        """Takes a conversation in that was read from a file, under a name that is free: never as the default one, nor
        in another one's place. All that it holds besides the texts of user and assistant takes a yes.

        Args:
            read: The conversation, as the file has it.
            whole: Whether the user has said yes to all that the file holds.

        Returns:
            The conversation to go on with, also where it was taken in before, ``None`` where there is nothing to go on
            with; and what takes the yes, or what it was given for.
        """
        from ..conversation import Conversation, Origin, admit

        self._come_up_to_date()
        own, count = self.system or None, len(read.turns)
        texts = admit(read.turns, read.system, own=own, whole=False)
        admission = admit(read.turns, read.system, own=own, whole=True) if whole else texts
        origin = Origin(read.origin.id, count - 1) if read.origin is not None else None
        ids, all_ids = ({turn.id for turn in one.turns} for one in (texts, admission))
        for there in self._conversations.values():
            known = origin is not None and there.origin == origin and ids <= {turn.id for turn in there.turns}
            if known and there.name.startswith(base_name(read.name)):
                if whole:
                    since = [turn for turn in there.turns if turn.id not in all_ids]
                    there.replace((*admission.turns, *since))
                return there, admission.withheld
        if not admission.turns:
            return None, admission.withheld
        name = guest_name(read.name, {DEFAULT, *self._conversations})
        taken = Conversation(name, system=own, turns=admission.turns, origin=origin)
        self._add(taken, save=True)
        return taken, admission.withheld

    def _with_files(self, turns: Sequence[Turn]) -> list[Turn]:
        """The turns of a notebook's file, with those large files of prompts that the notebook does not hold and this
        kernel's conversations do."""
        import msgspec

        from ..store import as_in_notebook

        known = {turn.id: turn for one in self._conversations.values() for turn in one.turns}
        given = []
        for turn in turns:
            own = known.get(turn.id)
            same = own is not None and as_in_notebook(own).prompt == turn.prompt
            given.append(
                msgspec.structs.replace(turn, prompt=own.prompt) if own is not None and same else turn
            )
        return given

    def _set_aside(self, conversation: Conversation, taken: Collection[str]) -> Conversation:
        """Keeps what was said in a conversation under another name: once, however often that is asked for."""
        for there in self._conversations.values():
            if (
                there.origin is not None
                and there.origin.id == conversation.id
                and _has_all(there.turns, conversation.turns)
            ):
                return there
        names = (f"{conversation.name}-{number}" for number in itertools.count(2))
        branch = conversation.branch(
            next(name for name in names if name not in {*taken, *self._conversations})
        )
        self._add(branch, save=True)
        return branch


def _has_all(turns: Sequence[Turn], others: Sequence[Turn]) -> bool:
    """Whether all that was said in some turns was said in others."""
    said = {turn.id: _said(turn) for turn in turns}
    return all(said.get(turn.id) == _said(turn) for turn in others)


def _completed(turns: Sequence[Turn], known: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns of a file; of those that are known here, word for word, with all that this machine has of their
    answers: a file is without large images and without answers in their vendor's own form."""
    from msgspec.structs import replace

    own = {turn.id: turn for turn in known}
    return tuple(
        replace(turn, exchange=own[turn.id].exchange)
        if turn.id in own and _said(own[turn.id]) == _said(turn)
        else turn
        for turn in turns
    )


def _said(turn: Turn) -> tuple[object, ...]:
    """What was said in a turn, as a file has it and as it comes from there."""
    from ..parts import ReplayPart, TextPart
    from ..store import lean

    parts = tuple(part for part in lean(turn).parts if not isinstance(part, ReplayPart))
    return turn.prompt, parts if any(not isinstance(part, TextPart) for part in parts) else turn.answer
