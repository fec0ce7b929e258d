// Address ranges (CIDRs), as settings name them.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>

namespace soteria {

// "10.0.0.0/8", "fd00::/8"; a bare address is a range of one. A range of v4 addresses mapped into v6 is that v4 range.
class network {
public:
    // errc::invalid with a sentence for anything else. Host bits may be set: "10.1.2.3/8" is "10.0.0.0/8".
    static result<network> parse(std::string_view text);
    // A v4 address mapped into v6 (as a dual-stack socket reports it) counts as v4; the interface of a link-local one
    // does not matter.
    [[nodiscard]] bool contains(const boost::asio::ip::address& peer) const;

    // As it was written.
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
    boost::asio::ip::address base_;
    unsigned prefix_bits_ = 0;
};

} // namespace soteria
