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
    """What names issuer and serial number of its authority's own certificate is not verified over a link everywhere.

    A link holds the same key under another serial number. RFC 5280 section 4.2.1.1 leaves it to the verifier whether it
    compares them: OpenSSL and pyhanko-certvalidator do and find no path, so a link would serve some verifiers only.
    """

    authority: str
    profile: str
    code = "ca.link-leads-nowhere"
    sentence = (
        "A link to {authority} would lead nowhere: certificates of profile {profile!r} name the serial number of their "
        "authority's self-signed certificate, a link has another one, and verifiers that compare them find no path"
    )
    next = "Give verifiers the self-signed certificates of all generations instead"


@dataclass(eq=False)
class PeerRefused(CAError):
    """What a peer shows of itself does not make it an authority whose key may be certified."""

    reason: str
    code = "ca.peer-refused"
    sentence = "The peer's key is not certified: {reason}"
    next = "Ask the peer for its self-signed certificate as it is in force, or for a PKCS#10 request by the same key"
