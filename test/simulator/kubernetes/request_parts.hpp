// A request taken apart: where it points to, its options, its body. All refusals are thrown as `refused`.
#pragma once

#include "test/simulator/kubernetes/server_state.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator::api {

std::vector<std::string> segments_of(const std::string& path);

// /api/v1/... or /apis/<group>/<version>/..., then [namespaces/<ns>/]<plural>[/<name>[/<subresource>]]; at least three
// segments.
std::optional<address> find_address(const kinds& known, const std::vector<std::string>& segments);

// `options_name`: "CreateOptions", for the refusal.
write_options write_options_of(const query_map& query, std::string_view options_name);
delete_options delete_options_of(const request& asked);

json::object parse_object(const kind& which, const request& asked);
json::value parse_patch(const kind& which, const request& asked);

} // namespace simulator::api
