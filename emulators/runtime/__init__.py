"""What the emulators run on: Java, jars, Spark's configuration, the environment of processes."""
