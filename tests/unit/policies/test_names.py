"""Names from facts and terms: texts, string types, forms, and what is refused."""

from datetime import UTC, date, datetime

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from policies.bodies import local_government
from policies.errors import NameRefused, UnknownMunicipality
from policies.extension import DirectoryName, DNSNames, NamePart, OtherName, RFC822Name
from policies.facts import AuthorityFacts, ResidentFacts, ResponderFacts, StaffFacts
from policies.names import alternative_names, attribute, birth_date_code, fact_text, name_from
from policies.schema import FACTS_OF
from policies.terms import shipped_terms

ON = date(2026, 11, 23)
TERMS = shipped_terms("jpki")
RESIDENT = ResidentFacts(
    name="𠮷田　花子",
    address="神奈川県横浜市西区みなとみらい２－２－１",
    sex="female",
    birth_date="1979-02-17",
    municipality="14103",
    window="003A",
    card_expiry=date(2036, 2, 17),
    requested_at=datetime(2026, 11, 22, 15, 0, 1, tzinfo=UTC),
    sequence=7,
    pseudonym="A1B2C3D4E5F6G7",
)
STAFF = StaffFacts(
    body="13103",
    department="Tax Division",
    department_ja="税務課",
    post="Director",
    post_ja="課長",
    user_id="tax-1",
    user_ja="税務一",
    email="tax@example.lg.jp",
    dns_names=("www.example.lg.jp", "example.lg.jp"),
)
COMMON_NAME = NamePart("CN", "printable", fact="post")


def test_the_signing_name_is_time_sequence_and_window() -> None:
    """Fact sheet b.2: YYYYMMDDhhmmss in Japan, five digits, nine characters of the window."""
    assert fact_text(RESIDENT, "signing_common_name", ON) == "20261123000001" + "00007" + "14103003A"


def test_the_authentication_name_says_nothing_of_the_holder() -> None:
    """Fact sheet b.3: fourteen random characters and the window."""
    assert fact_text(RESIDENT, "authentication_common_name", ON) == "A1B2C3D4E5F6G7" + "14103003A"


def test_a_name_without_its_drawn_parts_is_absent() -> None:
    """The sequence and the pseudonym are given by the program; without them no common name is made up."""
    bare = RESIDENT.model_copy(update={"sequence": None, "pseudonym": None})
    assert fact_text(bare, "signing_common_name", ON) is None
    assert fact_text(bare, "authentication_common_name", ON) is None


def test_the_texts_of_a_resident() -> None:
    """Fact sheet b.2: substituted name with its map, sex as a digit, the ward as municipality and partition."""
    assert {fact: fact_text(RESIDENT, fact, ON) for fact in FACTS_OF["resident"]} == {
        "name": "吉田　花子",
        "name_substitution": "10000",
        "sex": "2",
        "birth_date": "319790217",
        "address": "神奈川県横浜市西区みなとみらい２－２－１",
        "address_substitution": "0" * 20,
        "prefecture": "Kanagawa-ken",
        "municipality": "Yokohama-shi-Nishi-ku",
        "municipality_crldp": "Yokohama-shi-Nishi-ku CRLDP",
        "signing_common_name": "202611230000010000714103003A",
        "authentication_common_name": "A1B2C3D4E5F6G714103003A",
    }


def test_every_staff_fact_that_a_profile_may_name_has_a_text() -> None:
    """What `FACTS_OF` lists, `fact_text` gives; several names of a server are given as alternative names."""
    texts = {fact: fact_text(STAFF, fact, ON) for fact in FACTS_OF["staff"] - {"dns_names"}}
    assert texts["body"] == "Minato-ku"
    assert texts["body_ja"] == "港区"
    assert texts["first_dns_name"] == "www.example.lg.jp"
    assert None not in texts.values()


def test_authorities_and_responders_state_their_common_name() -> None:
    """Fact sheet b.7: the generation stands in the name."""
    assert (
        fact_text(AuthorityFacts(common_name="Application CA G9 Root"), "common_name", ON) == "Application CA G9 Root"
    )
    assert fact_text(ResponderFacts(common_name="OCSP Responder"), "common_name", ON) == "OCSP Responder"


@pytest.mark.parametrize(
    ("birth_date", "code"),
    [
        ("1912-07-29", "119120729"),
        ("1912-07-30", "219120730"),
        ("1926-12-24", "219261224"),
        ("1926-12-25", "319261225"),
        ("1989-01-07", "319890107"),
        ("1989-01-08", "419890108"),
        ("2019-04-30", "420190430"),
        ("2019-05-01", "520190501"),
        ("1950-00-00", "319500000"),
        ("1950-02-00", "319500200"),
        ("1989-00-00", "019890000"),
        ("1989-01-00", "019890100"),
        ("1989-02-00", "419890200"),
        ("0000-00-00", "000000000"),
        ("0000-05-06", "000000506"),
        ("1860-01-01", "018600101"),
        ("1980-02-30", "319800230"),
    ],
)
def test_a_birth_date_has_its_era(birth_date: str, code: str) -> None:
    """Fact sheet b.2, 8.5.5.4: E is the era where it is certain, 0 where unknown parts leave it open."""
    assert birth_date_code(birth_date) == code


@pytest.mark.parametrize("birth_date", ["1980-13-01", "1980-01-32"])
def test_a_birth_date_outside_the_calendar_is_refused(birth_date: str) -> None:
    """Unknown parts are zeros; nothing else stands outside the calendar."""
    with pytest.raises(NameRefused):
        birth_date_code(birth_date)


@given(st.dates(min_value=date(1873, 1, 1), max_value=date(2100, 1, 1)))
def test_every_date_has_one_era(day: date) -> None:
    """Fact sheet b.2: E is 1 to 5 for every whole date since the calendar's change; the rest is the date."""
    code = birth_date_code(day.isoformat())
    assert code[1:] == f"{day:%Y%m%d}"
    assert code[0] in "12345"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (COMMON_NAME, None),
        (COMMON_NAME, ""),
        (COMMON_NAME, "Mayor*"),
        (COMMON_NAME, "Mayor@example"),
        (COMMON_NAME, "市長"),
        (COMMON_NAME, "M" * 65),
        (NamePart("CN", "utf8", fact="post_ja"), "市" * 22),
        (NamePart("CN", "utf8", fact="post_ja"), "市\x00長"),
        (NamePart("CN", "utf8", fact="post_ja"), "市\u202e長"),
        (NamePart("C", "printable", terms="country"), "JPN"),
        (NamePart("CN", "utf8", fact="post", pattern="[0-9]+"), "1２3"),
        (NamePart("CN", "utf8", fact="post", pattern="[0-9]+"), "12\n"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(part: NamePart, text: str | None) -> None:
    """RFC 5280 4.1.2.4 and appendix A.1: string types and upper bounds; and the profile's own pattern."""
    with pytest.raises(NameRefused) as refusal:
        attribute(part, text)
    assert refusal.value.attribute == part.attribute
    assert not text or text not in str(refusal.value)


def test_an_optional_part_without_a_fact_is_left_out() -> None:
    """A profile says which parts are optional."""
    parts = (NamePart("OU", "utf8", fact="department", required=False), COMMON_NAME)
    name = name_from(parts, TERMS, STAFF.model_copy(update={"department": None}), ON)
    assert name.rfc4514_string() == "CN=Director"


def test_parts_stand_in_the_profile_s_order() -> None:
    """X.501: RFC 4514 writes the last part first."""
    parts = (NamePart("C", "printable", terms="country"), NamePart("O", "utf8", terms="organisation"), COMMON_NAME)
    assert name_from(parts, TERMS, STAFF, ON).rfc4514_string() == "CN=Director,O=JPKI,C=JP"


def test_alternative_names_stand_in_the_profile_s_order() -> None:
    """RFC 5280 4.2.1.6: each kind of name that a profile may state."""
    names = alternative_names(
        (
            DirectoryName("directoryName", (COMMON_NAME,)),
            RFC822Name("rfc822Name", "email"),
            DNSNames("dNSName", "dns_names"),
            OtherName("otherName", "1.2.3", "user_ja"),
        ),
        TERMS,
        STAFF,
        ON,
    )
    assert [type(name) for name in names] == [
        x509.DirectoryName,
        x509.RFC822Name,
        x509.DNSName,
        x509.DNSName,
        x509.OtherName,
    ]
    assert names[4] == x509.OtherName(x509.ObjectIdentifier("1.2.3"), b"\x0c\x09" + "税務一".encode())


def test_an_absent_optional_mailbox_is_left_out() -> None:
    """Not every user has one (fact sheet b.8)."""
    without = STAFF.model_copy(update={"email": None})
    assert alternative_names((RFC822Name("rfc822Name", "email", required=False),), TERMS, without, ON) == []


@pytest.mark.parametrize(
    "name",
    [RFC822Name("rfc822Name", "email"), DNSNames("dNSName", "dns_names"), OtherName("otherName", "1.2.3", "user_ja")],
)
def test_an_absent_mandatory_alternative_name_is_refused(name: RFC822Name | DNSNames | OtherName) -> None:
    """No certificate lacks a name that its profile demands."""
    with pytest.raises(NameRefused):
        alternative_names((name,), TERMS, StaffFacts(body="13103"), ON)


def test_an_other_name_of_another_form_is_refused() -> None:
    """The profile's pattern holds for alternative names too."""
    with pytest.raises(NameRefused):
        alternative_names((OtherName("otherName", "1.2.3", "post", "[0-9]+"),), TERMS, STAFF, ON)


@pytest.mark.parametrize(
    ("code", "roman", "japanese"),
    [
        ("13000", "Tokyo-to", "東京都"),
        ("01000", "Hokkaido", "北海道"),
        ("14100", "Yokohama-shi", "横浜市"),
        ("14130", "Kawasaki-shi", "川崎市"),
        ("27100", "Osaka-shi", "大阪市"),
        ("22130", "Hamamatsu-shi", "浜松市"),
        ("13103", "Minato-ku", "港区"),
        ("22203", "Numazu-shi", "沼津市"),
    ],
)
def test_local_governments_have_their_names(code: str, roman: str, japanese: str) -> None:
    """Fact sheet b.8: prefectures, designated cities, special wards and municipalities hold staff certificates."""
    body = local_government(code, ON)
    assert (body.roman, body.japanese) == (roman, japanese)


@pytest.mark.parametrize("code", ["14103", "14110", "99000", "00000", "13999"])
def test_what_is_no_local_government_is_refused(code: str) -> None:
    """A ward of a designated city is a partition of lists, not a body."""
    with pytest.raises(UnknownMunicipality):
        local_government(code, ON)
