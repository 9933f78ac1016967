"""What stands against certifying another generation's key, or another authority's; the form is that of `ca.errors`."""

from dataclasses import dataclass

from ca.errors import CAError

__all__ = ["KeyItsOwn", "LinkLeadsNowhere", "NameItsOwn", "NamesDiffer", "PeerRefused"]


@dataclass(eq=False)
class NamesDiffer(CAError):
    """A link joins generations of one distinguished name (RFC 4210 section 4.4), compared octet for octet."""

    authority: str
    other: str
    code = "ca.link-names-differ"
    sentence = "{authority} and {other} have different names, so no link joins them"
    next = "Certify an authority of another name by a cross-certificate"


@dataclass(eq=False)
class KeyItsOwn(CAError):
    """The key to be certified is the certifying one: such a certificate would say nothing."""

    authority: str
    code = "ca.peer-key-same"
    sentence = "The key to be certified is the one of {authority} itself"
    next = "Name the certificate or the request of the other generation or authority"


@dataclass(eq=False)
class NameItsOwn(CAError):
    """A cross-certificate joins two names; one name with two keys is two generations (RFC 5280 section 3.2)."""

    authority: str
    code = "ca.peer-name-same"
    sentence = "The peer has the name of {authority} itself, so it is no other authority"
    next = "Certify another generation by a link"


@dataclass(eq=False)
class LinkLeadsNowhere(CAError):
    """Certificates that name issuer and serial number of their authority's own certificate know no other one.

    A link holds the same key under another serial number, so RFC 5280 section 4.2.1.1 rules it out as their issuer.
    """

    authority: str
    profile: str
    code = "ca.link-leads-nowhere"
    sentence = (
        "No path can lead over a link to {authority}: certificates of profile {profile!r} name the serial number of "
        "their authority's self-signed certificate, and a link has another one"
    )
    next = "Give verifiers the self-signed certificates of all generations instead"


@dataclass(eq=False)
class PeerRefused(CAError):
    """What a peer shows of itself does not make it an authority whose key may be certified."""

    reason: str
    code = "ca.peer-refused"
    sentence = "The peer's key is not certified: {reason}"
    next = "Ask the peer for its self-signed certificate as it is in force, or for a PKCS#10 request by the same key"
