#include <soteria/base/utf8.hpp>
#include <soteria/kube/logs.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/kube/workloads.hpp>

#include <algorithm>
#include <array>
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

// What a kubelet writes, with status 200 and as text, where it has no log (kubernetes/kubernetes#142258; the sentences
// are those of its kuberuntime/kuberuntime_container.go and kuberuntime/logs/logs.go).
constexpr std::array<std::string_view, 3> no_log{
    "unable to retrieve container logs for ", "failed to try resolving symlinks in path ", "failed to open log file "};
constexpr std::size_t longest_excuse = 500; // of it in our message

enum class beginning { of_a_log, too_short_to_tell, of_an_excuse };

beginning look_at(std::string_view text) {
    if (std::ranges::any_of(no_log, [&](std::string_view each) { return text.starts_with(each); }))
        return beginning::of_an_excuse;
    const bool may_be = std::ranges::any_of(no_log, [&](std::string_view each) { return each.starts_with(text); });
    return may_be ? beginning::too_short_to_tell : beginning::of_a_log;
}

bool is_text(std::string_view content_type) {
    return content_type.empty() || content_type.starts_with("text/plain");
}

} // namespace

boost::asio::awaitable<result<log_end>> read_log(client& kubernetes, log_request request,
                                                 std::function<void(std::string_view)> take, call_options options) {
    const auto until = options.until;
    const auto which =
        "the log of the container " + request.container + " of the Pod " + request.ns + "/" + request.pod;
    auto opened = co_await kubernetes.open(log_path(request), std::move(options));
    if (!opened)
        co_return opened.error();
    const auto stream = std::move(*opened);
    const auto type = net::find_header(stream->headers(), "Content-Type");
    if (!is_text(type))
        co_return failure(errc::bad_answer, which + " came as " + std::string(type) +
                                                ", not as text: something else than the API server has answered");
    std::size_t left = request.most_bytes;
    std::string held; // until it is clear that a log begins
    bool begun = false;
    while (true) {
        auto piece = co_await stream->next(until);
        if (!piece)
            co_return piece.error();
        const bool ended = piece->empty();
        held += *piece;
        const auto seen = begun ? beginning::of_a_log : look_at(held);
        if (seen == beginning::of_an_excuse && !ended && held.size() < longest_excuse)
            continue;
        if (seen == beginning::of_an_excuse)
            co_return failure(errc::not_found,
                              which + " is not there any more: " + as_utf8(held.substr(0, longest_excuse)));
        begun = seen == beginning::of_a_log || ended;
        if (!begun)
            continue;
        if (!held.empty())
            take(std::string_view(held).substr(0, left));
        if (held.size() > left)
            co_return log_end::cut;
        if (ended)
            co_return log_end::whole;
        left -= held.size();
        held.clear();
    }
}

} // namespace soteria::kube
