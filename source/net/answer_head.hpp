// The head of an answer, put together from the header lines that libcurl hands over one by one.
#pragma once

#include <soteria/net/http_client.hpp>

#include <cstddef>
#include <string_view>

namespace soteria::net {

class answer_head {
public:
    // False: the head is larger than 256 KiB. Interim answers (1xx) and the head of an attempt that libcurl repeated
    // are forgotten; trailers after the body are ignored.
    bool add_line(std::string_view line);

    [[nodiscard]] bool complete() const { return complete_; }

    [[nodiscard]] int status() const { return status_; }

    [[nodiscard]] header_list& headers() { return headers_; }

private:
    int status_ = 0;
    header_list headers_;
    std::size_t bytes_ = 0;
    bool complete_ = false;
};

} // namespace soteria::net
