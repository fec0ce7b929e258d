#include "easy_handle.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace soteria::net {

namespace {

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; });
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c > 0x20 && c < 0x7f &&
               std::string_view("()<>@,;:\\\"/[]?={}").find(static_cast<char>(c)) == std::string_view::npos;
    });
}

// An option that libcurl refuses is a bug here, or a libcurl built without what the project needs.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle, option, value);
    if (code != CURLE_OK)
        throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " + curl_easy_strerror(code));
}

void set_blob(CURL* handle, CURLoption option, std::string_view text) {
    curl_blob blob{};
    // libcurl copies; its interface merely is not const.
    blob.data = const_cast<char*>(text.data());
    blob.len = text.size();
    blob.flags = CURL_BLOB_COPY;
    set(handle, option, &blob);
}

void set_file_or_text(CURL* handle, CURLoption file_option, const std::string& file, CURLoption text_option,
                      std::string_view text) {
    if (!text.empty())
        set_blob(handle, text_option, text);
    else if (!file.empty())
        set(handle, file_option, file.c_str());
}

} // namespace

result<void> check_request(const http_request& request) {
    if (!is_token(request.method))
        return failure(errc::invalid, "\"" + request.method + "\" is not an HTTP method");
    for (const auto& [name, value] : request.headers)
        if (!is_token(name) || !is_printable(value))
            return failure(errc::invalid, "the header \"" + name + "\" holds characters that no header may hold");
    if (!is_printable(request.purpose))
        return failure(errc::invalid, "a request's purpose holds control characters");
    return {};
}

easy_handle::easy_handle(http_request request, target to, const address_list& addresses, const tls_settings& tls)
    : request_(std::move(request)), to_(std::move(to)), handle_(curl_easy_init(), &curl_easy_cleanup) {
    if (handle_ == nullptr)
        throw std::bad_alloc();
    set(get(), CURLOPT_URL, to_.url.c_str());
    set(get(), CURLOPT_ERRORBUFFER, error_.data());
    set_connection(addresses);
    set_tls(tls);
    set_method();
    set_headers();
}

void easy_handle::set_connection(const address_list& addresses) {
    set(get(), CURLOPT_NOSIGNAL, 1L);
    set(get(), CURLOPT_PROTOCOLS_STR, "http,https");
    set(get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(get(), CURLOPT_PATH_AS_IS, 1L);
    set(get(), CURLOPT_FOLLOWLOCATION, 0L); // never carry a token elsewhere
    set(get(), CURLOPT_PROXY, "");          // nor through a proxy that the environment names
    set(get(), CURLOPT_TCP_KEEPALIVE, 1L);
    set(get(), CURLOPT_TCP_KEEPIDLE, 30L);
    set(get(), CURLOPT_TCP_KEEPINTVL, 10L);
    if (!request_.repeatable) {
        set(get(), CURLOPT_FRESH_CONNECT, 1L);
        set(get(), CURLOPT_FORBID_REUSE, 1L);
    }
    // Needed for a name, and for an address that the TLS server name stands in for.
    if (addresses.empty() && to_.host_header.empty())
        return;
    const target shown = to_.host_header.empty() ? to_ : parse_target(to_.url, {}).value();
    std::string entry = shown.host + ":" + shown.port + ":";
    if (addresses.empty())
        entry += to_.host;
    for (const auto& address : addresses)
        entry += (&address == &addresses.front() ? "" : ",") + address;
    append(resolved_, entry);
    set(get(), CURLOPT_RESOLVE, resolved_.get());
}

void easy_handle::set_tls(const tls_settings& tls) {
    if (to_.scheme != "https")
        return;
    set(get(), CURLOPT_SSL_VERIFYPEER, tls.skip_verify ? 0L : 1L);
    set(get(), CURLOPT_SSL_VERIFYHOST, tls.skip_verify ? 0L : 2L);
    set_file_or_text(get(), CURLOPT_CAINFO, tls.ca_file, CURLOPT_CAINFO_BLOB, tls.ca_pem);
    if (!tls.ca_file.empty() || !tls.ca_pem.empty()) {
        set(get(), CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // these authorities and no others
        set(get(), CURLOPT_CA_CACHE_TIMEOUT, 0L); // libcurl would otherwise keep the parsed file for a day
    }
    set_file_or_text(get(), CURLOPT_SSLCERT, tls.certificate_file, CURLOPT_SSLCERT_BLOB, tls.certificate_pem);
    set_file_or_text(get(), CURLOPT_SSLKEY, tls.key_file, CURLOPT_SSLKEY_BLOB, tls.key_pem.reveal());
}

void easy_handle::set_method() {
    const auto& method = request_.method;
    if (method == "HEAD") {
        set(get(), CURLOPT_NOBODY, 1L);
        return;
    }
    const bool has_body = !request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
    if (has_body) {
        set(get(), CURLOPT_POST, 1L);
        set(get(), CURLOPT_POSTFIELDS, request_.body.data());
        set(get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    if (method != (has_body ? "POST" : "GET"))
        set(get(), CURLOPT_CUSTOMREQUEST, method.c_str());
}

void easy_handle::set_headers() {
    append(headers_, "Expect:");
    if (find_header(request_.headers, "Content-Type").empty())
        append(headers_, "Content-Type:"); // libcurl would call every body a form
    if (!to_.host_header.empty())
        append(headers_, "Host: " + to_.host_header);
    for (const auto& [name, value] : request_.headers) {
        std::string line = name;
        line += value.empty() ? ";" : ": "; // libcurl's way to write an empty header
        line += value;
        append(headers_, line);
    }
    set(get(), CURLOPT_HTTPHEADER, headers_.get());
    std::string agent = "soteria/" SOTERIA_VERSION;
    if (!request_.purpose.empty())
        agent += " (" + request_.purpose + ")";
    set(get(), CURLOPT_USERAGENT, agent.c_str());
}

void easy_handle::append(text_list& list, const std::string& text) {
    curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
    if (longer == nullptr)
        throw std::bad_alloc();
    (void)list.release(); // it is the front of `longer` now
    list.reset(longer);
}

void easy_handle::limit_connecting(std::chrono::milliseconds timeout) {
    set(get(), CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout.count(), 1)));
}

bool easy_handle::sent() const {
    long bytes = 0;
    return curl_easy_getinfo(get(), CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0;
}

} // namespace soteria::net
