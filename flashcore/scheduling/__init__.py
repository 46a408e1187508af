"""Pure functions of (schedule, now, parameters): memory states, outcomes of an answer, replay of the log."""
