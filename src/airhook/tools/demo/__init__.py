"""The demo: a server of its own, a real push, and every callback with its signature checked."""
