"""What the tests in Python share: processes, waiting, Kubernetes (real and simulated), Longhorn, faults, Soteria.

A test gets these as fixtures (test/conftest.py); the classes here are for those that need more than one of a kind.
"""
