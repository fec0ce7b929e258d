// Gives the precompiled header a target to be built in; the other files of this library cannot use it.
