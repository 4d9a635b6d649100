"""What somebody comes back to: after signing in, and after a change of language."""

import pytest
from django.test import Client, RequestFactory

from registry.whence import page_named, page_of
from tests import factories

HOST = "http://testserver"


@pytest.mark.parametrize(
    ("whence", "back"),
    [
        (f"{HOST}/lists/5/?page=2", "/lists/5/?page=2"), (f"{HOST}/", "/"), ("", "/"), (HOST, "/"),
        (f"{HOST}//elsewhere.example/", "/elsewhere.example/"), ("http://[", "/"),
        ("https://elsewhere.example/lists/5/", "/"), (f"{HOST}.example/lists/5/", "/"), ("/lists/5/", "/"),
    ],
)  # fmt: skip
def test_what_was_sent_comes_back_to_the_page_that_it_was_sent_from(whence: str, back: str):
    assert page_of(RequestFactory().post("/lists/5/request/", headers={"Referer": whence})) == back


def test_a_page_comes_back_to_itself():
    assert page_of(RequestFactory().get("/lists/5/?page=2")) == "/lists/5/?page=2"


def test_a_form_sent_after_the_session_ended_comes_back_to_its_page(db: None):
    answer = Client().post("/lists/5/request/", headers={"Referer": f"{HOST}/lists/5/"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/sign-in/?next=/lists/5/")


def test_the_language_of_a_form_that_came_back_changes_on_its_page(db: None):
    owner = factories.organization("metro")
    client = Client()
    client.force_login(factories.member(owner))
    page = f"{HOST}/organizations/metro/"
    refused = client.post("/organizations/metro/contact/", {"contact_email": "none"}, headers={"Referer": page})
    assert refused.status_code == 400
    assert '<input type="hidden" name="next" value="/organizations/metro/">' in refused.content.decode()


@pytest.mark.parametrize(
    ("named", "to"),
    [
        ("/lists/5/?page=2", "/lists/5/?page=2"), (f"{HOST}/lists/5/", f"{HOST}/lists/5/"), ("", "/else/"),
        ("https://elsewhere.example/", "/else/"), ("//elsewhere.example/", "/else/"), ("javascript:x()", "/else/"),
    ],
)  # fmt: skip
def test_a_page_that_is_named_is_gone_to_where_it_is_of_this_site(named: str, to: str):
    assert page_named(RequestFactory().post("/lists/5/request/", {"next": named}), "/else/") == to
    assert page_named(RequestFactory().get("/assets/terms/", {"next": named}), "/else/") == to
