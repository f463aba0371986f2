"""The cloud API ``live`` 2018-08-01, as the official SDKs and command line speak it (contract 3 and 4).

The way of a request: ``face`` reads it, ``recognise`` says what it asks for, ``authenticate`` who asks, ``registry``
which action answers, ``parameters`` checks its fields, ``actions`` do the work, ``failures`` and ``errors`` name what
went wrong, and ``dispatch`` is the chain of all that.
"""
