"""The live monitor: what an engineer has open during a run."""
