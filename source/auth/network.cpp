#include <soteria/auth/network.hpp>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <charconv>

namespace soteria::auth {
namespace {

namespace ip = boost::asio::ip;

ip::address unmapped(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

} // namespace

result<network> network::parse(std::string_view text) {
    const auto refused =
        failure(errc::invalid, "\"" + std::string(text) + "\" is not an address range; write 10.0.0.0/8 or fd00::/8");
    const auto slash = text.find('/');
    boost::system::error_code error;
    network parsed;
    parsed.base_ = ip::make_address(std::string(text.substr(0, slash)), error);
    if (error)
        return refused;
    const unsigned most = parsed.base_.is_v4() ? 32 : 128;
    parsed.prefix_bits_ = most;
    if (slash != std::string_view::npos) {
        const auto bits = text.substr(slash + 1);
        const auto [end, failed] = std::from_chars(bits.data(), bits.data() + bits.size(), parsed.prefix_bits_);
        if (failed != std::errc() || end != bits.data() + bits.size() || parsed.prefix_bits_ > most)
            return refused;
    }
    return parsed;
}

bool network::contains(const ip::address& peer) const {
    const auto address = unmapped(peer);
    if (address.is_v4() != base_.is_v4())
        return false;
    const auto bits = static_cast<unsigned short>(prefix_bits_);
    if (address.is_v4())
        return ip::network_v4(address.to_v4(), bits).canonical() == ip::network_v4(base_.to_v4(), bits).canonical();
    return ip::network_v6(address.to_v6(), bits).canonical() == ip::network_v6(base_.to_v6(), bits).canonical();
}

} // namespace soteria::auth
