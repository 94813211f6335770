"""What one request may cost the server, decided before it runs. Knows no business word and no HTTP."""

from graph.limits.admission import Admission, Caller, Guard, admit, open_guard
from graph.limits.bucket import BucketSize, PointsInMemory, PointsStore, Taking
from graph.limits.documents import Documents, OperationRefused
from graph.limits.settings import Limits

__all__ = [
    "Admission",
    "BucketSize",
    "Caller",
    "Documents",
    "Guard",
    "Limits",
    "OperationRefused",
    "PointsInMemory",
    "PointsStore",
    "Taking",
    "admit",
    "open_guard",
]
