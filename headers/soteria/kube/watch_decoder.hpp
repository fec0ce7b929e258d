// A watch's bytes into its events. No I/O.
#pragma once

#include <soteria/base/result.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::kube {

struct watch_event {
    enum class kind { added, modified, deleted, bookmark, error };
    kind type = kind::bookmark;
    // added, modified, deleted: the object without managedFields. error: the Status. bookmark: empty.
    boost::json::object object;
    // The object's metadata.resourceVersion; empty for error.
    std::string resource_version;
};

// Takes chunks that are cut anywhere, in the middle of a character too. Holds at most one unfinished line.
class watch_decoder {
public:
    // etcd refuses objects above 1.5 MiB by default; their JSON is rarely more than twice as long.
    static constexpr std::size_t default_line_limit = 4UL * 1024 * 1024;

    explicit watch_decoder(std::size_t line_limit = default_line_limit) : line_limit_(line_limit) {}

    // Appends the events that `bytes` complete to `events`. bad_answer: a line that is not an event or is too long;
    // the events before it are there, and the decoder must not be used again. Event types unknown here are skipped.
    result<void> feed(std::string_view bytes, std::vector<watch_event>& events);

private:
    std::size_t line_limit_;
    std::string line_;
};

} // namespace soteria::kube
