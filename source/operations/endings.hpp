// How an operation turns, and how it ends: changes of its record, without I/O.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/domain/operation.hpp>

#include <span>
#include <string>
#include <string_view>

namespace soteria::operations {

// "create_volume" -> "CreateVolume": Kubernetes reasons are CamelCase.
std::string camel_case(std::string_view words);
// "wait_restored" -> "at step wait restored": what is said until the step has words of its own.
std::string in_words(std::string_view step);

bool is_after_return(std::span<const backup::step_definition> steps, std::string_view name);

// From here on it only goes back.
domain::operation turn_back(domain::operation next, std::string code, std::string detail, instant now);
domain::operation finish(domain::operation next, domain::operation_phase phase, std::string reason, std::string message,
                         instant now);
// All that counts is done; of what came after the point of no return some may have failed. Incomplete where the record
// says so.
domain::operation succeed(domain::operation next, instant now);
// Past the point of no return only the rest is given up, in these words.
domain::operation give_up_rest(domain::operation next, const std::string& why, instant now);
// The end of a rollback.
domain::operation finish_rollback(domain::operation next, instant now);

} // namespace soteria::operations
