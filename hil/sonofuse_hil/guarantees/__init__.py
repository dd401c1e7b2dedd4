"""The guarantees as checks: from the record of a run and a limits file to measured figures with their bounds."""
