"""The plot of the demo: who applies for what, and what life does to it, chapter by chapter."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import rsa

from cli.demo.people import LEADS, PLACES, Post, Resident
from cli.demo.story import Story, Wish, card_wish, staff_wish
from policies.life_events import life_events
from store.certificates import CertificateRecord

NEW_CARD_DAYS = 3650

# what happens to the first residents; the others move, die or lose their card now and then
LEAD_EVENTS = {
    1: "record-change",
    2: "death",
    3: "card-lost",
    4: "phone-lost",
    5: "phone-lost",
    6: "phone-change",
    7: "leak",
    10: "card-lost",
}
FINDS_PHONE = 5
FINDS_CARD = 10

STAFF_EVENTS = {2: "transfer", 12: "reorganisation", 20: "disuse", 23: "leak"}


@dataclass(frozen=True, slots=True)
class Plot:
    """The people, the source of their keys, and whom to tell how far the story is."""

    story: Story
    people: Sequence[Resident]
    posts: Sequence[Post]
    keys: Iterator[rsa.RSAPrivateKey]
    say: Callable[[str], None]

    def play(self) -> None:
        """All chapters in order."""
        self.first_certificates()
        self.signing_certificates(self.people)
        self.renewals()
        self.moves()
        self.life()
        self.offices()

    def first_certificates(self) -> None:
        """User-authentication certificates for everybody, on cards and phones, and the certificates of offices."""
        wishes = [card_wish(one, "jpki-auth", next(self.keys)) for one in self.people]
        wishes += [card_wish(one, "jpki-auth-phone", next(self.keys)) for one in self.people if one.phone]
        wishes += [staff_wish(post, next(self.keys)) for post in self.posts]
        self.issue("User-authentication and office certificates", wishes)

    def signing_certificates(self, people: Iterable[Resident]) -> None:
        """Signing certificates for adults; each ends no later than its sibling for user authentication."""
        adults = [one for one in people if one.adult]
        wishes = [self.signing_wish(one, "jpki-sign", "jpki-auth") for one in adults]
        wishes += [self.signing_wish(one, "jpki-sign-phone", "jpki-auth-phone") for one in adults if one.phone]
        self.issue("Signing certificates", wishes)

    def signing_wish(self, resident: Resident, profile: str, sibling: str, **changed: str) -> Wish:
        """The application for a signing certificate whose sibling is the holder's certificate of profile `sibling`."""
        end = self.newest(resident, sibling).not_after.isoformat()
        return card_wish(resident, profile, next(self.keys), sibling_not_after=end, **changed)

    def renewals(self) -> None:
        """Holders whose card ends soon renew both certificates on a new card; the old ones are superseded."""
        renewing = [one for one in self.people if one.renews and one.adult]
        wishes = [self.renewal_wish(one, "jpki-auth", {}) for one in renewing]
        self.issue("Renewed user-authentication certificates", wishes)
        signing = []
        for one in renewing:
            sibling = self.newest(one, "jpki-auth").not_after.isoformat()
            signing.append(self.renewal_wish(one, "jpki-sign", {"sibling_not_after": sibling}))
        self.issue("Renewed signing certificates", signing)

    def renewal_wish(self, resident: Resident, profile: str, changed: dict[str, str]) -> Wish:
        """The application for the renewal of the holder's certificate of `profile`, with a new card."""
        card = (self.story.clock() + timedelta(days=NEW_CARD_DAYS)).date().isoformat()
        old = self.newest(resident, profile).not_after.isoformat()
        return card_wish(resident, profile, next(self.keys), card_expiry=card, previous_not_after=old, **changed)

    def moves(self) -> None:
        """A move ends the signing certificate, which holds the address; half of those who moved get a new one."""
        moved = [one for one in self.people if event_of(one) == "record-change"]
        self.happen("record-change", moved)
        code, place, town = PLACES[1]
        wishes = [
            self.signing_wish(
                one, "jpki-sign", "jpki-auth", municipality=code, address=f"{place}{town}1番{1 + index}号"
            )
            for index, one in enumerate(moved)
            if index % 2 == 0
        ]
        self.issue("Signing certificates at the new address", wishes)

    def life(self) -> None:
        """Deaths, lost cards and phones, leaked keys; a phone and a card turn up again."""
        for event in ("death", "card-lost", "phone-lost", "phone-change", "leak"):
            self.happen(event, [one for one in self.people if event_of(one) == event])
        self.happen("phone-found", [one for one in self.people if one.number == FINDS_PHONE])
        self.happen("card-found", [one for one in self.people if one.number == FINDS_CARD])

    def offices(self) -> None:
        """Transfers, reorganisations and retired servers."""
        for number, event in STAFF_EVENTS.items():
            post = next(post for post in self.posts if post.number == number)
            self.story.life_event(event, [self.story.book.newest[f"post-{number}", post.profile]])
        self.say(f"{len(STAFF_EVENTS)} office certificates revoked after transfers, reorganisations and disuse")

    def happen(self, event: str, people: Sequence[Resident]) -> None:
        """A life event happens to `people`: it does to each of their certificates what the table says."""
        if people:
            self.story.life_event(event, [each for one in people for each in self.certificates(one)])
            self.say(f"{life_events()[event].en}: {len(people)} {'resident' if len(people) == 1 else 'residents'}")

    def certificates(self, resident: Resident) -> Iterator[CertificateRecord]:
        """The resident's newest certificate of each profile that is not revoked."""
        for (reference, _), certificate in self.story.book.newest.items():
            state = self.story.book.expected[certificate.issuer, certificate.serial]
            if reference == f"resident-{resident.number}" and state != "revoked":
                yield certificate

    def newest(self, resident: Resident, profile: str) -> CertificateRecord:
        """The resident's newest certificate of `profile`."""
        return self.story.book.newest[f"resident-{resident.number}", profile]

    def issue(self, what: str, wishes: Sequence[Wish]) -> None:
        """Have all of `wishes` issued and handed over."""
        if wishes:
            self.story.issue(wishes)
            self.say(f"{what}: {len(wishes)} issued and handed over")


def event_of(resident: Resident) -> str | None:
    """What happens to a resident: to the first as `LEAD_EVENTS` says, to some of the others by their number."""
    if resident.number < LEADS:
        return LEAD_EVENTS.get(resident.number)
    chances = (("record-change", 20, 4), ("death", 40, 6), ("card-lost", 25, 18))
    return next((event for event, every, at in chances if resident.number % every == at), None)


def keys_needed(people: Sequence[Resident], posts: Sequence[Post]) -> int:
    """More keys than the story uses: two for each card, phone and renewal, one for each office and move."""
    per_person = (2 + 2 * one.phone + 2 * one.renews + 1 for one in people)
    return sum(per_person) + len(posts)
