#include <soteria/kube/logs.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/kube/workloads.hpp>

#include <utility>

namespace soteria::kube {
namespace {

std::string log_path(const log_request& request) {
    std::string path = resource_path(pods, request.ns, request.pod, "log");
    add_query(path, "container", request.container);
    if (request.tail_lines)
        add_query(path, "tailLines", std::to_string(*request.tail_lines));
    // One more than is wanted, so that a log of just this size is told from a longer one.
    add_query(path, "limitBytes", std::to_string(request.most_bytes + 1));
    return path;
}

} // namespace

boost::asio::awaitable<result<log_end>> read_log(client& kubernetes, log_request request,
                                                 std::function<void(std::string_view)> take, call_options options) {
    const auto until = options.until;
    auto opened = co_await kubernetes.open(log_path(request), std::move(options));
    if (!opened)
        co_return opened.error();
    const auto stream = std::move(*opened);
    std::size_t left = request.most_bytes;
    while (true) {
        const auto piece = co_await stream->next(until);
        if (!piece)
            co_return piece.error();
        if (piece->empty())
            co_return log_end::whole;
        take(std::string_view(*piece).substr(0, left));
        if (piece->size() > left)
            co_return log_end::cut;
        left -= piece->size();
    }
}

} // namespace soteria::kube
