"""A small RAG service over a handbook of Markdown pages, for the harness to be pointed at.

It stands alone: nothing here imports the rest of `rag_eval`. From the outside in:

* `settings.Settings.from_environ` reads what the service is to be; `server.serve` runs it until told to stop
* `api.create_app` is the same service as an ASGI application, for use in process
* `corpus` reads pages into passages, `profiles` names ways to index them; `retrieval` finds, `answers` says
* `errors.StagingError` is the root of everything that stops it from starting

Importing this package loads neither FastAPI nor bm25s; each stands behind the module that needs it.
"""
