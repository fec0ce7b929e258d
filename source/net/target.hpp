// A request's URL taken apart: by libcurl's own parser, so that both always agree on what the host is.
#pragma once

#include <soteria/base/result.hpp>

#include <string>

namespace soteria::net {

struct target {
    std::string scheme;
    std::string host; // without the brackets of an IPv6 address
    std::string port; // always there
    bool host_is_address = false;
    std::string url;         // with `host` replaced by the TLS server name, where one is set
    std::string host_header; // what the Host header must say; empty: as in `url`
};

// invalid: not an absolute http or https URL. `server_name`: tls_settings::server_name.
result<target> parse_target(const std::string& url, const std::string& server_name);

} // namespace soteria::net
