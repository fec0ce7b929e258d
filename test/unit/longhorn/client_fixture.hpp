// A Longhorn client over scripted answers.
#pragma once

#include "recordings.hpp"

#include <soteria/longhorn/http_longhorn_client.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <test/support/scripted_http_client.hpp>
#include <utility>

namespace soteria::test {

// Runs `work` to its end on a context of its own, which must then have nothing left to do.
template <class T>
T run_to_end(boost::asio::awaitable<T> work) {
    boost::asio::io_context context;
    std::optional<T> outcome;
    boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& error, T value) {
        if (error)
            std::rethrow_exception(error);
        outcome.emplace(std::move(value));
    });
    context.run();
    BOOST_REQUIRE_MESSAGE(outcome.has_value(), "the call did not end");
    return std::move(*outcome);
}

struct client_fixture {
    scripted_http_client http;
    longhorn::http_longhorn_client client{http, "http://longhorn.test:9500/", [] { return 0.0; }};

    static longhorn::call_options soon() {
        return longhorn::call_options(async::deadline::after(std::chrono::seconds(30)), "test");
    }

    // A deadline that leaves no room for another try.
    static longhorn::call_options once() {
        return longhorn::call_options(async::deadline::after(std::chrono::milliseconds(100)), "test");
    }

    // Answers "METHOD path" of the recording with its first state.
    scripted_answer& answers(const std::string& name) {
        const auto seen = load_recording(name);
        return http.on(seen.method, "http://longhorn.test:9500" + seen.path).answer(seen.status(), seen.body());
    }

    // Whatever is asked next is answered like this recording.
    scripted_answer& next_answers(const std::string& name) {
        const auto seen = load_recording(name);
        return http.next().answer(seen.status(), seen.body());
    }
};

template <class T>
std::string code_of(const result<T>& outcome) {
    return outcome ? "success" : std::string(to_string(outcome.error().code));
}

} // namespace soteria::test
