// Kubernetes quantities ("50Gi", "1e9", "500m") as bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace soteria {

// Bytes, rounded up to the next whole one; nullopt: not a quantity, negative, or beyond 2^63-1.
// Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
std::optional<std::int64_t> parse_quantity(std::string_view text);

// The shortest exact form: "50Gi" where the number divides, else plain bytes.
std::string format_quantity(std::int64_t bytes);

} // namespace soteria
