#include "test/simulator/http/arguments.hpp"

#include <charconv>
#include <stdexcept>

namespace simulator {

arguments::arguments(int count, const char* const* values, const std::set<std::string>& known) {
    std::string name;
    for (int i = 1; i < count; ++i) {
        const std::string word = values[i];
        if (word.starts_with("--")) {
            name = word;
            if (known.count(name) == 0) {
                throw std::invalid_argument("unknown flag " + name);
            }
            values_[name];
        } else if (name.empty()) {
            throw std::invalid_argument("unexpected argument " + word);
        } else {
            values_[name].push_back(word);
        }
    }
}

std::string arguments::text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? otherwise : found->second.back();
}

std::vector<std::string> arguments::all(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>() : found->second;
}

std::size_t arguments::number(const std::string& name, std::size_t otherwise) const {
    const auto word = text(name);
    if (word.empty()) {
        return otherwise;
    }
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) {
        throw std::invalid_argument(name + " takes a number, not " + word);
    }
    return value;
}

std::optional<tls_files> arguments::tls() const {
    if (text("--tls-cert").empty()) {
        return std::nullopt;
    }
    tls_files files;
    files.certificate_file = text("--tls-cert");
    files.key_file = text("--tls-key");
    files.client_ca_file = text("--client-ca");
    return files;
}

} // namespace simulator
