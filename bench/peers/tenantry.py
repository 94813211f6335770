"""Tenantry's own application with every limit on, but a bucket of points that a measurement cannot empty."""

from bench.peers.settings import PeerSettings
from core.settings import Settings
from graph.limits import Limits
from graph.limits.bucket import BucketSize
from web.api import build_api
from web.app import create_app
from web.logs import configure_logs

_PEER = PeerSettings.of_this_process()
_SETTINGS = Settings(
    database_url=_PEER.database_url,
    port=_PEER.port,
    database_pool=_PEER.pool_size,
    background=False,
    log_level="warning",
)

configure_logs(_SETTINGS)
app = create_app(_SETTINGS, api=build_api(Limits(bucket=BucketSize(points=10**12, points_per_second=10**9))))
