"""How a service is given credentials, a module for each kind: `Config`, and `credentials`, what is made of it."""
