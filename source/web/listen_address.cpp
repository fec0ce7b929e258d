#include <soteria/web/listen_address.hpp>

#include <charconv>
#include <string>

namespace soteria::web {

result<listen_address> parse_listen_address(std::string_view text) {
    namespace ip = boost::asio::ip;
    const auto refused = failure(errc::invalid, "\"" + std::string(text) +
                                                    "\" is not an address to listen on; write :8080, 127.0.0.1:8080 "
                                                    "or [::1]:8080");
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return refused;
    auto host = text.substr(0, colon);
    const auto port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc() || end != port_text.data() + port_text.size())
        return refused;
    listen_address parsed;
    if (host.empty()) {
        parsed.endpoint = ip::tcp::endpoint(ip::tcp::v6(), port);
        parsed.dual_stack = true;
        return parsed;
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    boost::system::error_code unreadable;
    const auto address = ip::make_address(std::string(host), unreadable);
    if (unreadable || address.is_v6() != bracketed)
        return refused;
    parsed.endpoint = ip::tcp::endpoint(address, port);
    parsed.dual_stack = address.is_v6() && address.is_unspecified();
    return parsed;
}

} // namespace soteria::web
