"""The text of statements: words, names, parameters and the forms that are recognised."""
