#include "running_service.hpp"

#include <soteria/base/log.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <csignal>
#include <stdexcept>

namespace soteria::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;

config::settings quick_settings(const std::string& longhorn_url) {
    auto made = config::defaults();
    made.listen_address = "127.0.0.1:0";
    made.longhorn_url = longhorn_url;
    made.metrics_refresh = 200ms;
    made.lease = 3s; // half of it is how long an undo waits for a late effect
    return made;
}

app::pace quick_pace() {
    app::pace made;
    made.report_interval = 10ms;
    made.longhorn_timeout = 300ms;
    made.follow_longhorn = 20ms;
    made.retry_longhorn = 50ms;
    made.lease_retry = 50ms;
    made.history = 50ms;
    return made;
}

running_service::running_service(const config::settings& settings, const kube::cluster_access& access) {
    std::signal(SIGPIPE, SIG_IGN);
    log::configure("error", "text");
    service_ = std::make_unique<app::service>(loop_.get_executor(), settings, access, quick_pace());
    port_ = service_->port();
    service_->start();
    thread_ = std::thread([this] {
        const auto guard = asio::make_work_guard(loop_);
        loop_.run();
    });
}

bool running_service::stop(std::chrono::seconds patience) {
    auto body = service_->stop(async::deadline::after(patience));
    const bool in_time = asio::co_spawn(loop_, std::move(body), asio::use_future).get();
    asio::post(loop_, [this] { loop_.stop(); });
    thread_.join();
    return in_time;
}

running_service::~running_service() {
    if (thread_.joinable())
        stop();
}

answer running_service::exchange(const std::string& method, const std::string& path, const std::string& body,
                                 const headers& with) const {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    http::request<http::string_body> request{http::string_to_verb(method), path, 11};
    request.set(http::field::host, "soteria");
    request.set(http::field::connection, "close");
    if (!body.empty())
        request.set(http::field::content_type, "application/json");
    for (const auto& [name, value] : with)
        request.set(name, value);
    request.body() = body;
    request.prepare_payload();
    http::write(socket, request);
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(64U << 20U);
    http::read(socket, buffer, parser);
    answer got;
    got.status = static_cast<int>(parser.get().result_int());
    got.body = parser.get().body();
    for (const auto& field : parser.get()) {
        std::string name(field.name_string());
        for (char& c : name)
            c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        got.headers[name] = std::string(field.value());
    }
    return got;
}

answer running_service::get(const std::string& path, const headers& with) const {
    return exchange("GET", path, {}, with);
}

answer running_service::post(const std::string& path, const json::object& body, const headers& with) const {
    return exchange("POST", path, json::serialize(body), with);
}

void running_service::wait_ready() const {
    eventually("the service is ready", [this] { return get("/readyz").status == 200; });
}

json::object running_service::row(const std::string& pvc) const {
    const auto inventory = get("/v1/inventory?deleted=true").object();
    for (const auto& ns : inventory.at("namespaces").as_array())
        for (const auto& row : ns.at("pvcs").as_array())
            if (std::string(row.at("namespace").as_string()) + "/" + row.at("pvc").as_string().c_str() == pvc)
                return row.as_object();
    return {};
}

std::string running_service::health(const std::string& pvc) const {
    const auto found = row(pvc);
    return found.empty() ? "" : std::string(found.at("health_reason").as_string());
}

double running_service::metric(const std::string& series) const {
    const auto text = "\n" + get("/metrics").body;
    const auto place = text.find("\n" + series + " ");
    if (place == std::string::npos)
        throw std::runtime_error("there is no series " + series);
    return std::stod(text.substr(place + series.size() + 2));
}

bool running_service::has_metric(const std::string& series) const {
    return ("\n" + get("/metrics").body).find("\n" + series) != std::string::npos;
}

std::string running_service::start(const std::string& path, const json::object& body) const {
    const auto got = post(path, body);
    if (got.status != 202)
        throw std::runtime_error(path + " was not accepted: " + got.body);
    return std::string(got.object().at("operation").as_string());
}

json::object running_service::finished(const std::string& operation) const {
    json::object last;
    eventually("operation " + operation + " has ended", [&] {
        last = get("/v1/operations/" + operation).object();
        const auto& phase = last.at("phase").as_string();
        return phase != "Queued" && phase != "Running" && phase != "RollingBack";
    });
    return last;
}

void eventually(const std::string& what, const std::function<bool()>& is_so, std::chrono::milliseconds patience) {
    const auto until = async::deadline::after(patience);
    while (!is_so()) {
        if (until.passed())
            throw std::runtime_error("not in time: " + what);
        std::this_thread::sleep_for(5ms);
    }
}

} // namespace soteria::test
