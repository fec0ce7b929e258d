#include <soteria/async/signal.hpp>
#include <soteria/async/task_group.hpp>
#include <soteria/base/log.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace soteria::async {

struct task_group::member {
    explicit member(std::string_view name_) : name(name_) {}

    std::string name;
    boost::asio::cancellation_signal cancellation;
};

struct task_group::state {
    explicit state(boost::asio::any_io_executor executor_) : executor(std::move(executor_)), changed(executor) {}

    boost::asio::any_io_executor executor;
    std::list<std::shared_ptr<member>> members;
    signal changed;
    bool stopping = false;
};

namespace {

// Cancellation is a way to end, everything else that leaves a body is a bug.
void report(const std::string& name, const std::exception_ptr& error) {
    if (!error)
        return;
    try {
        std::rethrow_exception(error);
    } catch (const boost::asio::multiple_exceptions& caught) { // of coroutines that ran side by side
        report(name, caught.first_exception());
    } catch (const boost::system::system_error& caught) {
        if (caught.code() != boost::asio::error::operation_aborted)
            log::error("a task ended in an exception", {{"task", boost::json::value(name)}, {"error", caught.what()}});
    } catch (const std::exception& caught) {
        log::error("a task ended in an exception", {{"task", boost::json::value(name)}, {"error", caught.what()}});
    } catch (...) {
        log::error("a task ended in an exception", {{"task", boost::json::value(name)}, {"error", "of unknown type"}});
    }
}

} // namespace

task_group::task_group(boost::asio::any_io_executor executor) : state_(std::make_shared<state>(std::move(executor))) {}

task_group::~task_group() {
    for (const auto& left : state_->members)
        log::error("a task outlives its group", {{"task", boost::json::value(left->name)}});
}

bool task_group::spawn(std::string_view name, std::function<boost::asio::awaitable<void>()> body) {
    if (state_->stopping)
        return false;
    const auto self = std::make_shared<member>(name);
    const auto place = state_->members.insert(state_->members.end(), self);
    auto ended = [state = state_, self, place](const std::exception_ptr& error) {
        report(self->name, error);
        state->members.erase(place);
        state->changed.notify_all();
    };
    auto slot = self->cancellation.slot();
    boost::asio::co_spawn(state_->executor, std::move(body),
                          boost::asio::bind_cancellation_slot(slot, std::move(ended)));
    return true;
}

std::size_t task_group::size() const {
    return state_->members.size();
}

boost::asio::awaitable<bool> task_group::stop(deadline until) {
    state_->stopping = true;
    // A copy: what a cancellation sets off may end members at once.
    const std::vector<std::shared_ptr<member>> members(state_->members.begin(), state_->members.end());
    for (const auto& one : members)
        one->cancellation.emit(boost::asio::cancellation_type::terminal);
    auto ended = join(until);
    co_return co_await std::move(ended);
}

boost::asio::awaitable<bool> task_group::join(deadline until) {
    const auto self = state_;
    while (!self->members.empty()) {
        auto change = self->changed.wait(until);
        const bool notified = co_await std::move(change);
        if (!notified)
            break;
    }
    const bool all_ended = self->members.empty();
    co_return all_ended;
}

} // namespace soteria::async
