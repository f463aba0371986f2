"""The console: pages that a browser reads, rendered here, behind sign-in."""
