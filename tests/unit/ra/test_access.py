"""Every view says who may use it, and nobody else does."""

import pytest
from flask import Flask

from ca.roster import Role
from ra.app import PAGES
from ra.scope import access_of, check_declared, machine, public, roles
from tests.fixtures.front import Front


def test_every_view_declares_who_may_use_it(front: Front) -> None:
    """No route of the application is without a declaration."""
    assert all(access_of(view) is not None for view in front.app.view_functions.values())


def test_an_application_with_an_undeclared_view_does_not_start() -> None:
    """A forgotten declaration is found before anybody can use the view."""
    app = Flask("ra", static_folder=None)
    app.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(TypeError, match="open"):
        check_declared(app)


def test_a_view_for_no_role_cannot_be_declared() -> None:
    """An empty declaration is a mistake, not a door for everybody."""
    with pytest.raises(ValueError, match="nobody"):
        roles()


def test_declarations_are_what_they_say() -> None:
    """Officers by role, everybody, or a machine."""

    def view() -> str:
        return ""

    assert access_of(roles(Role.AUDIT)(view)) is not None
    assert [access_of(each(view)).kind for each in (public, machine)] == ["public", "machine"]  # type: ignore[union-attr]  # set by the line itself


def test_who_is_not_logged_in_is_led_to_the_login_page(front: Front) -> None:
    """Every page for officers asks for a login first and comes back to the page."""
    answer = front.stranger().get("/?day=today")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/?day%3Dtoday")


def test_a_page_of_the_other_site_does_not_exist(front: Front) -> None:
    """Every group of pages is on at least one site, and those of one site are not found on the other."""
    assert all(sites for _, sites in PAGES)
    assert front.browser("head-minato", "approval").get("/staff").status_code == 404


def test_a_session_of_one_site_is_none_on_the_other(front: Front) -> None:
    """A cookie that is carried from the working site to the approval site by hand opens nothing there."""
    working = front.browser("approver-minato")
    approval = front.stranger("approval")
    cookie = working.client.get_cookie("__Host-ninsho", domain="desk.example.jp")
    assert cookie is not None
    approval.client.set_cookie("__Host-ninsho", cookie.value, domain="approve.example.jp", secure=True)
    assert approval.get("/").status_code == 303
