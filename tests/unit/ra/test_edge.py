"""Which requests reach the pages at all: two names, one scheme, and no word of a proxy that is not there."""

from dataclasses import replace

import pytest
from flask import Flask

from ca.passkeys import Parties, RelyingParty
from ra.edge import Edge, guard
from store.database import Database
from tests.fixtures.front import PROXIED, Front
from tests.fixtures.officers import PARTIES

FORGED = (
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "Forwarded",
    "X-Client-Verify",
    "X-Client-Certificate",
)


@pytest.mark.parametrize("header", FORGED)
def test_a_proxys_header_without_a_proxy_is_refused(demo_front: Front, header: str) -> None:
    """Nobody but a configured proxy says where a request comes from (GHSA-4w7q-wwx4-6973)."""
    answer = demo_front.stranger().get("/login", **{header: "192.0.2.9"})
    assert (answer.status_code, "E-5005" in answer.text) == (400, True)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix"])
def test_what_our_proxy_never_sets_is_refused_behind_it(front: Front, header: str) -> None:
    """The proxy hands the Host on as it is; whatever else names a host was sent by a client."""
    answer = front.stranger().get("/login", **{header: "evil.example"})
    assert (answer.status_code, "E-5005" in answer.text) == (400, True)


@pytest.mark.parametrize("hops", ["", "192.0.2.7, 192.0.2.8", "192.0.2.7,"])
def test_only_one_hop_is_accepted(front: Front, hops: str) -> None:
    """Our nginx writes the one address it sees: a request with more brought its own, one with none came past nginx."""
    assert front.stranger().get("/login", X_Forwarded_For=hops).status_code == 400


@pytest.mark.parametrize("peer", ["192.0.2.66", "127.0.0.1", "::1"])
def test_who_has_an_address_did_not_come_by_the_socket(front: Front, peer: str) -> None:
    """A Unix socket gives no address; were a port opened beside it by mistake, its requests would be refused."""
    client = front.app.test_client()
    base = {"REMOTE_ADDR": peer}
    answer = client.get("/login", base_url="https://desk.example.jp", headers=PROXIED, environ_base=base)
    assert answer.status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "localhost", "127.0.0.1:8561", "localhost:9999", "a.localhost:8561"])
def test_another_host_is_not_answered(demo_front: Front, host: str) -> None:
    """Host names a page of ours or nothing (RFC 9110 section 15.5.20)."""
    answer = demo_front.stranger().get("/login", Host=host)
    assert (answer.status_code, "E-5004" in answer.text) == (421, True)


def test_another_scheme_is_not_answered(front: Front) -> None:
    """Where pages are https, plain http leads nowhere."""
    assert front.stranger().get("/login", X_Forwarded_Proto="http").status_code == 421


@pytest.mark.parametrize(
    ("working", "approval", "proxied"),
    [
        ("http://desk.example.jp", "https://approve.example.jp", True),
        ("https://desk.example.jp", "https://approve.example.jp", False),
        ("https://desk.example.jp", "https://desk.example.jp", True),
    ],
)
def test_origins_that_cannot_be_served_safely_are_refused(
    front: Front, working: str, approval: str, proxied: bool
) -> None:
    """Outside a demo home: https, by a proxy, and two different origins (docs/decisions/0003)."""
    parties = Parties(RelyingParty("desk.example.jp", working), RelyingParty("approve.example.jp", approval))
    with pytest.raises(ValueError, match=r"https|origin"):
        guard(Flask("ra"), replace(front.office, parties=parties), Edge(proxied=proxied))


def test_client_certificates_need_a_proxy() -> None:
    """TLS ends at the proxy; without one nobody could have verified anything."""
    with pytest.raises(ValueError, match="proxy"):
        Edge(officer_authorities=(None,))  # type: ignore[arg-type]  # any will do


def test_the_proxys_word_for_the_client_is_believed(sqlite_url: str) -> None:
    """The address the proxy adds is who asks: limits count it, not the proxy."""
    front = Front(Database(sqlite_url, "ra"))
    seen = []
    front.app.before_request(lambda: seen.append(__import__("flask").request.remote_addr))
    front.stranger().get("/login")
    assert (seen, PARTIES.working.origin) == (["192.0.2.7"], "https://desk.example.jp")
