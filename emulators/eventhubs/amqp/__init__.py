"""AMQP 1.0, the server side, as much of it as Event Hubs clients speak."""
