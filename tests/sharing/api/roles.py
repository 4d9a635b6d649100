"""Who calls the API: one person of every role on every side, nobody in particular, and who is not signed in."""

SIDES = ("party", "owner", "other", "here", "above", "elsewhere")
ROLES = ("viewer", "editor", "manager")
ANONYMOUS, NOBODY = "anonymous", "nobody"
MEMBERS = frozenset(f"{side} {role}" for side in SIDES for role in ROLES)
EVERYONE = frozenset({ANONYMOUS, NOBODY, *MEMBERS})


def people(*sides: str, roles: tuple[str, ...] = ROLES) -> frozenset[str]:
    return frozenset(f"{side} {role}" for side in sides for role in roles)


EDITORS, MANAGERS = ("editor", "manager"), ("manager",)
OWNER_MANAGER = people("owner", roles=MANAGERS)
PARTY, OWNER, HERE = people("party"), people("owner"), people("here", "above")
REGULATING = people("here", "above", roles=MANAGERS)
OFFICE = people("here")
SEE_MATCH = PARTY | OWNER | HERE
SEE_LIST = PARTY | HERE
