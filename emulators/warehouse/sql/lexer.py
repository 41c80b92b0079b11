"""Reads SQL statements word by word: enough to recognise a statement's form, without parsing all of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, TypeVar

from sqlglot import TokenType
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import TokenError

from emulators.warehouse.errors import parse_error

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d]\w*")
_STRINGS = {TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING}


class _Tokenizer(Databricks.Tokenizer):
    """Databricks' tokens, without sqlglot's habit of swallowing the rest of a SHOW or RENAME whole.

    What stands between two `$$` (the definition of a metric view, the body of a function) is one string.
    """

    COMMANDS: ClassVar[set[TokenType]] = set()
    HEREDOC_STRINGS: ClassVar[list[str | tuple[str, str]]] = ["$"]


class Kind(Enum):
    """What a token is; keywords are words like any other, for Spark lets them name things."""

    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    NUMBER = auto()
    SYMBOL = auto()


@dataclass(frozen=True)
class Token:
    """One token; `start` and `end` are offsets into the statement, `end` exclusive."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The token as a keyword: upper case, and empty when it is quoted or a string."""
        return self.text.upper() if self.kind in (Kind.WORD, Kind.SYMBOL) else ""


def tokenize(sql: str) -> list[Token]:
    """Tokens of a statement, comments and the semicolons at its end left out.

    Raises:
        SqlError: a quote or a comment is not closed.
    """
    try:
        found = _Tokenizer(dialect="databricks").tokenize(sql)
    except TokenError as error:
        raise parse_error(str(error).partition("\n")[0], sql, len(sql)) from None
    tokens: list[Token] = []
    for each in found:
        start, end = each.start, each.end + 1
        if tokens and tokens[-1].kind is Kind.NUMBER and tokens[-1].start == start:
            continue  # sqlglot tells the suffix of `10L` as a cast that stands where the number does
        if each.token_type in _STRINGS:
            tokens.append(Token(Kind.STRING, each.text, start, end))
        elif each.token_type is TokenType.IDENTIFIER:
            tokens.append(Token(Kind.QUOTED, each.text, start, end))
        elif each.token_type is TokenType.NUMBER:
            tokens.append(Token(Kind.NUMBER, each.text, start, end))
        else:
            # sqlglot joins some keywords (`PRIMARY KEY`, `GROUP BY`): give them back one by one.
            for word in re.finditer(r"\S+", sql[start:end]):
                # A name may begin with a digit, and is a VAR then.
                is_word = each.token_type is TokenType.VAR or _WORD.fullmatch(word[0])
                kind = Kind.WORD if is_word else Kind.SYMBOL
                tokens.append(Token(kind, word[0], start + word.start(), start + word.end()))
    while tokens and tokens[-1].keyword == ";":
        tokens.pop()
    return tokens


def first_word(text: str) -> str:
    """The first word behind comments and brackets: the whole text need not be read for it."""
    at = 0
    while at < len(text):
        if text.startswith("--", at):
            at = (text.find("\n", at) + 1) or len(text)
        elif text.startswith("/*", at):
            at = (text.find("*/", at + 2) + 2) if "*/" in text[at + 2 :] else len(text)
        elif text[at].isspace() or text[at] == "(":
            at += 1
        else:
            break
    end = at
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[at:end]


class Reader:
    """A position in a statement's tokens, with the few moves that recognising a form takes."""

    def __init__(self, sql: str, tokens: list[Token] | None = None) -> None:
        self.sql = sql
        self.tokens = tokenize(sql) if tokens is None else tokens
        self.at = 0

    @property
    def is_done(self) -> bool:
        """Whether every token has been read."""
        return self.at >= len(self.tokens)

    @property
    def here(self) -> int:
        """Offset of the next token in the statement; its length at the end."""
        return self.tokens[self.at].start if not self.is_done else len(self.sql)

    @property
    def read_to(self) -> int:
        """Offset just after the last token read."""
        return self.tokens[self.at - 1].end if self.at else 0

    def peek(self, ahead: int = 0) -> str:
        """The keyword at the position (or `ahead` of it); empty when there is none."""
        index = self.at + ahead
        return self.tokens[index].keyword if index < len(self.tokens) else ""

    def next_is_string(self, ahead: int = 0) -> bool:
        """Whether a string literal is at the position (or `ahead` of it)."""
        index = self.at + ahead
        return index < len(self.tokens) and self.tokens[index].kind is Kind.STRING

    def follows(self, *keywords: str) -> bool:
        """Whether exactly these keywords come next."""
        return all(self.peek(index) == each for index, each in enumerate(keywords))

    def accept(self, *keywords: str) -> bool:
        """Read these keywords if they come next, all or none."""
        if not self.follows(*keywords):
            return False
        self.at += len(keywords)
        return True

    def accept_any(self, *alternatives: str) -> str:
        """Read one of the keywords if it comes next; empty when none does."""
        found = self.peek()
        if found not in alternatives:
            return ""
        self.at += 1
        return found

    def expect(self, *keywords: str) -> None:
        """Read these keywords.

        Raises:
            SqlError: something else comes next.
        """
        for each in keywords:
            if not self.accept(each):
                raise self.unexpected()

    def token(self) -> Token:
        """Read any token.

        Raises:
            SqlError: the statement ends here.
        """
        if self.is_done:
            raise self.unexpected()
        self.at += 1
        return self.tokens[self.at - 1]

    def identifier(self) -> str:
        """Read one part of a name, without its backticks."""
        token = self.token()
        if token.kind not in (Kind.WORD, Kind.QUOTED):
            self.at -= 1
            raise self.unexpected()
        return token.text

    def name(self) -> tuple[str, ...]:
        """Read a name of one or more parts."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return tuple(parts)

    def property_name(self) -> str:
        """Read the name of a property: a string, or words with dots between them."""
        name = self.token().text
        while self.accept("."):
            name = f"{name}.{self.identifier()}"
        return name

    def string(self) -> str:
        """Read a string literal (adjacent literals are one, as in Spark)."""
        token = self.token()
        if token.kind is not Kind.STRING:
            self.at -= 1
            raise self.unexpected()
        text = token.text
        while not self.is_done and self.tokens[self.at].kind is Kind.STRING:
            # Two quotes in a string are one; two strings with space between them are one string.
            text += ("'" if self.here == self.read_to else "") + self.token().text
        return text

    def listed(self, item: Callable[[], T]) -> list[T]:
        """Read `(item, item, …)`."""
        self.expect("(")
        items = [item()]
        while self.accept(","):
            items.append(item())
        self.expect(")")
        return items

    def skip_group(self) -> str:
        """Read a parenthesised group and give back the text between its parentheses."""
        self.expect("(")
        start, depth = self.here, 1
        while depth:
            keyword = self.token().keyword
            depth += (keyword == "(") - (keyword == ")")
        return self.sql[start : self.tokens[self.at - 1].start].strip()

    def skip_nested_type(self) -> None:
        """Read a type that holds others (`array<…>`, `map<…>`, `struct<…>`) if one comes next."""
        if not self.peek(1).startswith("<"):
            return
        self.token()
        depth = 0
        while True:
            text = self.token().keyword
            depth += text.count("<") - text.count(">")
            if depth <= 0:
                return

    def skip_item(self, *stops: str) -> str:
        """Read up to a `,` or `)` of this level, one of `stops`, or the end, and give back the text read."""
        start = self.here
        while not self.is_done and self.peek() not in {",", ")", *stops}:
            if self.peek() == "(":
                self.skip_group()
            else:
                self.token()
        return self.sql[start : self.read_to].strip() if self.read_to > start else ""

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            SqlError: something is.
        """
        if not self.is_done:
            raise self.unexpected()

    def unexpected(self) -> Exception:
        """The syntax error of what comes next."""
        found = self.tokens[self.at].text if not self.is_done else "end of input"
        return parse_error(found, self.sql, self.here)
