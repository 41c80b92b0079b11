"""A local Azure Event Hubs: a real Kafka broker behind an AMQP 1.0 front."""
