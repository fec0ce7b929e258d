// Sends questions: reads again and again until their deadline, changes once.
#pragma once

#include "questions.hpp"

#include <soteria/async/backoff.hpp>
#include <soteria/base/result.hpp>
#include <soteria/net/http_client.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace soteria::longhorn {

// The failure's reason if an action does not exist in this version of Longhorn.
inline constexpr std::string_view unknown_route = "unknown_route";

class asker {
public:
    asker(net::http_client& http, async::random_source random) : http_(http), random_(std::move(random)) {}

    template <class T>
    boost::asio::awaitable<result<T>> read_one(question asked);
    template <class T>
    boost::asio::awaitable<result<std::vector<T>>> read_list(question asked);
    template <class T>
    boost::asio::awaitable<result<T>> change(question asked);
    // Where the answer has no body worth reading.
    boost::asio::awaitable<result<void>> change_blindly(question asked);

private:
    // The body of a successful answer.
    boost::asio::awaitable<result<std::string>> once(question asked);
    template <class T>
    boost::asio::awaitable<result<T>> one_once(question asked);
    template <class T>
    boost::asio::awaitable<result<std::vector<T>>> list_once(question asked);

    net::http_client& http_;
    async::random_source random_;
};

} // namespace soteria::longhorn
