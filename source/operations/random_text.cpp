#include "random_text.hpp"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace soteria::operations {

std::string random_text() {
    static boost::uuids::random_generator generate;
    return boost::uuids::to_string(generate());
}

} // namespace soteria::operations
