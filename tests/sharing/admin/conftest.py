from collections.abc import Callable

import pytest
from django.test import Client

from registry.models import Role, User
from tests import factories
from tests.sharing.scene import Scene

SignIn = Callable[[User], Client]


@pytest.fixture
def sign_in() -> SignIn:
    """A browser of a person."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def people(scene: Scene) -> dict[str, User | None]:
    """Everyone who may knock at the admin's door, by what they are."""
    return {
        "anonymous": None,
        "without membership": factories.user("nobody"),
        "third party": scene.stranger,
        "demander's viewer": factories.member(scene.party, Role.VIEWER, "looker"),
        "demander's editor": scene.drafter,
        "demander's manager": scene.asker,
        "owner's viewer": factories.member(scene.metro, Role.VIEWER, "metro-viewer"),
        "owner's editor": factories.member(scene.metro, Role.EDITOR, "metro-editor"),
        "owner's manager": scene.metro_manager,
        "regulator elsewhere": factories.member(
            factories.regulator("xiangyang", of=factories.XIANGYANG), Role.MANAGER, "far-officer"
        ),
        "regulator's viewer": factories.member(scene.city, Role.VIEWER, "city-viewer"),
        "regulator": scene.officer,
    }
