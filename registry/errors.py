"""Why a verb was refused. Different refusals are different errors, and each names its HTTP status (RFC 9110)."""

from typing import ClassVar


class Refusal(Exception):
    """A verb did nothing. The message is for the person who asked; `code` is stable, for programs."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadInput(Refusal):
    """What was sent cannot be right in any state; `field` says where."""

    code = "bad_input"
    status = 400

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotYours(Refusal):
    """Seen by this person, but for others to do; `field` says which part of it, empty where all is."""

    code = "not_yours"
    status = 403

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotSeen(Refusal):
    """Absent, or not for this person to see: the two cannot be told apart."""

    code = "not_seen"
    status = 404


class WrongState(Refusal):
    """Allowed to this person, but not in this state."""

    code = "wrong_state"
    status = 409
