#include <soteria/base/network.hpp>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <charconv>

namespace soteria {
namespace {

namespace ip = boost::asio::ip;

constexpr unsigned mapped_prefix_bits = 96; // ::ffff:0:0/96

// As it is compared: v4 where it is mapped into v6, and without the interface that a link-local address came by.
ip::address plain(const ip::address& address) {
    if (address.is_v4())
        return address;
    if (address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return ip::address_v6(address.to_v6().to_bytes());
}

} // namespace

result<network> network::parse(std::string_view text) {
    const auto refused =
        failure(errc::invalid, "\"" + std::string(text) + "\" is not an address range; write 10.0.0.0/8 or fd00::/8");
    const auto slash = text.find('/');
    boost::system::error_code error;
    network parsed;
    parsed.text_ = text;
    parsed.base_ = ip::make_address(std::string(text.substr(0, slash)), error);
    if (error || text.find('%') != std::string_view::npos)
        return refused;
    const unsigned most = parsed.base_.is_v4() ? 32 : 128;
    parsed.prefix_bits_ = most;
    if (slash != std::string_view::npos) {
        const auto bits = text.substr(slash + 1);
        const auto [end, failed] = std::from_chars(bits.data(), bits.data() + bits.size(), parsed.prefix_bits_);
        if (failed != std::errc() || end != bits.data() + bits.size() || parsed.prefix_bits_ > most)
            return refused;
    }
    if (const auto base = plain(parsed.base_); base.is_v4() && parsed.base_.is_v6()) {
        if (parsed.prefix_bits_ < mapped_prefix_bits)
            return refused;
        parsed.base_ = base;
        parsed.prefix_bits_ -= mapped_prefix_bits;
    }
    return parsed;
}

bool network::contains(const ip::address& peer) const {
    const auto address = plain(peer);
    if (address.is_v4() != base_.is_v4())
        return false;
    const auto bits = static_cast<unsigned short>(prefix_bits_);
    if (address.is_v4())
        return ip::network_v4(address.to_v4(), bits).canonical() == ip::network_v4(base_.to_v4(), bits).canonical();
    return ip::network_v6(address.to_v6(), bits).canonical() == ip::network_v6(base_.to_v6(), bits).canonical();
}

} // namespace soteria
