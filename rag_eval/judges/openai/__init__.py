"""Language models behind APIs that speak as OpenAI's does."""
