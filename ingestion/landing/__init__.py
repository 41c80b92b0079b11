"""From the hub to bronze: the stream, its checkpoint and the record of its batches."""
