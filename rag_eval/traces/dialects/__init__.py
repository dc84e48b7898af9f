"""Who writes traces, and how: one module for each dialect, by name in `catalogue`."""
