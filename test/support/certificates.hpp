// Certificates for tests, made anew in a temporary folder each time.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

namespace soteria::test {

// A folder that goes with its contents.
class temporary_folder {
public:
    temporary_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "soteria-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no temporary folder can be made");
        path_ = pattern;
    }

    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

inline std::string file_text(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// One authority and the certificates it signs.
class certificate_authority {
public:
    // Writes <name>.crt and <name>.key into `folder`.
    certificate_authority(const temporary_folder& folder, const std::string& name) : folder_(folder), name_(name) {
        certificate_ = make(key_.get(), name, "", key_.get(), nullptr);
        write(name, certificate_.get(), key_.get());
    }

    [[nodiscard]] std::string certificate_file() const { return folder_.file(name_ + ".crt"); }

    // Writes <name>.crt and <name>.key. `names`: "DNS:localhost,IP:127.0.0.1".
    void issue(const std::string& name, const std::string& names) const {
        const key_pointer key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
        const auto certificate = make(key.get(), name, names, key_.get(), certificate_.get());
        write(name, certificate.get(), key.get());
    }

private:
    using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
    using certificate_pointer = std::unique_ptr<X509, decltype(&X509_free)>;

    static void extend(X509* certificate, X509* issuer, int which, const std::string& value) {
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
        if (extension == nullptr)
            throw std::runtime_error("OpenSSL refuses the extension " + value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    // Signed by itself if `issuer` is null.
    static certificate_pointer make(EVP_PKEY* key, const std::string& name, const std::string& names,
                                    EVP_PKEY* signing_key, X509* issuer) {
        static long serial = 1000;
        certificate_pointer made(X509_new(), &X509_free);
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 24L * 3600);
        X509_set_pubkey(made.get(), key);
        const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8, text, -1, -1, 0);
        X509* const parent = issuer == nullptr ? made.get() : issuer;
        X509_set_issuer_name(made.get(), X509_get_subject_name(parent));
        extend(made.get(), parent, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
        if (!names.empty())
            extend(made.get(), parent, NID_subject_alt_name, names);
        if (X509_sign(made.get(), signing_key, EVP_sha256()) == 0)
            throw std::runtime_error("OpenSSL cannot sign the certificate of " + name);
        return made;
    }

    void write(const std::string& name, X509* certificate, EVP_PKEY* key) const {
        using file_pointer = std::unique_ptr<std::FILE, decltype(&std::fclose)>;
        const file_pointer certificate_file(std::fopen(folder_.file(name + ".crt").c_str(), "w"), &std::fclose);
        const file_pointer key_file(std::fopen(folder_.file(name + ".key").c_str(), "w"), &std::fclose);
        PEM_write_X509(certificate_file.get(), certificate);
        PEM_write_PrivateKey(key_file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    }

    const temporary_folder& folder_;
    std::string name_;
    key_pointer key_{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    certificate_pointer certificate_{nullptr, &X509_free};
};

} // namespace soteria::test
