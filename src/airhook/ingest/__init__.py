"""The own RTMP ingest: takes pushes from encoders and tells the sessions how they start and why they end.

It publishes only and plays nothing. It talks to the rest in plain values over ``core.ports`` (design D10).
"""
