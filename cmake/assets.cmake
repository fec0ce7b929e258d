# The console's files become one C++ source in the web module (written by the web module's owner).
