"""The people's own keys: each is open for one confirmation, with a PIN that only its person types."""

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ca.ceremony.errors import InputEnded, PeopleRefused
from ca.ceremony.presence import check
from ca.ceremony.steps import steps
from ca.statement import Domain, PrivateKey, key_octets, public_key, verifies
from cli.ceremony.credentials import CredentialRefused, GivenKeys
from cli.ceremony.people import TerminalPeople, TypedPapers
from cli.ceremony.screen import Screen
from cli.officers import TokenNotPersonal
from hsm.errors import PinRefused, TokenAlreadyOpen, TokenMissing
from hsm.generation import KeyAlgorithm
from hsm.provision import closed_token, initialise
from hsm.token import Token
from tests.fixtures.ceremonies import Hall, card_pin, give_cards, make_hall

HEAD = bytes(32)


@dataclass
class Table:
    """A hall whose people lay their cards on the table, and the screen in front of them."""

    hall: Hall
    given: Sequence[str]
    out: io.StringIO = field(default_factory=io.StringIO)
    typed: io.StringIO = field(default_factory=io.StringIO)

    def keys(self, *typed: str, given: Sequence[str] | None = None) -> GivenKeys:
        """The keys that were given; these lines are typed, then the input ends."""
        self.typed = io.StringIO("".join(f"{line}\n" for line in typed))
        return GivenKeys(self.hall.config, self.hall.script, given or self.given, self.screen)

    @property
    def screen(self) -> Screen:
        """The screen of the ceremony."""
        return Screen(self.out, self.typed, 60, rehearsal=False)

    def people(self, *typed: str) -> TerminalPeople:
        """The people at that screen."""
        keys = self.keys(*typed)
        return TerminalPeople(self.hall.script, self.screen, keys, TypedPapers(self.screen))

    def is_open(self, person: str) -> bool:
        """Whether this process is logged in to the person's card."""
        try:
            with closed_token(self.hall.card(person)):
                return False
        except TokenAlreadyOpen:
            return True

    def replace_key(self, person: str) -> None:
        """Put another key under the same label."""
        with Token.open(self.hall.card(person), card_pin(person)) as card:
            card.destroy("sign")
            card.generate("sign", KeyAlgorithm.P_256)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """A table that no test changes."""
    hall = make_hall("one-tier-ca", tmp_path_factory.mktemp("cards") / "hall")
    return Table(hall, give_cards(hall))


@pytest.fixture
def table(prepared: Table, tmp_path: Path) -> Table:
    """A table of the test's own."""
    return Table(prepared.hall.copied(tmp_path / "hall"), prepared.given)


def test_a_card_is_open_for_a_moment_only(table: Table) -> None:
    """Nothing is logged in before and after; inside, it is this person's card alone."""
    sato = table.hall.script.person("sato")
    keys = table.keys(card_pin("sato"))
    assert not table.is_open("sato")
    with keys.opened(sato) as key:
        assert isinstance(key, PrivateKey)
        assert key_octets(key.public_key()) == sato.credential.spki
        assert (table.is_open("sato"), table.is_open("suzuki")) == (True, False)
    assert not table.is_open("sato")


def test_a_card_is_closed_however_the_moment_ends(table: Table) -> None:
    """A program that stops leaves no login behind."""
    with suppress(KeyboardInterrupt), table.keys(card_pin("sato")).opened(table.hall.script.person("sato")):
        raise KeyboardInterrupt
    assert not table.is_open("sato")


def test_each_confirmation_asks_its_person_for_the_pin(table: Table) -> None:
    """Nobody confirms twice with one PIN, and nobody for somebody else."""
    script, step = table.hall.script, steps(table.hall.script)[1]
    turns = ("sato", "suzuki", "sato")
    people = table.people(*(line for who in turns for line in (step.phrase(who), card_pin(who))))
    for who in turns:
        person = script.person(who)
        confirmation = people.confirm(step, person, HEAD)
        check(confirmation, person, script_digest=script.digest, step=step.code, head=HEAD)
    assert table.typed.read() == ""
    assert table.out.getvalue().count("(sato) types the PIN of token sato-card") == 2


def test_a_signature_on_a_record_asks_for_the_pin_too(table: Table) -> None:
    """An administrator's confirmation of the step before opened the card for that confirmation."""
    person = table.hall.script.person("administrator-1")
    signature = table.people(card_pin(person.code)).sign(person, Domain.AUTHORITY, b"record")
    assert verifies(public_key(person.credential.spki), Domain.AUTHORITY, b"record", signature)
    assert not table.is_open(person.code)


def test_a_pin_is_never_shown(table: Table) -> None:
    """Neither on the screen nor, where the input is no terminal, in what the program prints."""
    with table.keys(card_pin("sato")).opened(table.hall.script.person("sato")):
        pass
    assert card_pin("sato") not in table.out.getvalue()


@pytest.mark.parametrize("mistyped", ["wrong PIN", ""])
def test_a_mistyped_pin_is_asked_for_once_more(table: Table, mistyped: str) -> None:
    """What is merely mistyped does not stop the ceremony; each PIN that is typed is tried once."""
    with table.keys(mistyped, card_pin("sato")).opened(table.hall.script.person("sato")):
        assert table.typed.read() == ""


def test_two_wrong_pins_stop_the_ceremony(table: Table) -> None:
    """A third would lock many a card; another person's PIN is a wrong one."""
    keys = table.keys("wrong PIN", card_pin("suzuki"), card_pin("sato"))
    with pytest.raises(PinRefused), keys.opened(table.hall.script.person("sato")):
        pass


def test_a_pin_that_nobody_types_stops_the_ceremony(table: Table) -> None:
    """The prompt for a PIN is one like every other."""
    with pytest.raises(InputEnded) as caught, table.keys().opened(table.hall.script.person("sato")):
        pass
    assert str(caught.value) == "The input ended before sato answered: the PIN of token sato-card."


def test_another_key_than_the_scripts_is_found_at_the_start(table: Table) -> None:
    """A card shows its public keys to everybody: nobody types a PIN in vain."""
    table.replace_key("suzuki")
    with pytest.raises(CredentialRefused, match="suzuki cannot be used: it is another key than the script names"):
        table.keys()


def test_a_card_that_comes_later_is_looked_at_when_it_is_opened(table: Table) -> None:
    """One reader may serve many cards; a key that was not seen at the start signs nothing unless it is the script's."""
    late = table.hall.config.path
    late.write_text(late.read_text("utf-8").replace('label = "sato-card"', 'label = "late"'), "utf-8")
    keys = table.keys(card_pin("sato"))
    initialise(table.hall.card("sato"), "security officer", card_pin("sato"))
    with Token.open(table.hall.card("sato"), card_pin("sato")) as card:
        card.generate("sign", KeyAlgorithm.P_256)
    with pytest.raises(CredentialRefused, match="another key"), keys.opened(table.hall.script.person("sato")):
        pass
    assert not table.is_open("sato")


def test_a_card_that_is_not_there_is_asked_for_once_more(table: Table) -> None:
    """Somebody who forgot to put the card in is told so, and can."""
    absent = table.hall.config.path
    absent.write_text(absent.read_text("utf-8").replace('label = "sato-card"', 'label = "absent"'), "utf-8")
    keys = table.keys(card_pin("sato"), card_pin("sato"))
    with pytest.raises(TokenMissing), keys.opened(table.hall.script.person("sato")):
        pass
    assert "No token answers to absent." in table.out.getvalue()
    assert table.typed.read() == ""


def test_two_people_have_two_cards(table: Table) -> None:
    """One PIN would open both keys."""
    given = [each.replace("suzuki-card", "sato-card") for each in table.given]
    with pytest.raises(CredentialRefused, match="suzuki cannot be used: somebody else's key is in the same token"):
        table.keys(given=given)


def test_a_token_of_a_program_is_nobodys_card(table: Table) -> None:
    """What a signer or a ceremony opens is opened by no person."""
    given = [each.replace("sato-card:", "issuing:") for each in table.given]
    with pytest.raises(TokenNotPersonal):
        table.keys(given=given)


def test_everybody_has_a_credential(table: Table) -> None:
    """Before anything is opened."""
    with pytest.raises(PeopleRefused, match="no credential was given"):
        table.keys(given=table.given[1:])


@pytest.mark.parametrize("wrong", ["nobody=sato-card:sign", "sato", "sato=sato-card:sign"])
def test_a_credential_is_given_once_for_a_person_of_the_script(table: Table, wrong: str) -> None:
    """An unknown code, no key, and the same person twice."""
    with pytest.raises(CredentialRefused, match="PERSON=KEY"):
        table.keys(given=(*table.given, wrong))


def test_a_key_file_of_a_demo_asks_nobody(tmp_path: Path) -> None:
    """There is no PIN; whose key it is, is seen at the start."""
    hall = make_hall("roster", tmp_path / "hall")
    given = [each.removeprefix("--credential=") for each in hall.options()[3:]]
    table = Table(hall, given)
    with table.keys().opened(hall.script.people[0]) as key:
        assert isinstance(key, PrivateKey)
    hall.key_file(hall.script.people[0].code).write_bytes(hall.key_file(hall.script.people[1].code).read_bytes())
    with pytest.raises(CredentialRefused, match="another key"):
        table.keys()
