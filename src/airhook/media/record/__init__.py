"""Recordings, inside a worker: packets copied into files (contract 2.3)."""
