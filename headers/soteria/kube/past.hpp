// What happened to the objects of one kind between two versions, as far as the API server still remembers it.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/watch_decoder.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

namespace soteria::kube {

struct past_question {
    resource kind;
    std::string after; // the version from which
    std::string upto;  // the version to which, that one too
    std::string purpose;
    // With more than this it is given up: so much is nobody's short absence.
    std::size_t most_events = 8192;
    // How long one watch is asked for. API servers send a bookmark two seconds before its end, which tells that nothing
    // is missing; they look for watches that are due once a second.
    std::chrono::seconds watch{4};

    past_question(resource kind_, std::string after_, std::string upto_, std::string purpose_)
        : kind(kind_), after(std::move(after_)), upto(std::move(upto_)), purpose(std::move(purpose_)) {}
};

// Shows additions, modifications and deletions to `each` in the order of their versions, and at success surely all of
// them: the API server has said that it is past `upto`. Failures: expired (410, it does not remember that far back),
// timed_out (it did not say so until `until`), unprocessable (more events than wanted), and those of client::open();
// what was shown before is then worth nothing.
boost::asio::awaitable<result<void>> read_past(client& kubernetes, past_question asked,
                                               std::function<void(const watch_event&)> each, async::deadline until);

} // namespace soteria::kube
