#include <soteria/async/let_others_run.hpp>
#include <soteria/async/within.hpp>
#include <soteria/kube/path.hpp>
#include <soteria/kube/reflector.hpp>
#include <soteria/kube/status.hpp>
#include <soteria/kube/watch_decoder.hpp>

namespace soteria::kube {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

namespace {

// Decoding this many objects takes about a millisecond; then others get their turn.
constexpr std::size_t batch = 50;

std::chrono::milliseconds since(steady::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - start);
}

const failure* failure_in(const reflector_outcome& outcome) {
    if (const auto* listed = std::get_if<list_failed>(&outcome))
        return &listed->why;
    if (const auto* watched = std::get_if<watch_ended>(&outcome); watched != nullptr && watched->why)
        return &*watched->why;
    return nullptr;
}

} // namespace

list_watch_loop::list_watch_loop(client& kubernetes, reflector_settings settings, reflector_sink& sink,
                                 async::random_source random)
    : kubernetes_(kubernetes), settings_(std::move(settings)), sink_(sink), state_(std::move(random)) {}

asio::awaitable<void> list_watch_loop::run() {
    reflector_outcome outcome = nothing_yet{};
    while (true) {
        auto action = next(state_, outcome);
        outcome = co_await perform(std::move(action));
        const auto* problem = failure_in(outcome);
        if (problem == nullptr)
            continue;
        if (problem->code == errc::cancelled)
            co_return;
        health_.last_error = *problem;
        log::warning(
            "a list or watch failed and will be tried again",
            {{"kind", boost::json::value(settings_.kind.kind)}, {"error", boost::json::value(problem->message)}});
    }
}

asio::awaitable<reflector_outcome> list_watch_loop::perform(reflector_action action) {
    if (auto* to_list = std::get_if<list_action>(&action))
        co_return co_await list(std::move(*to_list));
    if (auto* to_watch = std::get_if<watch_action>(&action))
        co_return co_await watch(std::move(*to_watch));
    const auto until = async::deadline::after(std::get<wait_action>(action).pause);
    const bool slept = co_await async::sleep_until(until);
    if (!slept)
        co_return list_failed{failure(errc::cancelled, "The reflector was stopped.")};
    co_return waited{};
}

asio::awaitable<reflector_outcome> list_watch_loop::list(list_action action) {
    const bool first_page = action.continue_token.empty();
    std::string query;
    if (!settings_.label_selector.empty())
        query = "labelSelector=" + percent_encoded(settings_.label_selector);
    call_options options(async::deadline::after(settings_.list_timeout), settings_.purpose);
    options.retry = false;
    auto page = co_await kubernetes_.list(settings_.kind, settings_.ns, settings_.page_size,
                                          std::move(action.continue_token), std::move(query), options);
    if (!page)
        co_return list_failed{page.error()};
    heard();
    if (first_page)
        sink_.begin_list(newer_version(state_.resource_version, page->resource_version));
    std::size_t done = 0;
    for (const auto& item : page->items) {
        if (item.is_object())
            sink_.listed(item.get_object());
        if (++done % batch == 0)
            co_await async::let_others_run();
    }
    if (page->continue_token.empty()) {
        ++health_.lists;
        sink_.end_list(page->resource_version);
    }
    co_return page_listed{std::move(page->resource_version), std::move(page->continue_token)};
}

std::string list_watch_loop::watch_path(const watch_action& action) const {
    auto path = resource_path(settings_.kind, settings_.ns);
    add_query(path, "watch", "true");
    add_query(path, "allowWatchBookmarks", "true");
    add_query(path, "resourceVersion", action.resource_version);
    add_query(path, "timeoutSeconds", std::to_string(action.timeout.count()));
    if (!settings_.label_selector.empty())
        add_query(path, "labelSelector", settings_.label_selector);
    return path;
}

asio::awaitable<reflector_outcome> list_watch_loop::watch(watch_action action) {
    const auto version_before = state_.resource_version;
    const call_options options(async::deadline::after(settings_.open_timeout), settings_.purpose);
    auto stream = co_await kubernetes_.open(watch_path(action), options);
    watch_ended ended;
    if (!stream) {
        ended.why = stream.error();
        co_return ended;
    }
    heard();
    ++health_.watches;
    const auto start = steady::now();
    ended.why = co_await read_watch(**stream);
    ended.lived = since(start);
    ended.progressed = state_.resource_version != version_before;
    co_return ended;
}

asio::awaitable<std::optional<failure>> list_watch_loop::read_watch(net::http_stream& stream) {
    watch_decoder decoder;
    while (true) {
        auto bytes = co_await stream.next(async::deadline::after(settings_.idle_limit));
        // Silence is no failure: there may be nothing to say. The next watch shows whether the server is there.
        if (!bytes && bytes.error().code == errc::timed_out)
            co_return std::nullopt;
        if (!bytes)
            co_return bytes.error();
        if (bytes->empty())
            co_return std::nullopt;
        heard();
        std::vector<watch_event> events;
        const auto fed = decoder.feed(*bytes, events);
        std::size_t done = 0;
        for (const auto& event : events) {
            if (auto problem = take(event))
                co_return problem;
            if (++done % batch == 0)
                co_await async::let_others_run();
        }
        if (!fed)
            co_return fed.error();
    }
}

// Set: the watch is over.
std::optional<failure> list_watch_loop::take(const watch_event& event) {
    switch (event.type) {
    case watch_event::kind::added:
    case watch_event::kind::modified:
        sink_.changed(event.object);
        break;
    case watch_event::kind::deleted:
        sink_.deleted(event.object);
        break;
    case watch_event::kind::bookmark:
        break;
    case watch_event::kind::error: {
        const call_description call{"watch", std::string(settings_.kind.kind), settings_.ns, "", false};
        return failure_from_status(call, 0, event.object);
    }
    }
    state_.resource_version = event.resource_version;
    sink_.passed(event.resource_version);
    return std::nullopt;
}

void list_watch_loop::heard() {
    health_.last_contact = steady::now();
    health_.last_error.reset();
}

} // namespace soteria::kube
