"""pkilint's walk over a document, asking of each node only the rules that can concern it.

pkilint asks every rule at every node whether it matches, which takes half of the time a certificate takes. Which rules
can match is settled by a node's path and kind, so it is found once for each pair and remembered; those that remain
are asked as before, in the same order, so the findings are the same. A test holds this walk to pkilint's own.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

__all__ = ["Rules"]

# pkilint publishes no types.
_Node: TypeAlias = Any
_Rule: TypeAlias = Any
_Judged: TypeAlias = Any

_Concerning: TypeAlias = "tuple[tuple[_Rule, Rules | None], ...]"

_REMEMBERED = 20_000  # pairs of path and kind; the certificates of one profile have about 300


class Rules:
    """A container of pkilint's rules, made once and used for any number of documents."""

    def __init__(self, container: _Rule) -> None:
        from pkilint.validation import ValidatorContainer

        self._rules: tuple[tuple[_Rule, Rules | None], ...] = tuple(
            # a container that changes how it validates is asked as a whole
            (rule, Rules(rule) if getattr(type(rule), "validate", None) is ValidatorContainer.validate else None)
            for rule in container.validators
        )
        self._concerning: Callable[[str, type], _Concerning] = lru_cache(_REMEMBERED)(self._find)

    def validate(self, node: _Node) -> list[_Judged]:
        """The results of every rule that matches `node` or a node below it, in pkilint's order."""
        results: list[_Judged] = []
        self._visit(node, results)
        return results

    def _visit(self, node: _Node, results: list[_Judged]) -> None:
        for rule, inner in self._concerning(node.path, type(node.pdu)):
            if not rule.match(node):
                continue
            if inner is not None:
                inner._visit(node, results)
                continue
            result = rule.validate_wrapper(node)
            if isinstance(result, list):
                results += result
            else:
                results.append(result)
        # a rule may have decoded the node, which gives it children
        for child in node.children.values():
            self._visit(child, results)

    def _find(self, path: str, kind: type) -> "_Concerning":
        return tuple(pair for pair in self._rules if _can_match(pair[0], path, kind))


def _can_match(rule: _Rule, path: str, kind: type) -> bool:
    """Whether a rule may match a node of this path and kind, by what pkilint's NodeVisitor.match asks of those two."""
    if rule._path is not None and rule._path != path:
        return False
    if rule._path_re is not None and rule._path_re.match(path) is None:
        return False
    return rule._pdu_class is None or issubclass(kind, rule._pdu_class)
