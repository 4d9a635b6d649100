import pytest
from django.test import Client

from registry.models import Organization, Role, User
from tests import factories


@pytest.fixture
def city(db: None) -> Organization:
    return factories.organization("city", sector="municipal")


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def editor(city: Organization) -> Client:
    return browser(factories.member(city, Role.EDITOR, "editor"))


@pytest.fixture
def manager(city: Organization) -> Client:
    return browser(factories.member(city, Role.MANAGER, "manager"))
