// The Kubernetes API over HTTP.
#pragma once

#include <soteria/async/backoff.hpp>
#include <soteria/kube/access.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/status.hpp>
#include <soteria/kube/token_source.hpp>
#include <soteria/net/http_client.hpp>

#include <memory>
#include <string>

namespace soteria::kube {

// `http` must be set up with `access.tls` and outlive this. A call that is refused
// with 401 is made once more with a token read anew. Single-threaded; every call ends by its deadline, and at once when
// its coroutine is cancelled.
class http_kube_client : public client {
public:
    http_kube_client(net::http_client& http, const cluster_access& access,
                     async::random_source random = async::seeded_random());

    boost::asio::awaitable<result<boost::json::object>> get(resource kind, std::string ns, std::string name,
                                                            call_options options) override;
    boost::asio::awaitable<result<list_page>> list(resource kind, std::string ns, std::size_t limit,
                                                   std::string continue_token, std::string query,
                                                   call_options options) override;
    boost::asio::awaitable<result<boost::json::object>> create(resource kind, boost::json::object object,
                                                               call_options options) override;
    boost::asio::awaitable<result<boost::json::object>> patch(resource kind, std::string ns, std::string name,
                                                              boost::json::object merge_patch,
                                                              call_options options) override;
    boost::asio::awaitable<result<void>> remove(resource kind, std::string ns, std::string name,
                                                delete_preconditions preconditions, call_options options) override;
    boost::asio::awaitable<result<std::unique_ptr<net::http_stream>>> open(std::string path_and_query,
                                                                           call_options options) override;

private:
    [[nodiscard]] net::http_request request(std::string method, const std::string& path_and_query,
                                            const call_options& options) const;
    void authorize(net::http_request& request);
    // One call with everything that may be repeated; the answer's status is below 300.
    boost::asio::awaitable<result<net::http_response>> exchange(call_description call, net::http_request request,
                                                                call_options options);
    boost::asio::awaitable<result<net::http_response>> try_once(call_description call, net::http_request request,
                                                                async::deadline until);
    // The same, for an answer that is one object.
    boost::asio::awaitable<result<boost::json::object>>
    exchange_object(call_description call, net::http_request request, call_options options);

    net::http_client& http_;
    std::string server_;
    token_source tokens_;
    async::random_source random_;
};

} // namespace soteria::kube
