"""The tier "hardware": a real board with its monitor, and a second one that feeds it signals and stamps its permit.

`opening` finds both and opens the platform; `platform` runs them; `outputs` says what of a bench a rig of this kind can
show to the monitor, and refuses the rest.
"""
