// gzip for answers worth it.
#pragma once

#include <soteria/web/message.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace soteria::web {

// Whether Accept-Encoding names gzip (or "*") without "q=0".
bool accepts_gzip(std::string_view accept_encoding);

// Replaces the body where the client takes gzip and it is worth it, and says Vary either way. Gives way to others
// between slices, so that a large body does not hold the loop.
boost::asio::awaitable<void> compress_for(std::string accept_encoding, response& answer);

} // namespace soteria::web
