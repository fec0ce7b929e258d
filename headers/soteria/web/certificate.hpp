// What the server shows to TLS clients, from two PEM files that may change while it runs.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace soteria::web {

// TLS 1.2 and newer with a certificate chain and its key. errc::invalid with a sentence where a file cannot be read,
// holds no certificate or key (a key under a passphrase is none), or the two do not belong together.
result<std::shared_ptr<boost::asio::ssl::context>> load_certificate(const std::string& certificate_file,
                                                                    const std::string& key_file);

// The pair as it stands in the files. They are looked at when somebody connects, at most once a second: cert-manager
// swaps a symbolic link, others write one file after the other. A pair that cannot be used is logged, and the one
// before it stays.
class certificate {
public:
    using time_source = std::function<std::chrono::steady_clock::time_point()>;

    // Throws std::runtime_error with load_certificate()'s sentence.
    certificate(std::string certificate_file, std::string key_file, time_source now = std::chrono::steady_clock::now);

    // For a new connection; those that are open keep theirs.
    std::shared_ptr<boost::asio::ssl::context> current();

private:
    // Changes when the file does: time of change and inode. 0: there is no file.
    using stamp = std::pair<std::int64_t, std::uint64_t>;
    [[nodiscard]] std::pair<stamp, stamp> look() const;

    std::string certificate_file_;
    std::string key_file_;
    time_source now_;
    std::chrono::steady_clock::time_point looked_at_;
    std::pair<stamp, stamp> tried_;
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace soteria::web
