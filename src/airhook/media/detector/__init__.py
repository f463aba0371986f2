"""Who judges pictures: scores come from a detector (``nsfw``, ``service``), the verdict from thresholds (``verdict``).

Outside services that judge on their own report what they found by ``POST /v1/events`` with event type 317.
"""
