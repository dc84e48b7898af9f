"""The judge that comes with the package: no model, no key, no network; the same reply every time.

It cuts texts into claims (`claims`, `cleaning`), looks up their words in the context (`passages`, `support`) and
answers in the shapes of RAGAs' prompts (`replies`, `judge`). What it cannot see is meaning said in other words.
"""
