"""Compound statements (`BEGIN … END`) cut into the statements and conditions that they hold.

https://docs.databricks.com/aws/en/sql/language-manual/control-flow/compound-stmt
"""

from __future__ import annotations

from dataclasses import dataclass

from emulators.warehouse.sql.lexer import Kind, Reader


@dataclass(frozen=True)
class Part:
    """A statement, or a condition or query that steers others, with its offsets in the script."""

    start: int
    end: int
    is_statement: bool


def parts(sql: str) -> list[Part]:
    """The statements and conditions of a script, in order.

    Raises:
        SqlError: it is not a compound statement.
    """
    reader = _Parts(sql)
    reader.compound()
    reader.accept(";")
    reader.end()
    return reader.found


class _Parts(Reader):
    """Reads a script by the words that structure it; what stands between them is not looked into."""

    def __init__(self, sql: str) -> None:
        super().__init__(sql)
        self.found: list[Part] = []

    def compound(self) -> None:
        """Read `BEGIN [NOT ATOMIC] statements END [label]`."""
        self.expect("BEGIN")
        self.accept("NOT", "ATOMIC")
        self._statements("END")
        self.expect("END")
        self._label()

    def _statements(self, *stops: str) -> None:
        while self.peek() not in stops:
            self._statement()
            if self.peek() not in stops:
                self.expect(";")

    def _statement(self) -> None:
        if self.peek(1) == ":":
            self.identifier()
            self.expect(":")
        structure = {
            "BEGIN": self.compound,
            "IF": self._if,
            "CASE": self._case,
            "WHILE": self._while,
            "REPEAT": self._repeat,
            "LOOP": self._loop,
            "FOR": self._for,
        }.get(self.peek())
        if structure:
            structure()
        elif self.peek() == "DECLARE" and "HANDLER" in (self.peek(1), self.peek(2)):
            self._handler()
        elif self.accept_any("LEAVE", "ITERATE"):
            self.identifier()
        else:
            self._until(";", is_statement=True)

    def _if(self) -> None:
        self.expect("IF")
        self._until("THEN")
        self._statements("ELSEIF", "ELSE", "END")
        while self.accept("ELSEIF"):
            self._until("THEN")
            self._statements("ELSEIF", "ELSE", "END")
        if self.accept("ELSE"):
            self._statements("END")
        self.expect("END", "IF")

    def _case(self) -> None:
        self.expect("CASE")
        if self.peek() != "WHEN":
            self._until("WHEN", is_kept=True)
        while self.accept("WHEN"):
            self._until("THEN")
            self._statements("WHEN", "ELSE", "END")
        if self.accept("ELSE"):
            self._statements("END")
        self.expect("END", "CASE")

    def _while(self) -> None:
        self.expect("WHILE")
        self._until("DO")
        self._statements("END")
        self.expect("END", "WHILE")
        self._label()

    def _repeat(self) -> None:
        self.expect("REPEAT")
        self._statements("UNTIL")
        self.expect("UNTIL")
        self._until("END")
        self.expect("REPEAT")
        self._label()

    def _loop(self) -> None:
        self.expect("LOOP")
        self._statements("END")
        self.expect("END", "LOOP")
        self._label()

    def _for(self) -> None:
        self.expect("FOR")
        if self.peek(1) == "AS":
            self.identifier()
            self.expect("AS")
        self._until("DO")
        self._statements("END")
        self.expect("END", "FOR")
        self._label()

    def _handler(self) -> None:
        """Read `DECLARE {CONTINUE | EXIT} HANDLER FOR conditions statement`."""
        while not self.accept("FOR"):
            self.token()
        while True:
            if self.accept("SQLSTATE"):
                self.accept("VALUE")
                self.string()
            elif not self.accept("NOT", "FOUND"):
                self.name()
            if not self.accept(","):
                break
        self._statement()

    def _label(self) -> None:
        if not self.is_done and self.tokens[self.at].kind in (Kind.WORD, Kind.QUOTED):
            self.identifier()

    def _until(self, stop: str, is_statement: bool = False, is_kept: bool = False) -> None:
        """Read up to a word outside of parentheses and CASE, and past it unless it ends a statement."""
        start, depth = self.here, 0
        while depth or self.peek() != stop:
            if self.is_done:
                if is_statement:
                    break
                raise self.unexpected()
            word = self.token().keyword
            if word in ("(", "CASE"):
                depth += 1
            elif word == ")" or (word == "END" and depth):
                depth -= 1
            elif word == ";" and not is_statement:
                raise self.unexpected()
        if self.read_to > start:
            self.found.append(Part(start, self.read_to, is_statement))
        if not is_statement and not is_kept:
            self.expect(stop)
