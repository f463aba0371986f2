"""Where finished files go: a folder that this server hands out by signed links, or a bucket of S3.

``base`` is the contract, ``local`` and ``s3`` fulfil it, ``links`` signs, ``names`` makes keys from templates' patterns,
``retention`` removes what is too old or too much, ``room`` watches the disk.
"""
