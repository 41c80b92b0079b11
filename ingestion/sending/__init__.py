"""From events to the hub: the simulator's or those of a file."""
