"""Reading YAML text into a tree of nodes, refusing what a scenario never needs.

The tree is built from the parser's events, not from PyYAML's composed nodes: an alias is then seen
before anything is expanded, the place of every key and value is exact, and depth is bounded before
a deep file can exhaust the stack.
"""

from pathlib import Path as FilePath
from typing import Any

import yaml

from sim.scenario.nodes import MAX_DEPTH, Node, Path, Place, dotted
from sim.scenario.problems import Problem, ScenarioError
from sim.scenario.quantity import UNKNOWN
from sim.scenario.scalars import resolve

__all__ = ["MAX_BYTES", "read_file", "read_text"]

MAX_BYTES = 1_000_000

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_file(path: FilePath, shown: str) -> tuple[Node, list[Problem]]:
    """The tree of a file, and problems that leave a tree to go on with (`UNKNOWN` at their place).

    `shown` is how the file is called in problems. Raises ScenarioError when the file is missing,
    unreadable, too large, not UTF-8, or not YAML.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _file_error(shown, "there is no such file") from None
    except IsADirectoryError:
        raise _file_error(shown, "this is a folder", "a scenario file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _file_error(shown, f"the file cannot be read: {reason}") from None
    if len(data) > MAX_BYTES:
        raise _file_error(shown, "the file is too large", f"at most {MAX_BYTES // 1000} kB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        raise ScenarioError(
            [Problem(shown, line, column, "", "the file is not UTF-8 text", "UTF-8")]
        ) from None
    return read_text(text, shown)


def read_text(text: str, shown: str) -> tuple[Node, list[Problem]]:
    """The tree of a YAML text that is one mapping, as `read_file`."""
    builder = Builder(shown)
    root = builder.build(text)
    if root is None or root.value is None:
        raise _file_error(shown, "the file is empty", "a scenario")
    if not isinstance(root.value, dict):
        place = root.place
        raise ScenarioError(
            [Problem(shown, place.line, place.column, "", "the file is no mapping", "`key: value`")]
        )
    return root, builder.problems


class Builder:
    """Builds the tree of one text; `problems` collects what does not stop it."""

    def __init__(self, shown: str, *, lines: bool = True) -> None:
        self.shown = shown
        self.lines = lines
        self.problems: list[Problem] = []
        # Each open collection: its children so far, the key that waits for its value, its place.
        self._stack: list[_Open] = []

    def build(self, text: str) -> Node | None:
        """The tree of the text's only document; None for no document. Raises ScenarioError."""
        try:
            return self._build(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse_depth(text[: mark.index] if mark else "")
            place = self._place(mark) if mark else Place(self.shown)
            raise ScenarioError([self._problem(place, _syntax(error), at=())]) from None
        except yaml.reader.ReaderError as error:
            raise ScenarioError([self._unreadable(text, error)]) from None
        except UnicodeEncodeError:
            raise ScenarioError(
                [self._problem(Place(self.shown), "not Unicode text", at=())]
            ) from None

    def _build(self, text: str) -> Node | None:
        root: Node | None = None
        documents = 0
        stack = self._stack
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._stop(event, "a second document", "one scenario in a file")
                continue
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= MAX_DEPTH:
                    raise self._too_deep(event)
                place = self._place(event.start_mark)
                if stack and stack[-1].waits_for_key:
                    raise self._stop(event, "a mapping or list as a key", "a word as a key")
                tagged = self._refuse_tag(event)
                stack.append(_Open(isinstance(event, yaml.MappingStartEvent), place, tagged))
                continue
            if isinstance(event, yaml.CollectionEndEvent):
                done = stack.pop()
                node = Node(UNKNOWN if done.refused else done.children, done.place)
            elif isinstance(event, yaml.ScalarEvent):
                node = self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._complain(
                    event, f"alias `*{event.anchor}`", "the value written out, or `extends`"
                )
                node = Node(UNKNOWN, self._place(event.start_mark))
            else:
                continue
            if not stack:
                root = node
            elif stack[-1].waits_for_key:
                stack[-1].key = (self._key(event), node.place)
            else:
                self._add(stack[-1], node)
        return root

    def _refuse_depth(self, text: str) -> None:
        """Raise ScenarioError where `text`, up to a mistake, is nested too deep.

        The parser reads ahead, and some refuse what is far deeper before the events up to there
        come out. Without the rest of the text they do come out.
        """
        depth = 0
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                if isinstance(event, yaml.CollectionEndEvent):
                    depth -= 1
                elif isinstance(event, yaml.CollectionStartEvent):
                    if depth >= MAX_DEPTH:
                        raise self._too_deep(event)
                    depth += 1
        except yaml.YAMLError:
            return

    def _add(self, parent: "_Open", node: Node) -> None:
        if isinstance(parent.children, list):
            index = len(parent.children)
            parent.children.append(Node(node.value, node.place, None, index))
            return
        assert parent.key is not None
        (key, place), parent.key = parent.key, None
        first = parent.children.get(key)
        if first is not None:
            line = first.key.line if first.key else None
            at = f" (first on line {line})" if line else ""
            path = (*self._path(), key)
            self.problems.append(self._problem(place, f"duplicate key `{key}`{at}", at=path))
            return
        parent.children[key] = Node(node.value, node.place, place)

    def _key(self, event: Any) -> str:
        if isinstance(event, yaml.ScalarEvent):
            return str(event.value)
        raise self._stop(event, "an alias as a key", "a word as a key")

    def _scalar(self, event: Any) -> Node:
        place = self._place(event.start_mark)
        if self._refuse_tag(event):
            return Node(UNKNOWN, place)
        plain = event.style is None or event.style == ""
        return Node(resolve(event.value) if plain else event.value, place)

    def _refuse_tag(self, event: Any) -> bool:
        """Whether the event carries a tag (reported). Anchors are harmless without aliases."""
        if event.tag is None:
            return False
        self._complain(event, f"tag `{event.tag}`", "a plain value: tags are not supported")
        return True

    def _complain(self, event: Any, message: str, expected: str) -> None:
        self.problems.append(self._problem(self._place(event.start_mark), message, expected))

    def _stop(self, event: Any, message: str, expected: str = "") -> ScenarioError:
        problem = self._problem(self._place(event.start_mark), message, expected, at=())
        return ScenarioError([*self.problems, problem])

    def _too_deep(self, event: Any) -> ScenarioError:
        return self._stop(event, f"nested more than {MAX_DEPTH} deep")

    def _place(self, mark: Any) -> Place:
        if not self.lines:
            return Place(self.shown)
        return Place(self.shown, mark.line + 1, mark.column + 1)

    def _path(self) -> Path:
        """The path of what is being read."""
        path: list[str | int] = []
        for parent in self._stack:
            if isinstance(parent.children, list):
                path.append(len(parent.children))
            elif parent.key is not None:
                path.append(parent.key[0])
        return tuple(path)

    def _problem(
        self, place: Place, message: str, expected: str = "", *, at: Path | None = None
    ) -> Problem:
        path = dotted(self._path() if at is None else at)
        return Problem(place.file, place.line, place.column, path, message, expected)

    def _unreadable(self, text: str, error: Any) -> Problem:
        position = error.position if isinstance(error.position, int) else 0
        # The C reader counts bytes; both agree up to the first character outside ASCII.
        found = next((i for i, c in enumerate(text) if _is_control(c)), position)
        before = text[:found]
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        place = Place(self.shown, line, column) if self.lines else Place(self.shown)
        return self._problem(place, "a control character", "text", at=())


class _Open:
    """A collection that is being read."""

    __slots__ = ("children", "key", "place", "refused")

    def __init__(self, mapping: bool, place: Place, refused: bool) -> None:
        self.children: dict[str, Node] | list[Node] = {} if mapping else []
        self.key: tuple[str, Place] | None = None
        self.place = place
        self.refused = refused

    @property
    def waits_for_key(self) -> bool:
        return isinstance(self.children, dict) and self.key is None


def _is_control(character: str) -> bool:
    return not yaml.reader.Reader.NON_PRINTABLE.sub("", character)


def _syntax(error: Any) -> str:
    """The parser's words in one line."""
    words = [str(part) for part in (error.context, error.problem) if part]
    return "not YAML: " + ", ".join(words)


def _file_error(shown: str, message: str, expected: str = "") -> ScenarioError:
    return ScenarioError([Problem(shown, None, None, "", message, expected)])
