"""Local governments as holders of staff certificates: prefectures, designated cities and municipalities."""

from dataclasses import dataclass
from datetime import date

from policies.errors import UnknownMunicipality
from policies.municipalities import municipalities, municipality

__all__ = ["Body", "local_government"]

_CITY = "-shi-"  # stands in the Roman name of a ward of a designated city and nowhere else


@dataclass(frozen=True, slots=True)
class Body:
    """A local government: its name in Roman letters as in subjects, and in Japanese."""

    roman: str
    japanese: str


def local_government(code: str, on: date) -> Body:
    """The local government that has this code of five digits on that day (a day in Japan).

    A prefecture's code ends in 000. A designated city's is that of its first ward, rounded down to tens, and a ward
    is no local government of its own. Raises UnknownMunicipality.
    """
    members = [member for member in municipalities(on) if member.code.startswith(code[:2])]
    if code.endswith("000") and members:
        return Body(members[0].prefecture_roman, members[0].prefecture)
    cities: dict[str, Body] = {}
    for ward in members:
        if _CITY in ward.roman:
            city = Body(ward.roman.split(_CITY)[0] + "-shi", ward.name.split("市")[0] + "市")
            if city not in cities.values():
                cities[ward.code[:4] + "0"] = city
    if code in cities:
        return cities[code]
    found = municipality(code, on)
    if _CITY in found.roman:
        raise UnknownMunicipality(code, on)
    return Body(found.roman, found.name)
