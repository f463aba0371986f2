"""Tools around the service: a receiver, a publisher and the demo. Each is a command and a library."""
