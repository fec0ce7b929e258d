// One line of restic's, a JSON message or words, into what is known of the command.
#pragma once

#include <soteria/restic/output.hpp>

#include <boost/json/object.hpp>

#include <string_view>

namespace soteria::restic {

// {"message_type": "status" | "summary" | "error" | "exit_error" | others, which are left alone}
void take_message(const boost::json::object& message, output& into);
// An id of `list snapshots`, "ignoring error for <path>: <why>" of a restore, or anything else that restic says.
void take_words(std::string_view line, output& into);

} // namespace soteria::restic
