// SOTERIA_LISTEN_ADDR.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string_view>

namespace soteria::web {

struct listen_address {
    boost::asio::ip::tcp::endpoint endpoint;
    bool dual_stack = false; // v6 "any", which takes v4 as well
};

// errc::invalid with a sentence for anything but ":port", "address:port" and "[v6 address]:port".
result<listen_address> parse_listen_address(std::string_view text);

} // namespace soteria::web
