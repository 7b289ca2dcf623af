"""Evaluates an expression of numbers without running code: a walk over its syntax tree.

What a question file says in `verify` may come from anybody, so names, operations, sizes and the total
amount of work are all limited. Knows nothing of questions.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

LENGTH = 2_000
"""Characters of an expression."""
WORK = 2_000_000
"""Steps, counted roughly, of one evaluation: a second or two."""
BITS = 20_000
"""Size of a whole number."""
DEPTH = 60
"""How deep one thing may stand in another."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a failure
    """The expression is not one we evaluate, or it has no value."""


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}

_CHEAP = (
    "acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees dist e erf erfc exp expm1 fabs "
    "floor fmod fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lgamma log log10 log1p log2 nan "
    "pi radians sin sinh sqrt tan tanh tau trunc"
)
_MATH = frozenset(_CHEAP.split())
"""What of `math` costs no more than it looks."""


def evaluate(text: str) -> Any:  # noqa: ANN401 - whatever the expression is
    """The value of an expression. Raises Refused when it is not a permitted one, or fails."""
    if len(text) > LENGTH:
        raise Refused(f"it is longer than {LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return _Walk().value(tree.body, {})
    except SyntaxError as error:
        raise Refused(f"it is not an expression ({error.msg})") from None
    except (RecursionError, MemoryError):
        raise Refused("it is nested too deep") from None
    except (ArithmeticError, ValueError, TypeError, LookupError) as error:
        raise Refused(f"{type(error).__name__}: {error}") from None


class _Walk:
    """One evaluation, with the work it may still do."""

    def __init__(self) -> None:
        self.left = WORK
        self.depth = 0
        self.functions: dict[str, Callable[..., Any]] = {
            **{f.__name__: f for f in (abs, len, min, max, sum, all, any, sorted, list, tuple, set)},
            **{f.__name__: f for f in (int, float)},
            "enumerate": lambda *given: list(enumerate(*given)),
            "zip": lambda *given: list(zip(*given)),  # noqa: B905 - as Python's own
            "range": self._range,
            "round": self._round,
            "pow": self._power,
        }
        self.sized: dict[str, Callable[..., Any]] = {
            "comb": self._bounded(math.comb),
            "perm": self._bounded(math.perm),
            "factorial": self._bounded(math.factorial),
            "pow": math.pow,
            "prod": self._product,
        }

    def spend(self, steps: int) -> None:
        """Count work. Raises Refused when there is too much of it."""
        self.left -= steps
        if self.left < 0:
            raise Refused("it takes too long")

    def charge(self, value: object) -> None:
        """Count what Python will do by itself with a value: a step for everything in it."""
        if isinstance(value, range | str):
            self.spend(len(value))
        elif isinstance(value, list | tuple | set):
            self.spend(len(value))
            for inner in value:
                if isinstance(inner, list | tuple | set | str | range):
                    self.charge(inner)

    # ---- the tree

    def value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value
        """The value of a node, with the names that stand around it."""
        self.spend(1)
        rule = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if rule is None:
            raise Refused(f"{type(node).__name__} is not permitted")
        self.depth += 1
        if self.depth > DEPTH:
            raise Refused("it is nested too deep")
        try:
            return rule(node, names)
        finally:
            self.depth -= 1

    def _on_constant(self, node: ast.Constant, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if not isinstance(node.value, int | float | str):
            raise Refused(f"{node.value!r} is not permitted")
        return node.value

    def _on_name(self, node: ast.Name, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if node.id in names:
            return names[node.id]
        if node.id in self.functions:
            return self.functions[node.id]
        raise Refused(f"there is no {node.id!r} here")

    def _on_attribute(self, node: ast.Attribute, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if not (isinstance(node.value, ast.Name) and node.value.id == "math" and "math" not in names):
            raise Refused("only math has attributes here")
        if node.attr in self.sized:
            return self.sized[node.attr]
        if node.attr not in _MATH:
            raise Refused(f"there is no math.{node.attr} here")
        return getattr(math, node.attr)

    def _on_tuple(self, node: ast.Tuple, names: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(self.value(element, names) for element in node.elts)

    def _on_list(self, node: ast.List, names: Mapping[str, Any]) -> list[Any]:
        return [self.value(element, names) for element in node.elts]

    def _on_set(self, node: ast.Set, names: Mapping[str, Any]) -> set[Any]:
        return {self.value(element, names) for element in node.elts}

    def _on_unaryop(self, node: ast.UnaryOp, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        if type(node.op) not in _OPERATORS:
            raise Refused(f"{type(node.op).__name__} is not permitted")
        return _OPERATORS[type(node.op)](self.value(node.operand, names))

    def _on_binop(self, node: ast.BinOp, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return self._combine(type(node.op), self.value(node.left, names), self.value(node.right, names))

    def _on_boolop(self, node: ast.BoolOp, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        stops_at = isinstance(node.op, ast.Or)
        result: Any = None
        for operand in node.values:
            result = self.value(operand, names)
            if bool(result) == stops_at:
                break
        return result

    def _on_compare(self, node: ast.Compare, names: Mapping[str, Any]) -> bool:
        left = self.value(node.left, names)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.value(comparator, names)
            if type(op) not in _OPERATORS:
                raise Refused(f"{type(op).__name__} is not permitted")
            self.charge(left)
            self.charge(right)
            if not _OPERATORS[type(op)](left, right):
                return False
            left = right
        return True

    def _on_ifexp(self, node: ast.IfExp, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        return self.value(node.body if self.value(node.test, names) else node.orelse, names)

    def _on_subscript(self, node: ast.Subscript, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        whole = self.value(node.value, names)
        if isinstance(node.slice, ast.Slice):
            parts = (node.slice.lower, node.slice.upper, node.slice.step)
            self.charge(whole)
            return whole[slice(*(None if part is None else self.value(part, names) for part in parts))]
        return whole[self.value(node.slice, names)]

    def _on_lambda(self, node: ast.Lambda, names: Mapping[str, Any]) -> Callable[..., Any]:
        wanted = [argument.arg for argument in node.args.args]
        if len(wanted) != sum(1 for _ in ast.walk(node.args)) - 1:
            raise Refused("a lambda has plain arguments here")
        return lambda *given: self.value(node.body, {**names, **dict(zip(wanted, given, strict=True))})

    def _on_call(self, node: ast.Call, names: Mapping[str, Any]) -> Any:  # noqa: ANN401
        function = self.value(node.func, names)
        if any(keyword.arg is None for keyword in node.keywords) or not callable(function):
            raise Refused("that cannot be called")
        given = [self.value(argument, names) for argument in node.args]
        named = {str(keyword.arg): self.value(keyword.value, names) for keyword in node.keywords}
        for argument in (*given, *named.values()):
            self.charge(argument)
        return function(*given, **named)

    def _on_listcomp(self, node: ast.ListComp, names: Mapping[str, Any]) -> list[Any]:
        return [self.value(node.elt, inner) for inner in self._each(node.generators, names)]

    def _on_setcomp(self, node: ast.SetComp, names: Mapping[str, Any]) -> set[Any]:
        return {self.value(node.elt, inner) for inner in self._each(node.generators, names)}

    def _on_generatorexp(self, node: ast.GeneratorExp, names: Mapping[str, Any]) -> list[Any]:
        return [self.value(node.elt, inner) for inner in self._each(node.generators, names)]

    def _each(self, loops: list[ast.comprehension], names: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """The names inside a comprehension, once for every turn of its loops."""
        if not loops:
            yield names
            return
        loop, *rest = loops
        for element in self.value(loop.iter, names):
            inner = {**names, **self._bound(loop.target, element)}
            if all(self.value(test, inner) for test in loop.ifs):
                yield from self._each(rest, inner)

    def _bound(self, target: ast.expr, element: Any) -> dict[str, Any]:  # noqa: ANN401
        if isinstance(target, ast.Name):
            return {target.id: element}
        if isinstance(target, ast.Tuple):
            pairs = zip(target.elts, element, strict=True)
            return {name: value for part, inner in pairs for name, value in self._bound(part, inner).items()}
        raise Refused("a loop counts with plain names here")

    # ---- what could grow without end

    def _combine(self, op: type[ast.operator], left: Any, right: Any) -> Any:  # noqa: ANN401
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if op is ast.Pow and numbers:
            return self._power(left, right)
        joins = op is ast.Add and type(left) is type(right) and isinstance(left, list | tuple | str)
        repeats = op is ast.Mult and isinstance(left, list) and isinstance(right, int)
        if op not in _OPERATORS or not (numbers or joins or repeats):
            kinds = f"{type(left).__name__} and {type(right).__name__}"
            raise Refused(f"{op.__name__} of {kinds} is not permitted")
        if joins or repeats:
            self.spend((len(left) + len(right)) if joins else len(left) * max(0, right))
        return self._fits(_OPERATORS[op](left, right))

    def _fits(self, result: Any) -> Any:  # noqa: ANN401 - any value
        if isinstance(result, int) and result.bit_length() > BITS:
            raise Refused("a number in it is too big")
        return result

    def _power(self, base: Any, exponent: Any, modulus: int | None = None) -> Any:  # noqa: ANN401
        if modulus is not None:
            return pow(base, exponent, modulus)
        whole = isinstance(base, int) and isinstance(exponent, int)
        if whole and base.bit_length() * abs(exponent) > BITS:
            raise Refused("a power in it is too big")
        result = base**exponent
        if isinstance(result, complex):
            raise Refused("a root of a negative number is not a number here")
        return result

    def _range(self, *bounds: int) -> range:
        if len(numbers := range(*bounds)) > WORK:
            raise Refused("a range in it is too long")
        return numbers

    def _round(self, value: float, digits: int | None = None) -> float:
        if digits is not None and abs(digits) > 300:
            raise Refused("that many digits are not permitted")
        return round(value, digits)

    def _bounded(self, function: Callable[..., int]) -> Callable[..., int]:
        def bounded(*given: int) -> int:
            if any(abs(number) > 1_000 for number in given):
                raise Refused("a factorial in it is too big")
            return function(*given)

        return bounded

    def _product(self, factors: Any) -> Any:  # noqa: ANN401 - numbers
        result: Any = 1
        for factor in factors:
            result = self._combine(ast.Mult, result, factor)
        return result
