// What the API server refuses about an object itself: its names, its metadata, the built-in kinds' own rules.
#pragma once

#include "test/simulator/kubernetes/status.hpp"

namespace simulator::api {

// Names, labels, finalizers and owner references of an object to be created or changed.
void check_metadata(const kind& which, const json::object& object, std::vector<cause>& causes);

// The rules of claims, volumes and leases. Leases' times are decoded, not validated: throws refused (400).
void check_built_in(const kind& which, const json::object& object, std::vector<cause>& causes);

// What a change may not touch.
void check_change(const kind& which, const json::object& before, const json::object& after, std::vector<cause>& causes);

} // namespace simulator::api
