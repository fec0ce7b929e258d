// The client over HTTP.
#pragma once

#include <soteria/async/backoff.hpp>
#include <soteria/longhorn/client.hpp>
#include <soteria/net/http_client.hpp>

#include <memory>
#include <string>

namespace soteria::longhorn {

// URLs are built from `base_url` alone ("http://longhorn-backend.longhorn-system.svc:9500", a path and a final slash
// allowed); the links in answers name Pods or an ingress and are never followed. `http` must outlive the client and its
// calls. Single-threaded.
class http_longhorn_client : public client {
public:
    http_longhorn_client(net::http_client& http, std::string base_url,
                         async::random_source random = async::seeded_random());
    ~http_longhorn_client() override;

    boost::asio::awaitable<result<std::vector<volume>>> list_volumes(call_options options) override;
    boost::asio::awaitable<result<volume>> get_volume(std::string name, call_options options) override;
    boost::asio::awaitable<result<volume>> create_volume(volume_request request, call_options options) override;
    boost::asio::awaitable<result<void>> delete_volume(std::string name, call_options options) override;
    boost::asio::awaitable<result<snapshot>> create_snapshot(std::string volume, std::string name,
                                                             std::map<std::string, std::string> labels,
                                                             call_options options) override;
    boost::asio::awaitable<result<snapshot>> get_snapshot(std::string volume, std::string name,
                                                          call_options options) override;
    boost::asio::awaitable<result<std::vector<snapshot>>> list_snapshots(std::string volume,
                                                                         call_options options) override;
    boost::asio::awaitable<result<void>> delete_snapshot(std::string volume, std::string name,
                                                         call_options options) override;
    boost::asio::awaitable<result<void>> start_backup(std::string volume, std::string snapshot,
                                                      std::map<std::string, std::string> labels, std::string mode,
                                                      call_options options) override;
    boost::asio::awaitable<result<std::vector<backup_volume>>> list_backup_volumes(call_options options) override;
    boost::asio::awaitable<result<std::vector<backup>>> list_backups(std::string volume, call_options options) override;
    boost::asio::awaitable<result<void>> delete_backup(std::string backup_volume, std::string backup,
                                                       call_options options) override;
    boost::asio::awaitable<result<std::vector<backup_target>>> list_backup_targets(call_options options) override;

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace soteria::longhorn
