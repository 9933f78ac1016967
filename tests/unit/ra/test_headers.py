"""What every answer says to the browser (OWASP ASVS V3, RFC 6265bis section 4.1.2)."""

import pytest

from tests.fixtures.front import Front

PATHS = ("/login", "/", "/nonsense", "/static/ninsho.css", "/help")


def directives(policy: str) -> dict[str, str]:
    """A content security policy by directive."""
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


@pytest.mark.parametrize("path", PATHS)
def test_only_our_own_content_runs(front: Front, path: str) -> None:
    """Nothing inline, nothing from elsewhere, no frame, no other target of a form."""
    policy = directives(front.stranger().get(path).headers["Content-Security-Policy"])
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


@pytest.mark.parametrize("path", PATHS)
def test_the_other_headers_stand_on_every_answer(front: Front, path: str) -> None:
    """Type, frames, referrer, features, transport: on pages, errors and files alike."""
    headers = front.stranger().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=31556926; includeSubDomains"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "publickey-credentials-get=(self)" in headers["Permissions-Policy"]


def test_pages_are_kept_nowhere(front: Front) -> None:
    """A page may name people, so no cache keeps it; our own files carry nobody's data."""
    assert front.browser("reception-minato").get("/").headers["Cache-Control"] == "no-store"
    assert "no-store" not in front.stranger().get("/static/ninsho.css").headers["Cache-Control"]


def test_the_cookie_is_the_hosts_alone(front: Front) -> None:
    """HttpOnly, Secure, SameSite=Strict, and by its prefix no domain but this host's."""
    cookie = front.stranger().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("__Host-ninsho=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_demos_cookie_lacks_only_what_http_cannot_have(demo_front: Front) -> None:
    """On http://localhost a Secure cookie would not come back; everything else is the same."""
    cookie = demo_front.stranger().get("/login").headers["Set-Cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_a_large_body_is_refused(front: Front) -> None:
    """1 MiB is the most that any page takes; what is said about it is a page with a code."""
    browser = front.stranger()
    browser.get("/login")
    answer = browser.post("/login", {"assertion": "x" * 1_100_000})
    assert (answer.status_code, "E-5003" in answer.text) == (413, True)
