"""Order events on their way to bronze: the contract, the simulator, the producer and the landing stream."""
