"""The composition root: ``process`` owns the signals, ``server`` starts the parts of a node in order and stops them.

``parts`` turns settings into what the parts take, ``sockets`` listens, ``where`` tells other commands of a running
server. Nothing but these names a concrete backend.
"""
