// The parts of judge(), by what is known: the commands that have ended, the Pod's and Job's own end, and what it waits
// for.
#pragma once

#include <soteria/restic/verdict.hpp>

#include <string>
#include <string_view>

namespace soteria::restic {

// "The backup of ai/llm-cache"
std::string subject(const evidence& all);
// One period at the end, whatever end the words of others had.
std::string with_period(std::string text);
verdict failed(const evidence& all, std::string_view code, const std::string& why);

// All commands have ended without a failure.
verdict judge_success(const evidence& all);
// `command` ended with another exit code than 0.
verdict judge_exit(const evidence& all, const command_state& command);
// Job or Pod have ended, and no command of it says why.
verdict judge_lost(const evidence& all);
// It has not started, or runs.
verdict judge_waiting(const evidence& all);

} // namespace soteria::restic
