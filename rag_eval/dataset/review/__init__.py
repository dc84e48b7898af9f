"""People deciding about ground truth: what they are shown, what they decide, how far they agree, what comes of it."""
