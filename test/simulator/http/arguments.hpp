// Command lines of the simulators: "--name value [value...]".
#pragma once

#include "test/simulator/http/server.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace simulator {

class arguments {
public:
    // Throws std::invalid_argument for what is not in `known`.
    arguments(int count, const char* const* values, const std::set<std::string>& known);

    [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise = {}) const; // the last one
    [[nodiscard]] std::vector<std::string> all(const std::string& name) const;
    // Throws std::invalid_argument unless decimal.
    [[nodiscard]] std::size_t number(const std::string& name, std::size_t otherwise) const;
    // --tls-cert, --tls-key, --client-ca.
    [[nodiscard]] std::optional<tls_files> tls() const;

private:
    std::map<std::string, std::vector<std::string>> values_;
};

} // namespace simulator
