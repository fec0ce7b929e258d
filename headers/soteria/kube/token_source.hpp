// The bearer token, which the kubelet rewrites about hourly.
#pragma once

#include <soteria/base/secret.hpp>
#include <soteria/kube/access.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace soteria::kube {

// Reads the token file again when it has changed (looked at every 10 s), at the latest after a minute, and when told
// to. A file that cannot be read or holds no token keeps the last token in use, with
// a warning. Reads a small file on a tmpfs: does not
// block.
class token_source {
public:
    using time_source = std::function<std::chrono::steady_clock::time_point()>;

    explicit token_source(const cluster_access& access, time_source now = std::chrono::steady_clock::now);

    // Empty: there is none (a client certificate, or an open API).
    const secret_string& current();
    // The server did not accept it. True: there is a file, and it was read again.
    bool refresh();

private:
    struct stamp {
        std::int64_t modified_nanoseconds = 0;
        std::uint64_t inode = 0;
        bool operator==(const stamp&) const = default;
    };

    [[nodiscard]] std::optional<stamp> look() const;
    void read();

    std::string file_;
    secret_string token_;
    time_source now_;
    std::optional<std::chrono::steady_clock::time_point> looked_at_;
    std::optional<std::chrono::steady_clock::time_point> read_at_;
    std::optional<stamp> read_stamp_;
};

} // namespace soteria::kube
