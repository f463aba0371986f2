"""Listening sockets: how they are made, and how connections are accepted from them."""
