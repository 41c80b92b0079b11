"""Tools that check the project itself; nothing of the product imports them."""
