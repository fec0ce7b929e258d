// How one upstream is talked to.
#pragma once

#include <soteria/base/secret.hpp>
#include <soteria/net/name_cache.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace soteria::telemetry {
class upstream_calls;
}

namespace soteria::net {

// Each item as a file (PEM) or as PEM text; the text wins where both are given. Files may be rotated
// under a running client: new connections are made with what they hold then, and as before where that cannot be used;
// connections that are open are not reused after a change.
struct tls_settings {
    std::string ca_file;
    std::string ca_pem; // both empty: the system's certificate authorities
    std::string certificate_file;
    std::string certificate_pem;
    std::string key_file;
    secret_string key_pem;
    // KUBECONFIG's insecure-skip-tls-verify: whoever answers is believed.
    bool skip_verify = false;
    // KUBECONFIG's tls-server-name: asked for and checked in the certificate in place of the URL's host.
    std::string server_name;
};

struct http_client_settings {
    tls_settings tls;
    // For TCP and TLS together; a request's deadline may end it sooner.
    std::chrono::milliseconds connect_timeout{10000};
    // A client is made per upstream, so these bound the connections to it. Further calls wait in line until their
    // deadline. Streams have a line of their own: a watch that stays open for minutes must not starve requests.
    std::size_t max_requests = 64;
    std::size_t max_streams = 64;
    // What a stream holds for a reader that is slower than the network; above it the stream fails with bad_answer.
    std::size_t stream_buffer_bytes = 8UL * 1024 * 1024;
    // Calls are counted there under this name, if given; it must outlive the client.
    std::string upstream;
    telemetry::upstream_calls* calls = nullptr;
    // How names become addresses; empty: the system's resolver.
    name_lookup lookup;
};

} // namespace soteria::net
