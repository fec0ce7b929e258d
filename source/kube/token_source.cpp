#include "files.hpp"

#include <soteria/base/log.hpp>
#include <soteria/kube/token_source.hpp>

#include <algorithm>
#include <sys/stat.h>

namespace soteria::kube {

namespace {

constexpr std::chrono::seconds look_every{10};
constexpr std::chrono::seconds read_every{60};

} // namespace

token_source::token_source(const cluster_access& access, time_source now)
    : file_(access.token_file), token_(access.token), now_(std::move(now)) {}

std::optional<token_source::stamp> token_source::look() const {
    struct stat found {};

    if (::stat(file_.c_str(), &found) != 0)
        return std::nullopt;
    constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
    return stamp{found.st_mtim.tv_sec * nanoseconds_per_second + found.st_mtim.tv_nsec, found.st_ino};
}

const secret_string& token_source::current() {
    const auto now = now_();
    if (file_.empty() || (looked_at_ && now - *looked_at_ < look_every))
        return token_;
    looked_at_ = now;
    if (!read_at_ || now - *read_at_ >= read_every || look() != read_stamp_)
        read();
    return token_;
}

bool token_source::refresh() {
    if (file_.empty())
        return false;
    read();
    return true;
}

void token_source::read() {
    const auto stamp_before = look();
    auto text = read_small_file(file_);
    if (!text) {
        log::warning("the token file could not be read", {{"error", boost::json::value(text.error().message)}});
        return;
    }
    auto token = trimmed(*text);
    read_stamp_ = stamp_before;
    read_at_ = now_();
    // The file of a projection that is being made, or is broken: no header could carry it.
    if (token.empty() || !std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; })) {
        log::warning("the token file holds no token; the last one stays in use", {{"file", boost::json::value(file_)}});
        return;
    }
    token_ = secret_string(std::move(token));
}

} // namespace soteria::kube
