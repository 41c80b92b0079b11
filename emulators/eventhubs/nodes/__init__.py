"""What links end at: the hubs, and the nodes that answer requests."""
