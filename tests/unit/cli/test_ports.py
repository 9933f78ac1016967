"""Ports that certificates name before a program listens on them."""

import socket

import pytest

from cli.demo.programs import demanded, free_ports, reserved
from cli.errors import PortBusy
from cli.status import answers
from cli.verifiers import demand_silence

HOST = "127.0.0.1"


def listener(port: int) -> socket.socket:
    """A program that shares its port among its processes, as the responder's server does."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((HOST, port))
    made.listen()
    return made


def test_two_homes_made_at_once_take_different_ports() -> None:
    """Nothing listens yet while a home is made; the second must not choose the first one's port."""
    with reserved(free_ports((0, 0), HOST), HOST) as first, reserved(first, HOST) as second:
        assert not set(first) & set(second)


def test_a_reserved_port_is_its_own_programs() -> None:
    """The reservation itself is no listener: whoever connects reaches the responder."""
    with reserved((0,), HOST) as (port,), listener(port) as server, socket.create_connection((HOST, port)):
        connection, _ = server.accept()
        with connection:
            assert connection.getsockname() == (HOST, port)


def test_a_reserved_port_answers_nobody_before_its_program_runs() -> None:
    """A client is refused at once and does not wait."""
    with reserved((0,), HOST) as (port,), pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))


def test_a_port_somebody_listens_on_is_not_had() -> None:
    """The certificates of a home name the port, so there is no other for it."""
    (port,) = free_ports((0,), HOST)
    with listener(port), pytest.raises(PortBusy), demanded(port, HOST):
        pass


def test_a_port_is_free_again_afterwards() -> None:
    """A demo that ended leaves its port to the next."""
    with reserved((0,), HOST) as (port,):
        pass
    with demanded(port, HOST):
        assert free_ports((port,), HOST) != [port]


@pytest.mark.parametrize("host", [HOST, "::1", "localhost"])
def test_a_host_of_either_kind_of_address_is_asked(host: str) -> None:
    """`ocsp.host` may be an address of IPv6, where the server listens as well; what is silent is no error."""
    (port,) = free_ports((0,), HOST)
    demand_silence(host, port)
    assert not answers(host, port)


def test_a_port_that_answers_is_busy() -> None:
    """Workers share their port, and would share it with a responder that runs already."""
    (port,) = free_ports((0,), HOST)
    with listener(port):
        assert answers(HOST, port)
        with pytest.raises(PortBusy):
            demand_silence(HOST, port)
