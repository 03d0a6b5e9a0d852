// Holds the precompiled header of all unit tests; has no code.
