#include <soteria/kube/objects.hpp>

namespace soteria::kube {

bool newer_version(std::string_view left, std::string_view right) {
    return left.size() != right.size() ? left.size() > right.size() : left > right;
}

} // namespace soteria::kube
