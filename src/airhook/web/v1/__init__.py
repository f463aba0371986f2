"""``/v1``: what Airhook offers beyond CSS, by bearer keys.

An operation is a function of a ``Call`` and stands in the list ``OPERATIONS`` of its module; routing, bearer keys, errors and
the OpenAPI document are made of these lists (``catalogue``, ``operations``). ``POST /v1/events`` alone is apart (``web.events``): it takes
thousands of calls a second.
"""
