// Holds the precompiled header of all boxes; has no code.
