"""The whole way with a key that never leaves its token: ceremony, signer, an outage (requirements KEY-1, HSM-1)."""

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from ca.retirement import nothing_retired
from ca.signer import Signer, Turn
from ca.validation import validate_path
from hsm.generation import KeyAlgorithm
from hsm.token import Token
from store.audit import AuditChain
from store.database import Database
from store.used import UsedApplications
from tests.fixtures.officers import DEPLOYMENT, NOW, PARTIES
from tests.fixtures.signing import House, make_house
from tests.fixtures.token_faults import FAULTS
from tests.fixtures.tokens import SoftHSM

LATER = NOW + timedelta(minutes=5)
LABEL = "jpki-auth-g1"


@pytest.fixture
def token_house(tmp_path: Path, sqlite_url: str, token: Token) -> Iterator[House]:
    """An authority whose RSA-2048 key was made in a SoftHSM token."""
    with closing(make_house(tmp_path, sqlite_url, key=token.generate(LABEL, KeyAlgorithm.RSA_2048))) as house:
        yield house


@pytest.fixture
def signer(token_house: House, tmp_path: Path) -> Iterator[Signer]:
    """A signer with the house's own authority."""
    with closing(Database(token_house.url, "signer")) as database:
        yield Signer(
            name="signer-1",
            deployment=DEPLOYMENT,
            database=database,
            audit=AuditChain("signer-1", "signer", DEPLOYMENT),
            authorities={LABEL: token_house.authority},
            profiles=token_house.profiles,
            roster=lambda: token_house.office.roster,
            used=UsedApplications(tmp_path / "used", LATER),
            retired=nothing_retired,
            parties=PARTIES,
            random=os.urandom,
        )


def test_a_token_key_issues_what_validates(token_house: House, signer: Signer) -> None:
    """Design section 2: a token key is a cryptography key; the self-signed root and a leaf make a valid path."""
    case = token_house.issue_case("one")
    token_house.submit(case)
    assert signer.turn(LATER) == Turn(claimed=1, issued=1)
    leaf, root = token_house.issued(case), token_house.authority.certificate
    assert validate_path(leaf, [root], LATER) == (root, leaf)


def test_faults_between_signatures_stop_nobody(token_house: House, signer: Signer, token: Token) -> None:
    """HSM-1 (J-LIS 2016): a lost session, a busy session, a lost login: the next case is issued as if nothing was."""
    for number, fault in enumerate(FAULTS):
        case = token_house.issue_case(f"resident {number}")
        token_house.submit(case)
        fault(token)
        assert signer.turn(LATER + timedelta(seconds=number)) == Turn(claimed=1, issued=1)


def test_a_token_that_is_gone_leaves_the_case_open(
    token_house: House, signer: Signer, token: Token, softhsm: SoftHSM
) -> None:
    """HSM-1: the request fails cleanly, the reserved serial waits, and the same bytes are signed when it is back."""
    case = token_house.issue_case("one")
    token_house.submit(case)
    tokens, away = softhsm.directory / "tokens", softhsm.directory / "tokens-away"
    FAULTS[-1](token)
    tokens.rename(away)
    tokens.mkdir()
    try:
        with pytest.raises(ConnectionError):
            signer.turn(LATER)
    finally:
        tokens.rmdir()
        away.rename(tokens)
    (row,) = token_house.certificates(case)
    assert (row.state, token_house.record(case).state) == ("reserved", "open")
    assert signer.turn(LATER + timedelta(seconds=10)) == Turn(claimed=1, issued=1)
    assert token_house.issued(case).tbs_certificate_bytes == row.tbs
