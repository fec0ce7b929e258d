// The other half of the audit: what became of the changes that were accepted.
#pragma once

#include <soteria/domain/operation.hpp>

#include <string>

namespace soteria::app {

// The phase as a word: "succeeded", "failed", "cancelled", "incomplete".
std::string outcome_of(const domain::operation& ended);

// One line for an operation that has ended, whoever asked for it and by which door (kubectl too).
void audit_end(const domain::operation& ended, const std::string& driver);

} // namespace soteria::app
