"""Power and duration of the next sonication: as the session plans it, until a person types something else."""

import math

from nicegui import ui

from sonofuse.live.view import Session


class SetPoint:
    """Two fields, and a button that goes back to the plan. `proposed` stands there without one."""

    def __init__(self, proposed: tuple[float, float] | None = None) -> None:
        self._planned: tuple[float, float] | None = None
        self._proposed = proposed

    def draw(self) -> None:
        """Put them onto the page that is being built."""
        with ui.element("div").classes("set-point"):
            self._power = _field("Power", "W", "set-power")
            self._duration = _field("Duration", "s", "set-duration")
            self._plan = ui.button(icon="event_note", on_click=self._as_planned, color=None)
            self._plan.props("no-caps flat dense data-does=plan")
        self._as_planned()

    def follow(self, session: Session | None) -> None:
        """Show the plan's next set point while nobody has typed another."""
        planned = (session.set_w, session.set_s) if session is not None else None
        by_hand = self._shown() not in ((None, None), self._planned, self._proposed)
        if planned != self._planned:
            self._planned = planned
            if not by_hand:
                self._as_planned()
        self._plan.set_visibility(planned is not None)
        if planned is not None:
            self._plan.set_text(f"{'Back to the' if by_hand else 'As in the'} plan: {planned[0]:g} W, {planned[1]:g} s")
        self._plan.set_enabled(planned is not None and by_hand and self._power.enabled)

    def enable(self, enabled: bool) -> None:
        """Whether the fields can be changed."""
        self._power.set_enabled(enabled)
        self._duration.set_enabled(enabled)

    def chosen(self) -> tuple[float, float] | None:
        """Power in W and duration in s; None unless both are finite and above zero."""
        power, duration = self._shown()
        if power is None or duration is None or not (0 < power < math.inf and 0 < duration < math.inf):
            return None
        return power, duration

    def _shown(self) -> tuple[float | None, float | None]:
        return self._power.value, self._duration.value

    def _as_planned(self) -> None:
        self._power.value, self._duration.value = self._planned or self._proposed or (None, None)


def _field(label: str, unit: str, name: str) -> ui.number:
    field = ui.number(f"{label}, {unit}", min=0, format="%g").props(f'outlined inputmode=decimal data-field="{name}"')
    return field.on("wheel", js_handler="(event) => event.target.blur()")  # scrolling must not change a power
