"""What tests share that start, kill and wait for processes of the product."""
