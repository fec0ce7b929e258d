// The refusal that names another operation. A failure is a sentence and a word, so the id stands in the sentence, where
// both functions know it.
#pragma once

#include <soteria/base/result.hpp>

#include <string>
#include <string_view>

namespace soteria::operations {

// conflict (operation_running). `where`: "on ai/llm-cache", "there".
failure operation_running(const std::string& id, std::string_view where);

// The id in such a failure; empty: it is another one.
std::string running_operation(const failure& refusal);

} // namespace soteria::operations
