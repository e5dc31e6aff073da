"""Desks: the people of a lab who work on deals, with one queue, first come, first served.

A desk of c servers with Poisson arrivals and exponential work is the queue M/M/c. Its state is
plain data (servers busy, who waits since when), so that it can be written down at any moment.
"""

from collections import deque
from dataclasses import dataclass, field

#: Days over which the waiting time in the market table is averaged.
WINDOW = 90.0


@dataclass
class Desk:
    """`servers` deals can be worked on at the same time; None is a desk nobody waits for."""

    servers: int | None
    busy: int = 0
    queue: deque[tuple[float, int]] = field(default_factory=deque)
    """(day of joining, deal) of those who wait."""
    begun: int = 0
    """Deals whose work has begun."""
    waited: float = 0.0
    """Days that these deals had waited, all together."""
    recent: deque[tuple[float, float]] = field(default_factory=deque)
    """(day, days waited) of deals whose work began within the window."""
    recent_sum: float = 0.0

    def join(self, time: float, deal: int) -> bool:
        """A deal comes to the desk. True when its work begins at once; else it waits its turn."""
        if self.servers is not None and self.busy >= self.servers:
            self.queue.append((time, deal))
            return False
        self.busy += 1
        self._begin(time, 0.0)
        return True

    def leave(self, time: float) -> int | None:
        """The work on a deal is done; the deal whose work begins now, if any waits."""
        if not self.queue:
            self.busy -= 1
            return None
        since, deal = self.queue.popleft()
        self._begin(time, time - since)
        return deal

    def waiting(self, day: float) -> float:
        """Mean days that deals had waited whose work began in the last WINDOW days; 0 for none."""
        recent = self.recent
        while recent and recent[0][0] <= day - WINDOW:
            self.recent_sum -= recent.popleft()[1]
        if not recent:
            self.recent_sum = 0.0  # and with it the rounding of the sum
            return 0.0
        return max(self.recent_sum, 0.0) / len(recent)

    def _begin(self, time: float, waited: float) -> None:
        self.begun += 1
        self.waited += waited
        if self.servers is not None:
            self.recent.append((time, waited))
            self.recent_sum += waited
