"""The use cases that every face calls: the cloud API, the console, ``/v1`` and the command line."""
