"""Statements that tell what there is: SHOW, DESCRIBE, the information schema, histories."""
