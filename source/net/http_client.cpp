#include <soteria/net/http_client.hpp>

#include <boost/algorithm/string/predicate.hpp>

namespace soteria::net {

std::string_view find_header(const header_list& headers, std::string_view name) {
    for (const auto& [key, value] : headers)
        if (boost::algorithm::iequals(key, name))
            return value;
    return {};
}

} // namespace soteria::net
