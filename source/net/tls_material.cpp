#include "tls_material.hpp"

#include <soteria/base/log.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sys/stat.h>

namespace soteria::net {
namespace {

using bio_pointer = std::unique_ptr<BIO, decltype(&BIO_free)>;
using certificate_pointer = std::unique_ptr<X509, decltype(&X509_free)>;
using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// All of the system's authorities are 200 KiB.
constexpr std::size_t most_bytes = 1024UL * 1024;

result<std::string> text_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream || text.size() > most_bytes)
        return failure(errc::invalid, file + " cannot be read, or is longer than 1 MiB");
    return text;
}

bio_pointer open(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

// No passphrase is ever asked for at a terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

certificate_pointer first_certificate(const std::string& text) {
    const auto source = open(text);
    certificate_pointer found(PEM_read_bio_X509(source.get(), nullptr, &no_passphrase, nullptr), &X509_free);
    ERR_clear_error();
    return found;
}

bool belong_together(const std::string& certificate_text, const std::string& key_text) {
    const auto certificate = first_certificate(certificate_text);
    const auto source = open(key_text);
    const key_pointer key(PEM_read_bio_PrivateKey(source.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
    const bool good = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
    ERR_clear_error();
    return good;
}

void keep_the_old(const std::string& file, std::string_view why) {
    log::warning("a file of certificates cannot be used; the last good one stays in use",
                 {{"file", boost::json::value(file)}, {"why", boost::json::value(why)}});
}

std::int64_t nanoseconds(const timespec& time) {
    constexpr std::int64_t a_second = 1'000'000'000;
    return time.tv_sec * a_second + time.tv_nsec;
}

} // namespace

tls_material::stamp tls_material::look(const std::string& file) {
    struct stat found {};

    if (::stat(file.c_str(), &found) != 0)
        return {};
    return {nanoseconds(found.st_ctim), nanoseconds(found.st_mtim), found.st_ino, found.st_size};
}

bool tls_material::changed(const std::string& first, const std::string& second) {
    bool other = false;
    for (const auto& file : {first, second}) {
        if (file.empty())
            continue;
        const auto now = look(file);
        const auto [place, is_new] = seen_.try_emplace(file, now);
        other = other || is_new || place->second != now;
        place->second = now;
    }
    return other;
}

void tls_material::read_authorities() {
    auto text = text_of(given_.ca_file);
    if (!text)
        return keep_the_old(given_.ca_file, text.error().message);
    if (!first_certificate(*text))
        return keep_the_old(given_.ca_file, "there is no certificate in it");
    if (!current_.ca_pem.empty() && current_.ca_pem != *text)
        log::info("certificate authorities were read anew", {{"file", boost::json::value(given_.ca_file)}});
    current_.ca_pem = std::move(*text);
}

void tls_material::read_certificate() {
    auto certificate = text_of(given_.certificate_file);
    auto key =
        given_.key_file.empty() ? result<std::string>(std::string(given_.key_pem.reveal())) : text_of(given_.key_file);
    if (!certificate || !key)
        return keep_the_old(given_.certificate_file, (certificate ? key : certificate).error().message);
    if (!belong_together(*certificate, *key))
        return keep_the_old(given_.certificate_file, "certificate and key are no pair");
    if (!current_.certificate_pem.empty() && current_.certificate_pem != *certificate)
        log::info("the client certificate was read anew", {{"file", boost::json::value(given_.certificate_file)}});
    current_.certificate_pem = std::move(*certificate);
    current_.key_pem = secret_string(std::move(*key));
}

const tls_settings& tls_material::current() {
    if (given_.ca_pem.empty() && changed(given_.ca_file, {}))
        read_authorities();
    const bool from_files = given_.certificate_pem.empty() && !given_.certificate_file.empty();
    if (from_files && changed(given_.certificate_file, given_.key_file))
        read_certificate();
    return current_;
}

} // namespace soteria::net
