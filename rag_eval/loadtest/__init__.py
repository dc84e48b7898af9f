"""Load tests of the service under test, with the questions of the evaluation, by Locust.

`plan` says what will be done, in files that hold no secret; `locustfile` does it, in processes of Locust's own, where
alone Locust is imported; `generating` starts them and listens; `summing` adds up what they wrote, `report` shows it.
"""
