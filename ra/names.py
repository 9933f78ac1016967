"""What codes are called on pages: officers and branches by their names, terminals by the window where they stand."""

from flask_babel import gettext

from ra.office import Office

__all__ = ["branch_names", "names_of"]


def names_of(office: Office) -> dict[str, str]:
    """The name of everybody and every terminal of the roster, by code, in the language of this request."""
    roster = office.roster()
    terminals = {each.code: gettext("Terminal %(window)s", window=each.window) for each in roster.terminals}
    return terminals | {person.code: person.name for person in roster.persons}


def branch_names(office: Office) -> dict[str, str]:
    """The name of every registration branch of the roster, by code."""
    return {branch.code: branch.name for branch in office.roster().branches}
