"""What `rag-eval capture` is made of: OTLP bodies, a log that a kill does not hurt, and Parquet files of spans."""
