// Certificates that are rotated under a running client.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/net/http_client_settings.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace soteria::net {

// The files of tls_settings as they are now, or as they last were whole. Looks whether they have changed at each call
// (a stat each; small files, read whole). Authorities are one set, certificate and key another: a set whose new files
// cannot be read, hold no certificate or do not belong together stays as it was, which is logged once. A set that never
// was whole stays a file name, and libcurl says what is wrong with it.
class tls_material {
public:
    explicit tls_material(tls_settings given) : given_(std::move(given)), current_(given_) {}

    const tls_settings& current();

private:
    struct stamp {
        std::int64_t changed_nanoseconds = 0;
        std::int64_t modified_nanoseconds = 0;
        std::uint64_t inode = 0;
        std::int64_t bytes = 0;
        bool operator==(const stamp&) const = default;
    };

    static stamp look(const std::string& file);
    // True: one of them is another than at the last look.
    bool changed(const std::string& first, const std::string& second);
    void read_authorities();
    void read_certificate();

    tls_settings given_;
    tls_settings current_;
    std::map<std::string, stamp> seen_;
};

} // namespace soteria::net
