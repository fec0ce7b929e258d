#include "outcome.hpp"

namespace soteria::net {

namespace {

enum class cause { not_connected, local_settings, not_http, stopped, broken };

cause cause_of(CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_OPERATION_TIMEDOUT: // only ever the connect timeout: no other is set
    case CURLE_NO_CONNECTION_AVAILABLE:
        return cause::not_connected;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_FAILED_INIT:
        return cause::local_settings;
    case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OUT_OF_MEMORY: // a header line beyond libcurl's own limit of 100 KiB
    case CURLE_WRITE_ERROR:
        return cause::not_http;
    case CURLE_ABORTED_BY_CALLBACK:
        return cause::stopped;
    default:
        return cause::broken;
    }
}

std::string sentence(const transfer_end& end, std::string_view what_happened) {
    std::string text = end.what + ": " + std::string(what_happened);
    const std::string reason = end.detail.empty() ? std::string(curl_easy_strerror(end.code)) : end.detail;
    if (end.code != CURLE_OK)
        text += " (" + reason + ")";
    return text;
}

} // namespace

bool changes_something(std::string_view method) {
    return method != "GET" && method != "HEAD";
}

std::string describe_request(std::string_view method, std::string_view url) {
    return std::string(method) + " " + std::string(url.substr(0, url.find('?')));
}

failure failed_transfer(const transfer_end& end) {
    const auto why = cause_of(end.code);
    if (why == cause::stopped)
        return {errc::cancelled, end.what + ": the client is stopping"};
    if (why == cause::not_http && end.sent)
        return {errc::bad_answer, sentence(end, "what came back is not an acceptable HTTP answer")};
    if (!end.sent && why == cause::local_settings)
        return {errc::unavailable,
                sentence(end, "no connection could be made; check the certificate, key and CA settings")};
    if (!end.sent)
        return {errc::unavailable, sentence(end, "no connection could be made; nothing was sent")};
    if (end.harmless)
        return {errc::unavailable, sentence(end, "the connection broke before the whole answer had come")};
    return {errc::outcome_unknown,
            sentence(end, "the request was sent and its answer was lost; look at the upstream before trying again")};
}

failure late_transfer(const transfer_end& end) {
    if (end.sent && !end.harmless)
        return {errc::outcome_unknown,
                end.what + ": the request was sent and no whole answer came in time; look at the upstream before "
                           "trying again"};
    if (end.sent)
        return {errc::timed_out, end.what + ": no whole answer came in time"};
    return {errc::timed_out, end.what + ": the deadline passed before anything was sent"};
}

} // namespace soteria::net
