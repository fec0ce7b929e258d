#include "target.hpp"

#include <boost/asio/ip/address.hpp>
#include <curl/curl.h>

#include <memory>

namespace soteria::net {

namespace {

using url_handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const url_handle& url, CURLUPart which, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK)
        return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
    return text;
}

} // namespace

result<target> parse_target(const std::string& url, const std::string& server_name) {
    const url_handle parsed(curl_url(), &curl_url_cleanup);
    const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS);
    if (code != CURLUE_OK)
        return failure(errc::invalid, "\"" + url + "\" is not a URL: " + curl_url_strerror(code));
    target result;
    result.scheme = part(parsed, CURLUPART_SCHEME);
    if (result.scheme != "http" && result.scheme != "https")
        return failure(errc::invalid, "\"" + url + "\" is neither an http nor an https URL");
    std::string host = part(parsed, CURLUPART_HOST);
    const std::string given_port = part(parsed, CURLUPART_PORT);
    result.port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    result.url = url;
    if (result.scheme == "https" && !server_name.empty() && server_name != host) {
        result.host_header = given_port.empty() ? host : host + ":" + given_port;
        if (curl_url_set(parsed.get(), CURLUPART_HOST, server_name.c_str(), 0) != CURLUE_OK)
            return failure(errc::invalid, "\"" + server_name + "\" cannot be a TLS server name");
        result.url = part(parsed, CURLUPART_URL);
    }
    if (host.size() > 2 && host.front() == '[')
        host = host.substr(1, host.size() - 2);
    boost::system::error_code no_address;
    boost::asio::ip::make_address(host, no_address);
    result.host_is_address = !no_address;
    result.host = std::move(host);
    return result;
}

} // namespace soteria::net
