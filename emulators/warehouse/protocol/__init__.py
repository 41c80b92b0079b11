"""What drivers speak: Thrift over HTTP, its types and calls, and the page for people."""
