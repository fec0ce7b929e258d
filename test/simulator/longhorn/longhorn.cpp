#include "longhorn.hpp"

#include "control.hpp"
#include "routes.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <stdexcept>

namespace simulator {

namespace asio = boost::asio;

namespace {

constexpr std::size_t longest_log = 200'000;

lh::world_options world_options_of(const longhorn_options& options) {
    lh::world_options settings;
    settings.version = options.version;
    settings.time_scale = options.time_scale;
    settings.restore_takes = lh::milliseconds{static_cast<std::int64_t>(options.restore_seconds * 1000)};
    settings.backup_takes = lh::milliseconds{static_cast<std::int64_t>(options.backup_seconds * 1000)};
    settings.restore_slots = options.restore_slots;
    settings.nodes = options.nodes;
    settings.target_url = options.target_url;
    settings.start = options.start;
    return settings;
}

response cut_connection() {
    response made;
    made.status = 200;
    made.stream = [](stream_writer& out) -> asio::awaitable<void> {
        out.cut();
        co_return;
    };
    return made;
}

response empty_answer(int status) {
    response made;
    made.status = status;
    made.content_type.clear();
    return made;
}

// The answer with another object's name in it.
void rename(response& answered, const std::string& name) {
    boost::system::error_code error;
    boost::json::value body = boost::json::parse(answered.body, error);
    if (error || !body.is_object()) {
        return;
    }
    for (const char* key : {"id", "name"}) {
        if (body.as_object().contains(key)) {
            body.as_object()[key] = name.empty() ? "another-volume" : name;
        }
    }
    answered.body = boost::json::serialize(body);
}

asio::awaitable<void> pause(std::chrono::milliseconds duration) {
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace

struct longhorn::implementation : std::enable_shared_from_this<implementation> {
    explicit implementation(longhorn_options given)
        : options(std::move(given)), world(world_options_of(options)), api(world),
          controls(world, log, [this](std::chrono::milliseconds duration) { restart(duration); }) {}

    void restart(std::chrono::milliseconds duration) {
        if (options.restart) {
            options.restart(duration);
        } else {
            unreachable_until = world.line.now() + duration;
        }
    }

    void tick() {
        if (options.clock) {
            world.line.advance(options.clock());
        }
    }

    response answer(const request& asked) {
        if (asked.path.starts_with("/_simulator/")) {
            return controls.answer(asked);
        }
        return api.answer(asked);
    }

    void record(const request& asked, int status) {
        const auto agent = asked.headers.find("user-agent");
        const auto action = asked.query.find("action");
        log.push_back({.at = world.line.now(),
                       .method = asked.method,
                       .path = asked.path,
                       .action = action == asked.query.end() ? "" : action->second,
                       .user_agent = agent == asked.headers.end() ? "" : agent->second,
                       .body = asked.body.substr(0, 4096),
                       .status = status});
        if (log.size() > longest_log) {
            log.pop_front();
        }
    }

    // What a fault makes of a call; the waiting ones are served by serve() itself.
    response answer_faulty(const request& asked, const lh::fault& wrong) {
        if (wrong.what == "error") {
            return lh::routes::error_answer(asked.path, wrong.status == 0 ? 500 : wrong.status, wrong.error);
        }
        if (wrong.what == "empty") {
            return empty_answer(wrong.status == 0 ? 502 : wrong.status);
        }
        if (wrong.what == "raw") {
            response made;
            made.status = wrong.status == 0 ? 200 : wrong.status;
            made.body = wrong.body;
            made.content_type = wrong.content_type;
            return made;
        }
        if (wrong.what == "refused") {
            return cut_connection();
        }
        response answered = answer(asked);
        if (wrong.what == "lost") {
            return cut_connection();
        }
        if (wrong.what == "lost_502") {
            return empty_answer(502);
        }
        if (wrong.what == "html") {
            return lh::routes::html_answer({.of = world, .base = ""}, answered.body);
        }
        if (wrong.what == "truncated") {
            answered.body.resize(answered.body.size() / 2);
        } else if (wrong.what == "other_name") {
            rename(answered, wrong.name);
        }
        return answered;
    }

    asio::awaitable<response> serve(request asked) {
        tick();
        if (asked.path.starts_with("/_simulator/")) {
            co_return answer(asked);
        }
        if (world.line.now() < unreachable_until) {
            record(asked, 0);
            co_return cut_connection();
        }
        const auto action = asked.query.find("action");
        const auto* found =
            world.faults.take_call(asked.method, asked.path, action == asked.query.end() ? "" : action->second);
        if (found == nullptr) {
            response answered = answer(asked);
            record(asked, answered.status);
            co_return answered;
        }
        const lh::fault wrong = *found; // the list may change while this waits
        if (wrong.what == "slow") {
            co_await pause(wrong.delay);
            tick();
        }
        response answered = answer_faulty(asked, wrong);
        record(asked, answered.stream ? 0 : answered.status);
        if (wrong.what == "slow_answer") {
            co_await pause(wrong.delay);
        }
        co_return answered;
    }

    longhorn_options options;
    lh::world world;
    lh::routes api;
    std::deque<lh::log_entry> log;
    lh::control controls;
    lh::instant unreachable_until{};
};

longhorn::longhorn(longhorn_options options) : implementation_(std::make_shared<implementation>(std::move(options))) {}

longhorn::~longhorn() = default;

handler longhorn::handle() const {
    return [self = implementation_](request asked) { return self->serve(std::move(asked)); };
}

response longhorn::answer(const request& asked) const {
    implementation_->tick();
    return implementation_->answer(asked);
}

void longhorn::seed(const boost::json::value& description) const {
    if (!description.is_object()) {
        throw std::invalid_argument("A seed is a JSON object.");
    }
    implementation_->tick();
    implementation_->world.seed(description.as_object());
}

void longhorn::advance(std::chrono::system_clock::time_point now) const {
    implementation_->world.line.advance(now);
}

void longhorn::advance(std::chrono::milliseconds by) const {
    advance(implementation_->world.line.now() + by);
}

lh::world& longhorn::state() const {
    return implementation_->world;
}

} // namespace simulator
