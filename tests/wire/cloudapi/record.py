"""Record the SDK sessions anew: ``PYTHONPATH=src:tests python tests/wire/cloudapi/record.py``.

To be run when an answer is meant to change; the change of the files then shows what receivers of answers will see.
"""

from support.sdk_session import FOLDER, KINDS, write

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        write(kind)
