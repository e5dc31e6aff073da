"""The figures of a run as methods, for notebooks: `run.plot.adoption()`."""

from typing import TYPE_CHECKING, Any

from sim.record.record import ALL, Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Plots"]


class Plots:
    """The figures of a run. Each method draws on `ax`, or on a new figure, and returns the Axes.

    A new figure is pyplot's, so that a notebook shows it; files are written by `Run.figures`.
    Each raises `sim.figures.NoFigure`, a ValueError, when the run has no data for it.
    """

    def __init__(self, record: Record) -> None:
        self._record = record

    def adoption(self, ax: "Axes | None" = None, *, events: bool = True) -> "Axes":
        """Monthly users by feature over time, with what happened to them."""
        return self._draw("adoption", ax, events=events)

    def platforms(self, ax: "Axes | None" = None, *, feature: str | None = None) -> "Axes":
        """Monthly users of one feature by platform, beside the people counted once."""
        return self._draw("platforms", ax, feature=feature)

    def stages(self, ax: "Axes | None" = None, *, segment: str = ALL) -> "Axes":
        """People by stage as a stack of shares."""
        return self._draw("stages", ax, segment=segment)

    def stickiness(self, ax: "Axes | None" = None) -> "Axes":
        """Monthly users against DAU/MAU, a path for each feature."""
        return self._draw("stickiness", ax)

    def passage(self, ax: "Axes | None" = None) -> "Axes":
        """The days on which features pass round numbers of monthly users."""
        return self._draw("passage", ax)

    def retention(self, ax: "Axes | None" = None) -> "Axes":
        """Who stays, days after beginning: a panel for each feature, within the returned Axes."""
        return self._draw("retention", ax)

    def rollout(self, ax: "Axes | None" = None) -> "Axes":
        """The share that rollouts reached, by feature and place, with what held them up."""
        return self._draw("rollout", ax)

    def incidents(self, ax: "Axes | None" = None) -> "Axes":
        """Trust, leaving and monthly users around incidents, three panels within the returned
        Axes."""
        return self._draw("incidents", ax)

    def developers(self, ax: "Axes | None" = None) -> "Axes":
        """Share of developers by family of models."""
        return self._draw("developers", ax)

    def ecosystem(self, ax: "Axes | None" = None) -> "Axes":
        """Apps and derived models by family, two panels within the returned Axes."""
        return self._draw("ecosystem", ax)

    def derivatives(self, ax: "Axes | None" = None) -> "Axes":
        """Rank and size of each family's lines of derivatives, beside the law they should
        follow."""
        return self._draw("derivatives", ax)

    def quality(self, ax: "Axes | None" = None) -> "Axes":
        """Quality and lag of the labs, two panels within the returned Axes."""
        return self._draw("quality", ax)

    def irrevocable(self, ax: "Axes | None" = None) -> "Axes":
        """The best weights that each lab has out, beside the frontier."""
        return self._draw("irrevocable", ax)

    def funnel(self, ax: "Axes | None" = None) -> "Axes":
        """Deals with accounts by lab and stage, and those that gates kept a lab from."""
        return self._draw("funnel", ax)

    def revenue(self, ax: "Axes | None" = None) -> "Axes":
        """Revenue by lab and channel."""
        return self._draw("revenue", ax)

    def concentration(self, ax: "Axes | None" = None) -> "Axes":
        """Shares of use over time and the Herfindahl index, two panels within the returned
        Axes."""
        return self._draw("concentration", ax)

    def surplus(self, ax: "Axes | None" = None) -> "Axes":
        """Consumer surplus per person by segment, two panels within the returned Axes."""
        return self._draw("surplus", ax)

    def contacts(self, ax: "Axes | None" = None, *, feature: str | None = None) -> "Axes":
        """Who uses a feature, or any, by number of contacts: a panel for each platform with ties,
        within the returned Axes."""
        return self._draw("contacts", ax, feature=feature)

    def cascades(self, ax: "Axes | None" = None) -> "Axes":
        """Uptake from person to person: how far it went and how many each brought, two panels
        within the returned Axes."""
        return self._draw("cascades", ax)

    def _draw(self, name: str, ax: "Axes | None", **options: Any) -> "Axes":
        from sim.figures import draw, in_pyplot

        if ax is not None:
            return draw(name, self._record, ax, **options)
        return in_pyplot(name, self._record, **options)
