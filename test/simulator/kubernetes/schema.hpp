// Structural schemas of custom resources: unknown fields, defaults, the checks.
#pragma once

#include "test/simulator/kubernetes/status.hpp"

#include <string>
#include <vector>

namespace simulator::api {

// Takes out of the object what the kind does not know and returns the paths ("spec.junk"), sorted. Built-in kinds are
// known as far as their metadata and the specs of claims and volumes go; a custom kind without a schema takes anything
// outside of metadata.
std::vector<std::string> prune(const kind& which, json::object& object);

void fill_defaults(const json::object& schema, json::value& value);

// Types, required, enum, lengths, patterns, bounds.
void check_schema(const json::object& schema, const json::value& value, const std::string& path,
                  std::vector<cause>& causes);

// Of the rules in CEL one: `self == oldSelf`. `before` is null for a new object. Where something else is wrong already,
// rules are not looked at, and one more cause says so.
void check_rules(const json::object& schema, const json::value* before, const json::value& after,
                 std::vector<cause>& causes);

} // namespace simulator::api
