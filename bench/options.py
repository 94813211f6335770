"""How long and how large a bench run is: as the bars ask for it, or quick, to see that everything works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Figures of one run. Only the full ones are to be compared with the bars."""

    organizations: int = 100_000
    growth: tuple[int, ...] = (1_000, 100_000, 1_000_000)
    connections: int = 8
    rounds: int = 5
    warm_up_seconds: float = 1.5
    seconds: float = 4.0
    purchases: int = 400
    batch_accounts: int = 100_000

    @property
    def is_full(self) -> bool:
        """Whether the run is as large as the bars ask for."""
        return self.organizations >= 100_000 and max(self.growth) >= 1_000_000 and self.batch_accounts >= 100_000


QUICK = Options(
    organizations=1_000, growth=(1_000, 5_000), rounds=2, warm_up_seconds=0.5, seconds=1.0, purchases=40,
    batch_accounts=2_000,
)  # fmt: skip
