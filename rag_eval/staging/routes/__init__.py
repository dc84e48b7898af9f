"""The HTTP interface, a file for each thing that a client does: be known, ask, upload, watch."""
