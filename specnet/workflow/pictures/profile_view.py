"""What filters pass by radius and by direction, all filters of a layer in one plot."""

from collections.abc import Iterator

from specnet.analysis import angular_average, half_power_radii, radial_average, whole_plane
from specnet.messages import counted
from specnet.plots.profile import Curves, profile
from specnet.workflow.pictures.pages import heading, shown
from specnet.workflow.pictures.subject import Picture, Subject

MOST = 1024  # filters, of which the mean tells all that the mean of more would


def pictures(subject: Subject) -> Iterator[Picture]:
    """One picture of each layer."""
    for filters in shown(subject, MOST):
        plane = whole_plane(filters.response, filters.size)
        radial, angular = Curves(*radial_average(plane)), Curves(*angular_average(plane))
        half_power = half_power_radii(radial.at, radial.values.mean(axis=0)).tolist()
        of = counted(filters.total, "filter")
        if len(plane) < filters.total:
            of = f"the first {len(plane):,} of {of}"
        title = f"{heading(subject, filters)}: |H| by radius and by direction"
        figure = profile(radial, angular, half_power, filters.cutoffs, title)
        shows = f"{of}: |H| by radius and by direction"
        yield Picture(f"profile-{filters.layer}", shows, figure)
