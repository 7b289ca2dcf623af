"""What a check is written with: calls of the learner's code, and comparisons that explain.

Runs in the judge's process. Knows no quizapp, and imports torch only where a check already has.
"""

from __future__ import annotations

import ast
import difflib
import linecache
import math
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

import faults  # type: ignore[import-not-found] # a file beside this one, which is no package

SHOWN: int = faults.SHOWN
NO_RETURN = "there is no `return` on that way out"
"""What None in the place of a result comes from."""
FRAMES = 3
"""Lines of the learner's own that an exception shows."""


class Stop(BaseException):
    """The check is over. `state` and `said` are its result; no `except Exception` of a learner catches it."""

    def __init__(self, state: str, what: str, **said: object) -> None:
        super().__init__(what)
        self.state = state
        self.said: dict[str, object] = {"what": what, **said}


def wrong(
    what: str, *, given: str = "", expected: object = "", came: object = "", smells: str = ""
) -> NoReturn:
    """End the check: the answer is wrong, and this is how."""
    raise Stop("wrong", what, given=given, expected=shown(expected), came=shown(came), smells=smells)


def shown(value: object) -> str:
    """A value in a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    if _is_tensor(value):
        return f"a tensor of shape {list(value.shape)}"  # type: ignore[attr-defined]
    try:
        text = repr(value)
    except Exception as error:
        text = f"a {type(value).__name__} that cannot be shown ({type(error).__name__})"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _is_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


# ---- comparisons


def numbers(value: Any) -> tuple[list[int], list[float]]:  # noqa: ANN401 - whatever a learner returns
    """The shape of a number, a tensor or a list of lists, and its numbers in order. Raises TypeError."""
    if _is_tensor(value):
        flat = value.detach().double().flatten().tolist()
        return list(value.shape), flat
    if isinstance(value, (list, tuple)):
        parts = [numbers(part) for part in value]
        if any(shape != parts[0][0] for shape, _ in parts):
            raise TypeError("its rows are of different lengths")
        return [len(parts), *(parts[0][0] if parts else [])], [one for _, flat in parts for one in flat]
    if isinstance(value, (int, float)):
        return [], [float(value)]
    if hasattr(value, "tolist"):
        return numbers(value.tolist())
    raise TypeError(f"it is a {type(value).__name__}")


def _near(came: Sequence[float], expected: Sequence[float], tolerance: float) -> bool:
    return all(_close(a, b, tolerance) for a, b in zip(came, expected, strict=True))


def _close(a: float, b: float, tolerance: float) -> bool:
    return a == b or abs(a - b) <= tolerance * (1 + abs(b)) or (math.isnan(a) and math.isnan(b))


def same(one: object, other: object, tolerance: float = 1e-5) -> bool:
    """Whether two values have the same shape and numbers."""
    try:
        (shape, flat), (shape_, flat_) = numbers(one), numbers(other)
    except (TypeError, RuntimeError):
        return False
    return shape == shape_ and _near(flat, flat_, tolerance)


Smell = tuple[str, Any]
"""What a wrong value may come from, and the value it would be: itself, or a function that makes it."""


def equal(
    came: object,
    expected: object,
    *,
    of: str,
    given: str,
    tolerance: float = 1e-5,
    smells: Sequence[Smell] = (),
) -> None:
    """End the check unless the two agree in kind, shape and numbers; say which mistake it looks like."""
    smell = _smell(came, smells, tolerance)
    if came is None:
        wrong(f"{of} returned nothing", given=given, came="None", smells=NO_RETURN)
    if _is_tensor(expected) and not _is_tensor(came):
        wrong(f"{of} is not a tensor", given=given, expected=expected, came=f"{_a(came)}: {shown(came)}")
    try:
        shape, flat = numbers(came)
    except (TypeError, RuntimeError) as error:
        wrong(f"{of} cannot be compared: {error}", given=given, expected=expected, came=came)
    wanted, right = numbers(expected)
    if shape != wanted:
        smell = smell or (
            "the last two axes are swapped" if shape == [*wanted[:-2], *wanted[-2:][::-1]] else ""
        )
        wrong(
            f"{of} has another shape",
            given=given,
            expected=f"shape {wanted}",
            came=f"shape {shape}",
            smells=smell,
        )
    off = [place for place, (a, b) in enumerate(zip(flat, right, strict=True)) if not _close(a, b, tolerance)]
    if off:
        at, first = _place(off[0], wanted), off[0]
        count = (
            f"{len(off):,} of {len(flat):,} numbers {'is' if len(off) == 1 else 'are'} off, the first "
            if len(flat) > 1
            else "the number is off "
        )
        nan = (
            "NaN: something divided 0 by 0, or a softmax saw nothing but -inf"
            if math.isnan(flat[first])
            else ""
        )
        what = f"{of}: {count}{f'at {at}' if at else ''}".rstrip()
        told = shown(right[first]), shown(flat[first])
        if told[0] == told[1]:
            told = repr(right[first]), repr(flat[first])
            smell = smell or "it is near: are these numbers of fewer digits, such as float32?"
        wrong(what, given=given, expected=told[0], came=told[1], smells=smell or nan)


def listed(came: object, length: int, given: str) -> None:
    """End the check unless something is a list of this length."""
    if came is None:
        wrong("it returned nothing", given=given, came="None", smells=NO_RETURN)
    if not isinstance(came, (list, tuple)):
        wrong("it is no list", given=given, expected=f"a list of {length}", came=f"{_a(came)}: {shown(came)}")
    if len(came) != length:
        what = "it is no list of the same length"
        wrong(what, given=given, expected=f"{length} places", came=f"{len(came)} places")


def two(came: Any, first: str, second: str, given: str = "") -> tuple[Any, Any]:  # noqa: ANN401 - theirs
    """The two things that were to be returned; end the check unless there are two."""
    if not isinstance(came, (tuple, list)) or len(came) != 2:
        what = f"it must return two things: ({first}, {second})"
        if came is None:
            wrong(what, given=given, came="None", smells=NO_RETURN)
        wrong(what, given=given, came=f"{_a(came)}: {shown(came)}")
    return came[0], came[1]


def _smell(came: object, smells: Sequence[Smell], tolerance: float) -> str:
    for words, value in smells:
        try:
            if same(came, value() if callable(value) else value, tolerance):
                return words
        except (RuntimeError, ValueError, OverflowError, ZeroDivisionError, IndexError):
            continue
    return ""


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _place(index: int, shape: Sequence[int]) -> str:
    place: list[int] = []
    for size in reversed(shape):
        index, at = divmod(index, size)
        place.insert(0, at)
    return str(place) if place else ""


# ---- the learner's file


class Desk:
    """The learner's file, loaded; `FORBIDDEN` of the check is out of its reach."""

    def __init__(self, path: Path, forbidden: dict[str, str], note: Callable[[str], None]) -> None:
        self.path = path
        self.passed: list[str] = []
        self.measured: list[str] = []
        self.at = "loading the file"
        self._inside = 0
        self._note = note
        self._smells = ""
        for name, instead in forbidden.items():
            self._guard(name, instead)
        self._module = self._load()

    def _load(self) -> ModuleType:
        module = ModuleType("exercise")
        module.__file__ = str(self.path)
        sys.modules["exercise"] = module
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Stop("broken", f"{self.path.name} cannot be read: {error}") from None
        self._lines = text.splitlines()
        # What is told must be what ran, even when the file is saved again meanwhile.
        linecache.cache[str(self.path)] = (len(text), None, text.splitlines(keepends=True), str(self.path))
        try:
            code = compile(text, str(self.path), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            where = faults.syntax_place(self._lines, error)
            raise Stop("broken", faults.syntax(error), where=where) from None
        if faults.says_nothing(ast.parse(text)):
            undo = "undo it in your editor, or begin the exercise again"
            raise Stop("broken", "there is no code in the file", smells=undo)
        with self._calling():
            exec(code, module.__dict__)
        return module

    def function(self, name: str) -> Callable[..., Any]:
        """A function of theirs; what it raises ends the check. Lists and tensors go in as copies."""
        theirs = getattr(self._module, name, None)
        if not callable(theirs):
            near = difflib.get_close_matches(name, self._functions())
            smells = f"is it `{near[0]}` now? " if near else ""
            smells += "its name is part of the task: keep it"
            wrong(f"there is no function `{name}` in the file", smells=smells)

        def call(*given: Any) -> Any:  # noqa: ANN401 - whatever the task asks for
            with self._calling():
                return theirs(*map(copied, given))

        return call

    def _functions(self) -> list[str]:
        return [name for name, one in vars(self._module).items() if callable(one)]

    def value(self, name: str) -> Any:  # noqa: ANN401 - whatever a learner wrote
        """Something they set; None when it is not there."""
        return getattr(self._module, name, None)

    @contextmanager
    def case(self, name: str, smells: str = "") -> Iterator[None]:
        """One thing to check. smells: what an exception in it points to."""
        self.at, self._smells = name, smells
        self._note(name)
        yield
        self.passed.append(name)
        self._smells = ""

    def say(self, *lines: str) -> None:
        """Something that was measured, to be shown."""
        self.measured += lines

    # ---- what their code may do

    @contextmanager
    def _calling(self) -> Iterator[None]:
        self._inside += 1
        try:
            yield
        except Stop:
            raise
        except NotImplementedError as error:
            raise Stop("unfinished", "it raises NotImplementedError", **self.place(error)) from None
        except SystemExit as error:
            said = "return the result"
            raise Stop("broken", "it called sys.exit()", smells=said, **self.place(error)) from None
        except MemoryError as error:
            raise Stop("stopped", "it needed too much memory", **self.place(error)) from None
        except EOFError as error:
            said = "Nobody types during a check; use what the function is given."
            raise Stop("broken", "it reads from the keyboard", smells=said, **self.place(error)) from None
        except BaseException as error:
            text = f"{type(error).__name__}: {error}".strip().rstrip(":")[:SHOWN]
            place = self.place(error)
            smells = faults.smell(error, bool(place["where"])) or self._smells
            raise Stop("broken", text, smells=smells, **place) from None
        finally:
            self._inside -= 1

    def place(self, error: BaseException) -> dict[str, object]:
        """Where in their file it happened: the last lines of theirs, ours left out."""
        frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == str(self.path)]
        lines = [[one.lineno or 0, (one.line or "")[:SHOWN]] for one in frames]
        once = [line for place, line in enumerate(lines) if line != next(iter(lines[place + 1 :]), None)]
        return {"where": once[-FRAMES:]}

    def line_of(self, frame: FrameType | None) -> dict[str, object]:
        """The same for code that is still running."""
        while frame is not None and frame.f_code.co_filename != str(self.path):
            frame = frame.f_back
        if frame is None:
            return {}
        return {"where": [[frame.f_lineno, self._lines[frame.f_lineno - 1].strip()[:SHOWN]]]}

    @property
    def inside(self) -> bool:
        """Whether their code is running."""
        return self._inside > 0

    def _guard(self, name: str, instead: str) -> None:
        """Put a guard before something of a library; it stops the learner and lets the checks through."""
        owner, _, last = name.rpartition(".")
        target = _resolve(owner)
        original = getattr(target, last, None)
        if original is None:  # another version of the library
            return

        def guard(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes
            if self.inside:
                what = f"it calls {name}, which is what you are to build"
                raise Stop("wrong", what, smells=instead, **self.line_of(sys._getframe(1)))
            return original(*given, **named)

        setattr(target, last, guard)


def _resolve(name: str) -> Any:  # noqa: ANN401 - a module or a class
    try:
        return import_module(name)
    except ImportError:
        owner, _, last = name.rpartition(".")
        return getattr(_resolve(owner), last)


def copied(value: Any) -> Any:  # noqa: ANN401 - whatever a check hands over
    """A copy of lists and tensors, so that code that changes what it is given changes nothing of ours."""
    if type(value) is list:
        return [copied(one) for one in value]
    return value.clone() if _is_tensor(value) else value
