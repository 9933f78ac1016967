"""Every route of both sites, every role, one's own objects and another branch's: what is declared, and nothing else.

The routes are read from the application, so a new page is visited without being named here. A page whose address has a
part that this module knows no sample for fails `test_every_part_of_an_address_has_a_sample`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from ca.roster import Role
from ca.trail import serial_text
from ra.access import SITES as SITES_OF
from ra.office import Party
from ra.scope import Access, access_of
from store.cases import case_by_receipt, events_of
from store.certificates import CertificateFilter, find
from store.self_checks import SelfCheck, add_self_check
from tests.fixtures.front import Browser
from tests.fixtures.officers import BRANCHES
from tests.fixtures.walk import ENTRIES, Walk, make_walk

PEOPLE: Final[Mapping[str, Role]] = {
    "reception-minato": Role.RECEPTION,
    "examiner-minato": Role.EXAMINE,
    "approver-minato": Role.APPROVE,
    "second-head-minato": Role.HEAD,
    "auditor": Role.AUDIT,
    "operator": Role.ADMIN,
}
"""An officer of each role; the register feed is a system, and logs in nowhere."""

SEES_ALL: Final = "auditor"
"""An auditor of no branch audits every branch; an administrator of none sees no branch's objects."""

LEAVING: Final = ("desk.leave", "desk.lock_now")
"""What ends or locks the session that asks; it is visited in a session of its own."""

NO_SAMPLE: Final[Mapping[str, str]] = {"filename": "base.css", "week": "2026-11-23", "name": "receipt"}
"""Parts of addresses that name nothing of any branch."""

Whose = Literal["own", "foreign"]
SITES: Final[tuple[Party, ...]] = ("working", "approval")
HOME: Final[Mapping[Party, str]] = {"working": "/", "approval": "/approvals/"}


@dataclass
class Objects:
    """What one branch has: a case at every step, and a certificate; `marks` stand in a page that shows one of them."""

    cases: dict[str, str]
    ids: dict[str, UUID]
    issuer: str
    serial: str
    name: str
    check: UUID

    @property
    def marks(self) -> tuple[str, ...]:
        """Words that only this branch's pages may hold."""
        return (self.name, self.serial, *self.cases.values())

    def samples(self, rule: Rule, step: str) -> dict[str, object]:
        """A value for each part of the route that names something: of the case at that step, or another object."""
        known: dict[str, object] = {
            "receipt": self.cases[step],
            "terminal.id": self.ids[step],
            "selfcheck.id": self.check,
            "issuer": self.issuer,
            "serial": self.serial,
        }
        group = rule.endpoint.partition(".")[0]
        names = {name: name if name in known else f"{group}.{name}" for name in rule.arguments}
        return {name: known[key] for name, key in names.items() if key in known}


FORMS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "cases.identified": ("identify", {"documents": "number-card"}),
    "cases.looked_up": ("register", {"card": ENTRIES["sapporo"].card}),
    "cases.deferred": ("confirm", {"consent": "1", "until": "2026-11-26", "told": "明日"}),
    "cases.examined": ("examine", {"send_back": "1", "comment": "住所を確かめる"}),
    "approvals.signed": ("approve", {"send_back": "1", "comment": "住所を確かめる"}),
    "cases.withdrawn": ("register", {"reason": "出直すとのこと"}),
}
"""Forms that go through at a case of that step, so that nothing but the branch stops them. Others are sent empty."""

STEPS: Final = ("identify", "register", "confirm", "examine", "approve", "closed")


@dataclass
class Matrix:
    """The application with the objects of both branches, and everybody's browsers."""

    walk: Walk
    objects: Mapping[str, Objects]
    browsers: dict[tuple[str, Party], Browser] = field(default_factory=dict)

    def browser(self, person: str, site: Party) -> Browser:
        """Somebody's browser with a form's token; "" is nobody's."""
        if (person, site) not in self.browsers:
            made = self.walk.front.browser(person, site) if person else self.walk.front.stranger(site)
            made.get(HOME[site] if person else "/login")
            self.browsers[person, site] = made
        return self.browsers[person, site]

    def routes(self) -> list[tuple[Rule, Access]]:
        """Every route with what its view declares."""
        app, found = self.walk.front.app, []
        for rule in app.url_map.iter_rules():
            access = access_of(app.view_functions[rule.endpoint])
            assert access is not None
            found.append((rule, access))
        return found

    def on_site(self, rule: Rule, site: Party) -> bool:
        """Whether the page is on that site."""
        app = self.walk.front.app
        return "." not in rule.endpoint or site in app.extensions[SITES_OF][rule.endpoint.partition(".")[0]]

    def address(self, rule: Rule, whose: Whose, step: str) -> str:
        """The address of a route for one's own branch's object or the other's."""
        branch = "minato" if whose == "own" else "sapporo"
        known = NO_SAMPLE | self.objects[branch].samples(rule, step)
        built = rule.build({name: known[name] for name in rule.arguments}, append_unknown=False)
        assert built is not None
        return str(built[1])

    def visits(self, whose: Whose) -> Iterator["Visit"]:
        """Every method of every route on each site that has it."""
        for site in SITES:
            for rule, access in self.routes():
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    if rule.endpoint not in LEAVING and self.on_site(rule, site):
                        step, form = FORMS.get(rule.endpoint, ("approve", {}))
                        yield Visit(site, rule, access, method, self.address(rule, whose, step), form)

    def events(self, branch: str) -> dict[str, int]:
        """How many events each case of a branch has."""
        with self.walk.front.database.snapshot() as tx:
            ids = self.objects[branch].ids
            return {step: len(events_of(tx, frozenset({branch}), id)) for step, id in ids.items()}


@dataclass(frozen=True)
class Visit:
    """A request to be made; `form` is one that would go through at the branch of the object."""

    site: Party
    rule: Rule
    access: Access
    method: str
    address: str
    form: Mapping[str, str]

    def by(self, browser: Browser, form: Mapping[str, str] | None = None) -> TestResponse:
        """The answer that somebody gets; a form is sent with the token of the page seen last."""
        return browser.get(self.address) if self.method == "GET" else browser.post(self.address, form)

    def __str__(self) -> str:
        return f"{self.method} {self.address} on the {self.site} site"

    @property
    def names_an_object(self) -> bool:
        """Whether the address names something of a branch."""
        return not self.rule.arguments <= NO_SAMPLE.keys()


def made(walk: Walk, branch: str) -> Objects:
    """A case at every step; the last one led to a certificate, which was handed over."""
    paths = {step: walk.issue(step, branch=branch).rpartition("/")[2] for step in STEPS}
    with walk.house.owner.snapshot() as tx:
        branches = frozenset({branch})
        ids = {step: case_by_receipt(tx, branches, receipt).id for step, receipt in paths.items()}
        (issued,) = [each for each in find(tx, CertificateFilter(state="issued")) if each.partition in BRANCHES[branch]]
    check = SelfCheck(uuid4(), branch, f"head-{branch}", walk.front.now, {})
    with walk.front.database.transaction() as tx:
        add_self_check(tx, branches, check)
    return Objects(paths, ids, issued.issuer, serial_text(issued.serial), ENTRIES[branch].name, check.id)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Matrix]:
    """Both branches with all their objects, made once."""
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "ninsho.db").write_bytes(_sqlite_template.read_bytes())
    walk = make_walk(folder, f"sqlite:///{folder / 'ninsho.db'}")
    yield Matrix(walk, {branch: made(walk, branch) for branch in ENTRIES})
    walk.close()


def test_every_part_of_an_address_has_a_sample(matrix: Matrix) -> None:
    """A new page cannot be left out: who adds one says what a sample of its objects is, for both branches."""
    unknown = {
        rule.rule: rule.arguments - NO_SAMPLE.keys() - matrix.objects["minato"].samples(rule, "approve").keys()
        for rule, _ in matrix.routes()
    }
    assert {rule: parts for rule, parts in unknown.items() if parts} == {}


def test_nothing_is_asked_but_by_get_and_post(matrix: Matrix) -> None:
    """There is no third way to a view that this module would not visit."""
    methods = {method for rule, _ in matrix.routes() for method in rule.methods or ()}
    assert methods == {"GET", "HEAD", "OPTIONS", "POST"}


def test_nobody_is_led_to_the_login(matrix: Matrix) -> None:
    """Every page for officers, whatever it names; a terminal's address wants the terminal's signature."""
    for visit in (*matrix.visits("own"), *matrix.visits("foreign")):
        answer = visit.by(matrix.browser("", visit.site))
        if visit.access.kind == "officers":
            assert answer.status_code == 303, visit
            assert urlsplit(answer.headers["Location"]).path == "/login", visit
        elif visit.access.kind == "machine":
            assert answer.status_code == 401, visit
        _shows_nothing_of(matrix, answer, "minato", "sapporo")


@pytest.mark.parametrize("person", PEOPLE)
def test_a_role_reaches_what_is_declared_for_it(matrix: Matrix, person: str) -> None:
    """One's own branch's objects: 403 without the role, an answer with it; no list shows the other branch's."""
    for visit in matrix.visits("own"):
        answer = visit.by(matrix.browser(person, visit.site))
        assert answer.status_code < 500, visit
        if _refused(visit, answer, person):
            continue
        if visit.access.kind == "officers":
            assert answer.status_code != 403, visit
            if visit.names_an_object:
                assert _is_missing(answer) == (person == "operator"), (visit, answer.status_code)
        if person != SEES_ALL:
            _shows_nothing_of(matrix, answer, "sapporo")


@pytest.mark.parametrize("person", PEOPLE)
def test_what_belongs_to_another_branch_does_not_exist(matrix: Matrix, person: str) -> None:
    """404 for every page and form that names it, 403 without the role even then; nothing of it is shown or changed."""
    before = matrix.events("sapporo")
    for visit in matrix.visits("foreign"):
        answer = visit.by(matrix.browser(person, visit.site), visit.form)
        if _refused(visit, answer, person) or person == SEES_ALL:
            continue
        if visit.names_an_object:
            assert _is_missing(answer), (visit, answer.status_code)
        _shows_nothing_of(matrix, answer, "sapporo")
    assert matrix.events("sapporo") == before


def test_the_other_branchs_own_officers_get_those_forms_through(matrix: Matrix) -> None:
    """The yardstick: the same forms change the same cases when an officer of their branch sends them."""
    people = {Role.RECEPTION: "reception-sapporo", Role.EXAMINE: "examiner-sapporo", Role.APPROVE: "approver-sapporo"}
    sent = []
    for visit in matrix.visits("foreign"):
        if visit.rule.endpoint in FORMS:
            person = next(code for role, code in people.items() if role in visit.access.roles)
            browser = matrix.browser(person, visit.site)
            assert visit.by(browser, visit.form).status_code == 303, visit
            sent.append(visit.rule.endpoint)
    assert sorted(sent) == sorted(FORMS)


@pytest.mark.parametrize("person", ["reception-minato", "approver-minato"])
def test_no_form_is_taken_without_its_token(matrix: Matrix, person: str) -> None:
    """Another site's page sends forms in the officer's name, but knows no token."""
    before = matrix.events("minato")
    for visit in matrix.visits("own"):
        if visit.method == "POST" and visit.access.kind != "machine":
            answer = visit.by(matrix.browser(person, visit.site), {**visit.form, "csrf_token": ""})
            assert answer.status_code in ((400,) if _may(visit, person) else (403,)), (visit, answer.status_code)
    assert matrix.events("minato") == before


def test_a_page_is_on_its_own_site_only(matrix: Matrix) -> None:
    """What is of one site is not found on the other, logged in or not."""
    for rule, _ in matrix.routes():
        for site in SITES:
            if not matrix.on_site(rule, site):
                browser = matrix.browser("approver-minato", site)
                address = matrix.address(rule, "own", "approve")
                asked = browser.get(address) if "GET" in (rule.methods or ()) else browser.post(address)
                assert asked.status_code == 404, (address, site)


def test_a_locked_session_opens_nothing(matrix: Matrix) -> None:
    """423 for every page and form but those that unlock, whoever sits down at the desk."""
    locked = {site: matrix.walk.front.browser("second-head-minato", site) for site in SITES}
    for site, browser in locked.items():
        browser.get(HOME[site])
        assert browser.post("/lock").status_code == 303
    for visit in matrix.visits("own"):
        if visit.access.kind == "officers" and not visit.access.while_locked:
            answer = visit.by(locked[visit.site])
            assert answer.status_code == 423, (visit, answer.status_code)
            assert matrix.objects["minato"].name not in answer.text


def _may(visit: Visit, person: str) -> bool:
    return visit.access.kind != "officers" or PEOPLE[person] in visit.access.roles


def _is_missing(answer: TestResponse) -> bool:
    """Whether the object of the address does not exist; a card that the register does not know is another 404."""
    return answer.status_code == 404 and any(code in answer.text for code in ("E-1001", "E-5001"))


def _refused(visit: Visit, answer: TestResponse, person: str) -> bool:
    """Whether the visit ends at the door, as it must: for machines alone, or for other roles."""
    if visit.access.kind == "machine":
        assert answer.status_code == 401, visit
        return True
    if not _may(visit, person):
        assert answer.status_code == 403, (visit, answer.status_code)
        return True
    return False


def _shows_nothing_of(matrix: Matrix, answer: TestResponse, *branches: str) -> None:
    """Nothing of a branch stands in an answer, but for what its own address says."""
    asked = answer.request.path
    for branch in branches:
        marks = [each for each in matrix.objects[branch].marks if each not in asked]
        assert [each for each in marks if each in answer.text] == [], (asked, branch)
