"""RAGAs' metrics: what is known of each (`specs`), our formulas (`values`), and the one door to RAGAs (`adapter`)."""
