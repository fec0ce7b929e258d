#include "compress.hpp"

#include <soteria/async/let_others_run.hpp>

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace soteria::web {
namespace {

constexpr std::size_t worth_it_bytes = 1400;      // what fits one packet anyway stays as it is
constexpr std::size_t slice_bytes = 128UL * 1024; // about a millisecond at level 1

bool has_text(std::string_view content_type) {
    return content_type.starts_with("application/json") || content_type.starts_with("text/") ||
           content_type.starts_with("image/svg");
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class gzip {
public:
    gzip() {
        constexpr int window_with_gzip_header = 15 + 16;
        constexpr int memory_level = 8; // zlib's default
        if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, window_with_gzip_header, memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::runtime_error("zlib could not start");
    }

    ~gzip() { deflateEnd(&stream_); }

    gzip(const gzip&) = delete;
    gzip& operator=(const gzip&) = delete;

    void add(std::string_view slice, bool last) {
        // zlib's interface takes no const; it does not write there.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(slice.data()));
        stream_.avail_in = static_cast<uInt>(slice.size());
        do {
            stream_.next_out = buffer_.data();
            stream_.avail_out = static_cast<uInt>(buffer_.size());
            deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
            out_.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
    }

    std::string take() { return std::exchange(out_, {}); }

private:
    z_stream stream_{};
    std::array<Bytef, 16384> buffer_{};
    std::string out_;
};

body_pieces packed(body_pieces plain) {
    const auto packer = std::make_shared<gzip>();
    return [packer, plain = std::move(plain), text = std::string()](std::string& to) mutable {
        text.clear();
        const bool more = plain(text);
        packer->add(text, !more);
        to += packer->take();
        return more;
    };
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    bool any = false;
    while (!accept_encoding.empty()) {
        const auto comma = accept_encoding.find(',');
        const auto item = accept_encoding.substr(0, comma);
        accept_encoding = comma == std::string_view::npos ? std::string_view() : accept_encoding.substr(comma + 1);
        const auto semicolon = item.find(';');
        const auto coding = trimmed(item.substr(0, semicolon));
        const auto quality =
            semicolon == std::string_view::npos ? std::string_view() : trimmed(item.substr(semicolon + 1));
        const bool refused = quality.starts_with("q=0") && quality.find_first_not_of("0.", 2) == std::string_view::npos;
        if (coding == "gzip" || coding == "x-gzip")
            return !refused;
        any = any || (coding == "*" && !refused);
    }
    return any;
}

boost::asio::awaitable<void> compress_for(std::string accept_encoding, response& answer) {
    if (!has_text(answer.content_type))
        co_return;
    answer.with("Vary", "Accept-Encoding");
    if ((answer.text().size() < worth_it_bytes && !answer.pieces) || !accepts_gzip(accept_encoding))
        co_return;
    answer.with("Content-Encoding", "gzip");
    if (answer.pieces) {
        answer.pieces = packed(std::move(answer.pieces));
        co_return;
    }
    answer.packed = true;
    if (answer.shared && !answer.shared->packed.empty())
        co_return;
    gzip packer;
    const std::string_view whole = answer.shared ? answer.shared->plain : answer.body;
    for (std::size_t at = 0; at < whole.size(); at += slice_bytes) {
        if (at != 0)
            co_await async::let_others_run();
        const auto slice = whole.substr(at, slice_bytes);
        packer.add(slice, at + slice.size() == whole.size());
    }
    // Others may be sending what one of them made meanwhile.
    if (!answer.shared)
        answer.body = packer.take();
    else if (answer.shared->packed.empty())
        answer.shared->packed = packer.take();
}

} // namespace soteria::web
