// The whole service on a loop and a thread of its own, and a caller that talks HTTP to it.
#pragma once

#include <soteria/app/service.hpp>
#include <soteria/config/load.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace soteria::test {

namespace json = boost::json;
using namespace std::chrono_literals;

struct answer {
    int status = 0;
    std::string body;
    std::map<std::string, std::string> headers; // names in lower case

    [[nodiscard]] json::object object() const { return json::parse(body).as_object(); }
};

using headers = std::map<std::string, std::string>;

// Any free port, no output but errors, everything quick.
config::settings quick_settings(const std::string& longhorn_url);
app::pace quick_pace();

class running_service {
public:
    running_service(const config::settings& settings, const kube::cluster_access& access);
    ~running_service(); // as stop()
    running_service(const running_service&) = delete;
    running_service& operator=(const running_service&) = delete;

    // What service::stop() says; once.
    bool stop(std::chrono::seconds patience = 10s);

    answer get(const std::string& path, const headers& with = {}) const;
    answer post(const std::string& path, const json::object& body, const headers& with = {}) const;

    // Until /readyz says 200; throws if it does not in time.
    void wait_ready() const;

    // The row of one PVC, deleted ones too; empty if there is none.
    json::object row(const std::string& pvc) const;
    std::string health(const std::string& pvc) const;
    // One series as it is written, name and labels; throws if there is none.
    double metric(const std::string& series) const;
    bool has_metric(const std::string& series) const;

    // Starts a backup (or restore) and returns the operation's id; throws unless it was accepted.
    std::string start(const std::string& path, const json::object& body) const;
    // Waits for its end.
    json::object finished(const std::string& operation) const;

    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    answer exchange(const std::string& method, const std::string& path, const std::string& body,
                    const headers& with) const;

    boost::asio::io_context loop_{1};
    std::unique_ptr<app::service> service_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

// Asks again and again; throws std::runtime_error with `what` if it has not come true in time.
void eventually(const std::string& what, const std::function<bool()>& is_so, std::chrono::milliseconds patience = 20s);

} // namespace soteria::test
