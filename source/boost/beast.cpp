// Beast is compiled once, here; everybody else sees declarations only.
#include <boost/beast/src.hpp>
