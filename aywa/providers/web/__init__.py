"""The one way to a vendor: requests and websockets, each to an address that was judged."""
