"""The self-check (page 20): the head of the branch answers, the data suggests, and what was answered stays."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from ca.roster import Role
from ra.errors import PageError
from ra.languages import mark
from ra.names import branch_names, names_of
from ra.office import office
from ra.scope import roles, scope
from ra.self_check import ANSWERS, QUESTIONS, prefilled
from store.identifiers import uuid7
from store.self_checks import SelfCheck, add_self_check, self_checks

__all__ = ["PAGES"]

PAGES: Final = Blueprint("selfcheck", __name__, url_prefix="/selfcheck")

SHOWN: Final = 20
"""Earlier checks that the page lists."""


@PAGES.get("/")
@roles(Role.HEAD, Role.AUDIT)
def form() -> str:
    """The questions for the branch, with what the data says, and the checks before."""
    return _page({}, [])


@PAGES.post("/")
@roles(Role.HEAD)
def answered() -> ResponseReturnValue:
    """Keep the answers; every question needs one, and a No a remark."""
    if not scope().branch:
        raise PageError("E-5001")
    answers = {each.code: _answer(each.code) for each in QUESTIONS}
    wrong = _check(answers)
    if wrong:
        return _page(answers, wrong), 422
    now = office().clock()
    check = SelfCheck(uuid7(now, office().random), scope().branch, scope().person, now, answers)
    with office().database.transaction() as tx:
        add_self_check(tx, scope().branches, check)
    flash(gettext(mark("The self-check was saved.")), "good")
    return redirect(url_for("selfcheck.show", id=check.id), 303)


@PAGES.get("/<uuid:id>")
@roles(Role.HEAD, Role.AUDIT)
def show(id: UUID) -> str:
    """A self-check as it was answered, for the screen and for paper."""
    with office().database.snapshot() as tx:
        found = self_checks(tx, scope().branches, before=UUID(int=min(id.int + 1, (1 << 128) - 1)), limit=1)
    if not found or found[0].id != id:
        raise PageError("E-5001")
    return render_template(
        "selfcheck/show.html",
        check=found[0],
        questions=QUESTIONS,
        answers=ANSWERS,
        officers=names_of(office()),
        branch_names=branch_names(office()),
    )


def _page(given: Mapping[str, Mapping[str, str]], wrong: list[tuple[str, str]]) -> str:
    branch = scope().branch
    with office().database.snapshot() as tx:
        earlier = self_checks(tx, scope().branches, limit=SHOWN)
    return render_template(
        "selfcheck/form.html",
        questions=QUESTIONS,
        answers=ANSWERS,
        data=prefilled(office(), branch) if branch else {},
        given=given,
        errors=wrong,
        wrong=dict(wrong),
        earlier=earlier,
        may=bool(branch) and scope().may(Role.HEAD),
        branch=branch,
        officers=names_of(office()),
        branch_names=branch_names(office()),
    )


def _answer(code: str) -> dict[str, str]:
    answer = request.form.get(code, "")
    remark = request.form.get(f"{code}-remark", "").strip()[:200]
    return {"answer": answer if answer in ANSWERS else "", "remark": remark}


def _check(answers: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    wrong = []
    for number, each in enumerate(QUESTIONS, 1):
        if not answers[each.code]["answer"]:
            wrong.append((each.code, gettext(mark("Question %(number)s has no answer yet."), number=number)))
        elif answers[each.code]["answer"] == "no" and not answers[each.code]["remark"]:
            message = mark("Question %(number)s: write what is wrong and by when it will be corrected.")
            wrong.append((f"{each.code}-remark", gettext(message, number=number)))
    return wrong
