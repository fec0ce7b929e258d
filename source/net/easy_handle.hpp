// One libcurl easy handle, set up for one request.
#pragma once

#include "target.hpp"

#include <soteria/net/http_client.hpp>
#include <soteria/net/http_client_settings.hpp>

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace soteria::net {

// Neither copied nor moved: libcurl keeps addresses of members. Must have left its multi handle before it is destroyed.
class easy_handle {
public:
    // `addresses` of `to.host`; empty if that is an address itself.
    easy_handle(http_request request, target to, const address_list& addresses, const tls_settings& tls);
    ~easy_handle() = default;
    easy_handle(const easy_handle&) = delete;
    easy_handle& operator=(const easy_handle&) = delete;

    [[nodiscard]] CURL* get() const { return handle_.get(); }

    void limit_connecting(std::chrono::milliseconds timeout);
    // Whether a byte of the request has been handed to a connection.
    [[nodiscard]] bool sent() const;

    // libcurl's own words on what went wrong; empty if it has none.
    [[nodiscard]] std::string error_text() const { return error_.data(); }

    [[nodiscard]] const http_request& request() const { return request_; }

private:
    void set_connection(const address_list& addresses);
    void set_tls(const tls_settings& tls);
    void set_method();
    void set_headers();

    using text_list = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
    static void append(text_list& list, const std::string& text);

    http_request request_;
    target to_;
    text_list headers_{nullptr, &curl_slist_free_all};
    text_list resolved_{nullptr, &curl_slist_free_all};
    std::array<char, CURL_ERROR_SIZE> error_{};
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_; // goes first: it refers to the others
};

// invalid: a method, header or purpose that would break the request apart.
result<void> check_request(const http_request& request);

} // namespace soteria::net
