#include <soteria/async/let_others_run.hpp>
#include <soteria/async/within.hpp>
#include <soteria/kube/objects.hpp>
#include <soteria/kube/past.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/kube/status.hpp>

#include <vector>

namespace soteria::kube {

namespace asio = boost::asio;

namespace {

// Between two watches; the server usually holds one for as long as it is asked to.
constexpr std::chrono::milliseconds pause{250};

std::string path_of(const past_question& asked) {
    auto path = resource_path(asked.kind, "");
    add_query(path, "watch", "true");
    add_query(path, "allowWatchBookmarks", "true");
    add_query(path, "resourceVersion", asked.after);
    add_query(path, "timeoutSeconds", std::to_string(asked.watch.count()));
    return path;
}

// How far a watch has come.
enum class progress { before_the_end, at_the_end };

class reader {
public:
    reader(past_question asked, std::function<void(const watch_event&)> each)
        : asked_(std::move(asked)), each_(std::move(each)) {}

    // Nothing has happened between the two versions.
    [[nodiscard]] bool at_the_end() const { return !newer_version(asked_.upto, asked_.after); }

    // Where the next watch begins.
    [[nodiscard]] std::string path() const { return path_of(asked_); }

    [[nodiscard]] const past_question& asked() const { return asked_; }

    // Until the end is shown, or the watch ends.
    asio::awaitable<result<progress>> read(net::http_stream& stream, async::deadline until);

private:
    result<progress> take(const std::vector<watch_event>& news);

    past_question asked_;
    std::function<void(const watch_event&)> each_;
    std::size_t shown_ = 0;
};

result<progress> reader::take(const std::vector<watch_event>& news) {
    for (const auto& event : news) {
        if (event.type == watch_event::kind::error) {
            const call_description call{"watch", std::string(asked_.kind.kind), "", "", false};
            return failure_from_status(call, 0, event.object);
        }
        if (newer_version(event.resource_version, asked_.upto))
            return progress::at_the_end;
        asked_.after = event.resource_version;
        if (event.type != watch_event::kind::bookmark) {
            each_(event);
            ++shown_;
        }
        if (shown_ > asked_.most_events)
            return failure(errc::unprocessable,
                           "more has happened to " + std::string(asked_.kind.plural) + " than is looked at");
        if (at_the_end())
            return progress::at_the_end;
    }
    return progress::before_the_end;
}

asio::awaitable<result<progress>> reader::read(net::http_stream& stream, async::deadline until) {
    watch_decoder decoder;
    while (true) {
        const auto bytes = co_await stream.next(until);
        if (!bytes)
            co_return bytes.error();
        if (bytes->empty())
            co_return progress::before_the_end;
        std::vector<watch_event> news;
        const auto fed = decoder.feed(*bytes, news);
        const auto taken = take(news);
        if (!taken || *taken == progress::at_the_end)
            co_return taken;
        if (!fed)
            co_return fed.error();
        co_await async::let_others_run();
    }
}

} // namespace

asio::awaitable<result<void>> read_past(client& kubernetes, past_question asked,
                                        std::function<void(const watch_event&)> each, async::deadline until) {
    reader work(std::move(asked), std::move(each));
    while (!work.at_the_end()) {
        const call_options options(until, work.asked().purpose);
        const auto stream = co_await kubernetes.open(work.path(), options);
        if (!stream)
            co_return stream.error();
        const auto came = co_await work.read(**stream, until);
        if (!came)
            co_return came.error();
        if (*came == progress::at_the_end)
            break;
        if (until.passed())
            co_return failure(errc::timed_out, "the API server did not say in time what has happened to " +
                                                   std::string(work.asked().kind.plural));
        const bool slept = co_await async::sleep_until(async::deadline::after(pause));
        if (!slept)
            co_return failure(errc::cancelled, "reading what has happened was stopped");
    }
    co_return result<void>();
}

} // namespace soteria::kube
