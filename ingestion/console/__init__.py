"""What a command shows on the terminal, and how it is asked to stop."""
