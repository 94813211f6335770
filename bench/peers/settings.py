"""What a peer's process is told by its environment."""

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "BENCH_PEER"


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """The database, where to listen, who asks (its key, and what binds row security to it) and for whose list."""

    database_url: str
    port: int
    settings: dict[str, str]
    api_key: str
    listed_id: str
    pool_size: int = 10

    @property
    def environment(self) -> dict[str, str]:
        """These settings as an environment for the process."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def of_this_process(cls) -> "PeerSettings":
        """The settings this process was started with."""
        return cls(**json.loads(os.environ[VARIABLE]))
