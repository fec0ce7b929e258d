#include <soteria/base/log.hpp>
#include <soteria/web/certificate.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <sys/stat.h>

namespace soteria::web {
namespace {

namespace ssl = boost::asio::ssl;
using shared_context = std::shared_ptr<ssl::context>;

constexpr std::chrono::seconds look_every{1};

// Chooses http/1.1 where the client offers it; who offers only others is served without a choice.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
    constexpr std::string_view wanted = "http/1.1";
    std::string_view rest(reinterpret_cast<const char*>(offered), offered_length);
    while (!rest.empty()) {
        const auto name = rest.substr(1, static_cast<unsigned char>(rest.front()));
        if (name == wanted) {
            *chosen = reinterpret_cast<const unsigned char*>(name.data());
            *length = static_cast<unsigned char>(name.size());
            return SSL_TLSEXT_ERR_OK;
        }
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    }
    return SSL_TLSEXT_ERR_NOACK;
}

// Nobody is there to be asked for one.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

shared_context new_context() {
    auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
    auto* const handle = made->native_handle();
    SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
    SSL_CTX_set_options(handle, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS); // 34 KiB less for each idle connection
    SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_default_passwd_cb(handle, no_passphrase);
    SSL_CTX_set_alpn_select_cb(handle, choose_protocol, nullptr);
    return made;
}

failure cannot_use(const std::string& what, const std::string& file, const std::string& why) {
    return {errc::invalid, "the TLS " + what + " in " + file + " cannot be used: " + why};
}

std::string openssl_says() {
    const auto code = ERR_get_error();
    ERR_clear_error();
    const char* text = ERR_reason_error_string(code);
    return text == nullptr ? "it is not PEM as it should be" : text;
}

// Says more than OpenSSL does of a file that is not there.
result<void> check_readable(const std::string& what, const std::string& file) {
    const std::ifstream stream(file);
    const int problem = errno;
    if (!stream)
        return cannot_use(what, file, std::strerror(problem));
    return {};
}

} // namespace

result<shared_context> load_certificate(const std::string& certificate_file, const std::string& key_file) {
    if (const auto there = check_readable("certificate", certificate_file); !there)
        return there.error();
    if (const auto there = check_readable("key", key_file); !there)
        return there.error();
    auto made = new_context();
    auto* const handle = made->native_handle();
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(handle, certificate_file.c_str()) != 1)
        return cannot_use("certificate", certificate_file, openssl_says());
    if (SSL_CTX_use_PrivateKey_file(handle, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(handle) != 1)
        return cannot_use("key", key_file,
                          openssl_says() + "; it must belong to the certificate in " + certificate_file);
    return made;
}

certificate::certificate(std::string certificate_file, std::string key_file, time_source now)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)), now_(std::move(now)),
      looked_at_(now_()), tried_(look()) {
    auto loaded = load_certificate(certificate_file_, key_file_);
    if (!loaded)
        throw std::runtime_error(loaded.error().message);
    context_ = std::move(*loaded);
}

std::pair<certificate::stamp, certificate::stamp> certificate::look() const {
    const auto stamp_of = [](const std::string& file) {
        struct stat found {};
        if (::stat(file.c_str(), &found) != 0)
            return stamp();
        constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
        return stamp(found.st_mtim.tv_sec * nanoseconds_per_second + found.st_mtim.tv_nsec, found.st_ino);
    };
    return {stamp_of(certificate_file_), stamp_of(key_file_)};
}

shared_context certificate::current() {
    const auto now = now_();
    if (now - looked_at_ < look_every)
        return context_;
    looked_at_ = now;
    const auto found = look();
    if (found == tried_)
        return context_;
    tried_ = found; // taken before reading: what changes meanwhile is another stamp next time
    auto loaded = load_certificate(certificate_file_, key_file_);
    if (loaded) {
        context_ = std::move(*loaded);
        log::info("the TLS certificate was read anew", {{"file", boost::json::value(certificate_file_)}});
    } else {
        log::error("the new TLS certificate cannot be used; the one before it stays",
                   {{"why", boost::json::value(loaded.error().message)}});
    }
    return context_;
}

} // namespace soteria::web
