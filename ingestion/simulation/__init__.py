"""The simulated shop, the faults it can have, and the right answer to what it sent."""
