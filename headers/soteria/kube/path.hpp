// The API's paths and queries.
#pragma once

#include <soteria/kube/client.hpp>

#include <string>
#include <string_view>

namespace soteria::kube {

// Everything but letters, digits and "-._~" as %XX.
std::string percent_encoded(std::string_view text);

// "/api/v1/namespaces/ai/persistentvolumeclaims/llm-cache/status". An empty namespace (all of them, or a kind without),
// name or subresource is left out.
std::string resource_path(const resource& kind, std::string_view ns, std::string_view name = {},
                          std::string_view subresource = {});

// Appends "key=value" to a path, with "?" or "&" as needed and the value encoded.
void add_query(std::string& path, std::string_view key, std::string_view value);

} // namespace soteria::kube
