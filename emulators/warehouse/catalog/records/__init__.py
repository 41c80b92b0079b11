"""What the warehouse remembers of each kind of object, in SQLite."""
