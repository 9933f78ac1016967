"""What happens is derived from the script alone, and nobody confirms in another's place."""

import pytest

from ca.ceremony.check import check_script
from ca.ceremony.run import _ACTS
from ca.ceremony.script import Role
from ca.ceremony.steps import ACTIONS, steps
from ca.ceremony.wording import WORDING
from tests.unit.ca.ceremony.examples import KINDS, changed, example


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_script_has_the_same_steps(kind: str) -> None:
    """The paper, the program and the audit speak of the same steps, numbered from one without a gap."""
    taken = steps(example(kind))
    assert taken == steps(example(kind))
    assert [each.code for each in taken] == [f"S{number:02d}" for number in range(1, len(taken) + 1)]
    assert (taken[0].action, taken[-1].action) == ("software.verify", "ceremony.close")


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_confirms_for_another_role(kind: str) -> None:
    """What opens a token or makes a key needs all custodians and a witness, never the operator's word."""
    script = example(kind)
    for step in steps(script):
        roles = [script.person(code).role for code in step.confirm]
        assert Role.WITNESS in roles
        assert len(set(step.confirm)) == len(step.confirm)
        if step.role in (Role.CUSTODIAN, Role.ADMINISTRATOR) or step.action == "key.generate":
            assert Role.OPERATOR not in roles
            assert len(roles) >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_that_is_opened_is_closed(kind: str) -> None:
    """Object lists before and after: a token's last step lists what it holds."""
    taken = steps(example(kind))
    opened = [each.facts["token"] for each in taken if each.action in ("token.initialise", "token.open")]
    assert opened == [each.facts["token"] for each in taken if each.action == "token.close"]


def test_every_action_has_an_act_and_words() -> None:
    """No step of any kind is only paper."""
    assert set(ACTIONS) == set(WORDING) == set(_ACTS)
    assert {each.action for kind in KINDS for each in steps(example(kind))} == set(ACTIONS)


def test_the_last_signatures_come_before_the_end_and_the_end_before_the_destruction() -> None:
    """Lists and responder, then the signed end, then the key."""
    order = [each.action for each in steps(example("destruction"))]
    ends = [order.index(action) for action in ("list.sign", "responder.certify", "retirement.sign", "key.destroy")]
    assert ends == sorted(ends)


def test_a_responder_that_was_replaced_ends_later_without_a_token() -> None:
    """Two administrators sign it; nothing else of the record changes, so no profile is named."""
    ended = f'ended_responder = {{ key = "{"0" * 64}" }}'
    script = changed("authorisation", ('issues = ["jpki-sign", "ocsp-responder"]', ended))
    check_script(script)
    assert [each.action for each in steps(script)][2:-1] == ["responder.end"]


def test_a_parent_signs_its_list_after_the_compromise() -> None:
    """The list that is signed in the room already holds the compromised subordinate."""
    order = [each.action for each in steps(example("compromise"))]
    assert order.index("retirement.sign") < order.index("list.sign")
