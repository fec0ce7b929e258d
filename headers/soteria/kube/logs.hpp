// What a container has written.
#pragma once

#include <soteria/kube/client.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace soteria::kube {

struct log_request {
    std::string ns;
    std::string pod;
    std::string container;
    std::optional<std::int64_t> tail_lines; // only the last ones; the kubelet keeps at most its newest 10 MiB
    std::size_t most_bytes = 16u << 20;     // more than that is not read; the answer says so
};

enum class log_end { whole, cut };

// Reads the log as it is now, without following it, and gives it to `take` piece by piece, so that it never is in
// memory as one. not_found: no such Pod, or its node has no log of the container; invalid or unprocessable: the
// container has not started; bad_answer: what came is no log. One try.
boost::asio::awaitable<result<log_end>> read_log(client& kubernetes, log_request request,
                                                 std::function<void(std::string_view)> take, call_options options);

} // namespace soteria::kube
