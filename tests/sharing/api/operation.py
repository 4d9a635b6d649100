"""An operation of the API, with who may do it; and how its arguments and its body are got from the world."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sharing.api.roles import ANONYMOUS, MEMBERS, NOBODY
from tests.sharing.api.world import World


@dataclass(frozen=True)
class Operation:
    """method, and path below /api/v1/ or from the root; call(world) gives the arguments of the path, and the body if
    there is one. query: what the address must ask.

    does: who is answered with `status`. sees: who is refused with 403, for it is not theirs to do. All other members
    are answered with 404, as if there were no such object.
    """

    method: str
    path: str
    prepare: Callable[[World], Any] = lambda world: ((), None)
    does: frozenset[str] = MEMBERS
    sees: frozenset[str] = frozenset()
    status: int = 200
    upload: bool = False
    query: str = ""

    def status_for(self, person: str) -> int:
        if person in self.does:
            return self.status
        if person == ANONYMOUS:
            return 401
        if person == NOBODY or person in self.sees:
            return 403
        return 404


def of(name: str, body: Any = None) -> Callable[[World], Any]:
    """The id of an attribute of the world (called where it is a method), and the body."""

    def prepare(world: World) -> Any:
        found = getattr(world, name)
        found = found() if callable(found) else found
        return (found.pk,), body

    return prepare


def body(make: Callable[[World], Any]) -> Callable[[World], Any]:
    return lambda world: ((), make(world))


def at(*arguments: str) -> Callable[[World], Any]:
    return lambda world: (arguments, None)
